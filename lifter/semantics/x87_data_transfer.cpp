// x87 data transfer instructions (SDM Vol. 1, "x87 FPU Data Transfer Instructions").
#include <cstring>

#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/x87_unit.h"
#include "lifter/support/write_probe.h"

namespace lxr::semantics {

using host::X87Operation;

namespace {

X87Format real_format(unsigned bits) {
    return bits == 32 ? X87Format::f32 : bits == 64 ? X87Format::f64 : X87Format::f80;
}
X87Format integer_format(unsigned bits) {
    return bits == 16 ? X87Format::i16 : bits == 32 ? X87Format::i32 : X87Format::i64;
}

X87Operation operation_of(X87Operation first, X87Format format, X87Format first_format) {
    return static_cast<X87Operation>(static_cast<unsigned>(first) + static_cast<unsigned>(format) -
                                     static_cast<unsigned>(first_format));
}

/// Bytes 8 and 9 of an operand of 80 bits.
Value high_part_address(B& b, Value where) {
    return b.address(Type::i64, where, {}, 0, 8);
}

void load(B& b, X87Format format) {
    const auto where = b.address_of(0);
    const X87Call call{.operation = operation_of(X87Operation::load_f32, format, X87Format::f32), .format = format};
    if (b.operand(0).bits != 80) {
        x87_helper(b, Helper::x87_load, call, x87_load_memory(b, where, b.operand(0).bits));
        return x87_note_data(b, where);
    }
    const auto low = x87_load_memory(b, where, 64);
    const auto high = b.zero_extend(b.load(Type::i16, high_part_address(b, where)), Type::i64);
    x87_helper(b, Helper::x87_load, call, low, high);
    x87_note_data(b, where);
}

/// The helper stores too, because it depends on the value whether anything is stored.
void store(B& b, X87Operation operation, X87Format format, bool pops) {
    const auto where = b.address_of(0);
    x87_check_alignment(b, where, b.operand(0).bits / 8U);
    x87_helper(b, Helper::x87_store, {.operation = operation, .format = format, .pops = pops}, where);
    x87_note_data(b, where);
}

void store_real(B& b, bool pops) {
    if (b.is_register(0)) {
        x87_helper(b, Helper::x87_store_register, {.destination = b.operand(0).reg.number, .pops = pops});
        return;
    }
    const auto format = real_format(b.operand(0).bits);
    store(b, operation_of(X87Operation::store_f32, format, X87Format::f32), format, pops);
}

void store_integer(B& b, bool pops) {
    const auto format = integer_format(b.operand(0).bits);
    store(b, operation_of(X87Operation::store_f32, format, X87Format::f32), format, pops);
}

}  // namespace

void x87_load(B& b) {
    if (b.is_memory(0)) return load(b, real_format(b.operand(0).bits));
    x87_helper(b, Helper::x87_load_register, {.source = b.operand(0).reg.number});
}
void x87_load_integer(B& b) {
    load(b, integer_format(b.operand(0).bits));
}
void x87_load_decimal(B& b) {
    load(b, X87Format::bcd);
}
void x87_store(B& b) {
    store_real(b, false);
}
void x87_store_pop(B& b) {
    store_real(b, true);
}
/// FSTP with another encoding, to which an empty ST(0) is no fault.
void x87_store_pop_quiet(B& b) {
    x87_helper(b, Helper::x87_store_register, {.destination = b.operand(0).reg.number, .pops = 1, .quiet = 1});
}
void x87_store_integer(B& b) {
    store_integer(b, false);
}
void x87_store_integer_pop(B& b) {
    store_integer(b, true);
}
void x87_store_integer_truncate_pop(B& b) {
    const auto format = integer_format(b.operand(0).bits);
    store(b, operation_of(X87Operation::truncate_i16, format, X87Format::i16), format, true);
}
void x87_store_decimal_pop(B& b) {
    store(b, X87Operation::store_bcd, X87Format::bcd, true);
}

void x87_exchange(B& b) {
    x87_helper(b, Helper::x87_exchange, {.source = b.operand(0).reg.number});
}

void x87_move_if(B& b) {
    static constexpr std::array conditions = {Condition::b, Condition::e, Condition::be, Condition::p};
    constexpr unsigned negated_opcode = 0xdb;
    const auto condition = static_cast<unsigned>(conditions[b.i.modrm >> 3 & 3]) + (b.i.opcode == negated_opcode ? 1 : 0);
    const auto holds = b.zero_extend(b.condition(static_cast<Condition>(condition)), Type::i64);
    x87_helper(b, Helper::x87_move_if, {.source = b.operand(1).reg.number}, holds);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// What a store writes when there is nothing to store, by X87Format (SDM Vol. 1, "Indefinites").
X87Register indefinite_of(X87Format format) {
    static constexpr std::array<X87Register, 8> indefinites = {{
        x87_indefinite,
        {.significand = 0xffc0'0000, .sign_exponent = 0},
        {.significand = 0xfff8'0000'0000'0000, .sign_exponent = 0},
        {.significand = 0x8000, .sign_exponent = 0},
        {.significand = 0x8000'0000, .sign_exponent = 0},
        {.significand = 0x8000'0000'0000'0000, .sign_exponent = 0},
        x87_indefinite,
        x87_indefinite,
    }};
    return indefinites[static_cast<std::size_t>(format)];
}

std::size_t size_of(X87Format format) {
    static constexpr std::array<std::size_t, 8> sizes = {0, 4, 8, 2, 4, 8, x87_register_bytes, x87_register_bytes};
    return sizes[static_cast<std::size_t>(format)];
}

/// In one access if the operand has a size that a register of the host can have, as the processor does it.
void store_operand(std::uint64_t address, const X87Register& bytes, std::size_t size_bytes) {
    auto* to = host_pointer<std::byte>(GuestAddress(address));
    __atomic_thread_fence(__ATOMIC_RELEASE);
    switch (size_bytes) {
        case 2:
            return (void)std::memcpy(to, &bytes, 2);
        case 4:
            return (void)std::memcpy(to, &bytes, 4);
        default:
            std::memcpy(to, &bytes.significand, 8);
            if (size_bytes > 8) std::memcpy(to + 8, &bytes.sign_exponent, 2);
    }
}

}  // namespace

std::uint64_t x87_load(GuestState& state, std::uint64_t packed, std::uint64_t low, std::uint64_t high) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    X87Register value{.significand = low, .sign_exponent = static_cast<std::uint16_t>(high)};
    if (!x87.is_empty(7)) {
        if (x87.stack_overflow()) x87.push(x87_indefinite);
        return 0;
    }
    std::uint16_t raised = 0;
    if (call.format != X87Format::f80) {
        const auto outcome = x87.execute(call.operation, {}, value);
        value = outcome.result;
        raised = outcome.status;
    }
    // An unmasked denormal exception comes after the load, unlike everywhere else.
    if (x87.raise(raised, x87_status::c1, x87_status::invalid)) x87.push(value);
    return 0;
}

std::uint64_t x87_load_register(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    const auto source = x87.st(call.source);
    if (x87.is_empty(call.source)) {
        if (x87.stack_underflow()) x87.push(x87_indefinite);
    } else if (!x87.is_empty(7)) {
        if (x87.stack_overflow()) x87.push(x87_indefinite);
    } else {
        x87.set_conditions(x87_status::c1, 0);
        x87.push(source);
    }
    return 0;
}

std::uint64_t x87_store(GuestState& state, std::uint64_t packed, std::uint64_t address, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.wait()) return 0;
    host::X87Outcome outcome;
    if (x87.is_empty(0)) {
        outcome.result = indefinite_of(call.format);
        outcome.status = x87_status::invalid | x87_status::stack_fault;
    } else if (call.format == X87Format::f80) {
        outcome.result = x87.st(0);
    } else {
        outcome = x87.execute(call.operation, x87.st(0));
    }
    const bool stored = (outcome.status & ~x87.control() & x87_status::stops_memory) == 0;
    const auto size_bytes = size_of(call.format);
    const bool in_one_page = page_floor(address) == page_floor(address + size_bytes - 1);
    if (!stored || !in_one_page) probe_write(GuestAddress(address), size_bytes);
    if (stored) store_operand(address, outcome.result, size_bytes);
    static_cast<void>(x87.begin(call));  // nothing can fault any more
    x87.raise(outcome.status);
    if (stored) x87.pop(call.pops);
    return 0;
}

std::uint64_t x87_store_register(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    if (x87.is_empty(0) && call.quiet == 0) {
        if (!x87.stack_underflow()) return 0;
        x87.set(call.destination, x87_indefinite);
    } else {
        x87.set_conditions(x87_status::c1, 0);
        if (!x87.is_empty(0)) x87.set(call.destination, x87.st(0));
    }
    x87.pop(call.pops);
    return 0;
}

std::uint64_t x87_exchange(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    const bool underflow = x87.is_empty(0) || x87.is_empty(call.source);
    if (underflow && !x87.stack_underflow()) return 0;
    if (!underflow) x87.set_conditions(x87_status::c1, 0);
    const auto first = x87.is_empty(0) ? x87_indefinite : x87.st(0);
    const auto second = x87.is_empty(call.source) ? x87_indefinite : x87.st(call.source);
    x87.set(0, second);
    x87.set(call.source, first);
    return 0;
}

std::uint64_t x87_move_if(GuestState& state, std::uint64_t packed, std::uint64_t holds, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    if (x87.is_empty(0) || x87.is_empty(call.source)) {
        if (x87.stack_underflow()) x87.set(0, x87_indefinite);
        return 0;
    }
    if (holds != 0) x87.set(0, x87.st(call.source));
    return 0;
}

}  // namespace lxr::helpers
