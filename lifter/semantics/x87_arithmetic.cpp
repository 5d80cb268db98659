// x87 basic arithmetic instructions (SDM Vol. 1, "x87 FPU Basic Arithmetic Instructions"), and the helper of everything that
// computes on the top of the stack alone, which the transcendental instructions share.
#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/x87_functions.h"
#include "lifter/semantics/x87_unit.h"

namespace lxr::semantics {

using host::X87Operation;

X87Format x87_memory_format(const B& b) {
    const bool integer = (b.i.opcode & 2) != 0;  // DA and DE against D8 and DC
    const auto bits = b.operand(0).bits;
    if (integer) return bits == 16 ? X87Format::i16 : X87Format::i32;
    return bits == 32 ? X87Format::f32 : X87Format::f64;
}

X87Operation x87_with_format(X87Operation operation, X87Format format) {
    return static_cast<X87Operation>(static_cast<unsigned>(operation) + static_cast<unsigned>(format));
}

namespace {

void arithmetic(B& b, X87Operation operation) {
    if (b.is_memory(0)) {
        const auto format = x87_memory_format(b);
        const auto where = b.address_of(0);
        const X87Call call{.operation = x87_with_format(operation, format), .format = format};
        x87_helper(b, Helper::x87_arithmetic, call, x87_load_memory(b, where, b.operand(0).bits));
        return x87_note_data(b, where);
    }
    constexpr unsigned popping_opcode = 0xde;
    x87_helper(b, Helper::x87_arithmetic,
               {.operation = operation,
                .destination = b.operand(0).reg.number,
                .source = b.operand(1).reg.number,
                .pops = b.i.opcode == popping_opcode});
}

}  // namespace

void x87_add(B& b) {
    arithmetic(b, X87Operation::add);
}
void x87_multiply(B& b) {
    arithmetic(b, X87Operation::multiply);
}
void x87_subtract(B& b) {
    arithmetic(b, X87Operation::subtract);
}
void x87_subtract_reverse(B& b) {
    arithmetic(b, X87Operation::subtract_reverse);
}
void x87_divide(B& b) {
    arithmetic(b, X87Operation::divide);
}
void x87_divide_reverse(B& b) {
    arithmetic(b, X87Operation::divide_reverse);
}

namespace {

constexpr std::uint64_t sign_bit = 0x8000;

/// The sign of ST(0): kept by `keep`, then flipped by `flip`.
void change_sign(B& b, std::uint64_t keep, std::uint64_t flip) {
    x87_helper(b, Helper::x87_change_sign, {}, b.imm(Type::i64, keep), b.imm(Type::i64, flip));
}

}  // namespace

void x87_absolute(B& b) {
    change_sign(b, 0xffff & ~sign_bit, 0);
}
void x87_negate(B& b) {
    change_sign(b, 0xffff, sign_bit);
}

void x87_square_root(B& b) {
    x87_function(b, {.operation = X87Operation::square_root});
}
void x87_round_to_integer(B& b) {
    x87_function(b, {.operation = X87Operation::round_to_integer});
}
void x87_scale(B& b) {
    x87_function(b, {.operation = X87Operation::scale, .inputs = 2});
}
void x87_extract(B& b) {
    x87_function(b, {.operation = X87Operation::extract, .pushes = true});
}
void x87_partial_remainder(B& b) {
    x87_function(b, {.operation = X87Operation::partial_remainder, .inputs = 2, .conditions = x87_status::conditions});
}
void x87_partial_remainder_ieee(B& b) {
    x87_function(b, {.operation = X87Operation::partial_remainder_ieee, .inputs = 2, .conditions = x87_status::conditions});
}

void x87_function(B& b, const X87Function& function) {
    const X87Call call{.operation = function.operation,
                       .destination = function.pops ? std::uint8_t{1} : std::uint8_t{0},
                       .source = static_cast<std::uint8_t>(function.inputs - 1),
                       .pops = function.pops};
    const auto conditions = b.imm(Type::i64, function.conditions);
    x87_helper(b, Helper::x87_function, call, conditions, b.imm(Type::i64, function.pushes ? 1 : 0));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

std::uint64_t x87_arithmetic(GuestState& state, std::uint64_t packed, std::uint64_t memory, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    const bool from_register = call.format == X87Format::reg;
    if (x87.is_empty(call.destination) || (from_register && x87.is_empty(call.source))) {
        if (!x87.stack_underflow()) return 0;
        x87.set(call.destination, x87_indefinite);
    } else {
        const X87Register operand{.significand = memory, .sign_exponent = 0};
        const auto outcome =
            x87.execute(call.operation, x87.st(call.destination), from_register ? x87.st(call.source) : operand);
        if (!x87.raise(outcome.status)) return 0;
        x87.set(call.destination, outcome.result);
    }
    x87.pop(call.pops);
    return 0;
}

std::uint64_t x87_change_sign(GuestState& state, std::uint64_t packed, std::uint64_t keep, std::uint64_t flip) {
    X87Unit x87(state);
    if (!x87.begin(X87Call::unpacked(packed))) return 0;
    auto value = x87.st(0);
    value.sign_exponent = static_cast<std::uint16_t>((value.sign_exponent & keep) ^ flip);
    if (x87.is_empty(0)) {
        if (!x87.stack_underflow()) return 0;
        value = x87_indefinite;
    } else {
        x87.set_conditions(x87_status::c1, 0);
    }
    x87.set(0, value);
    return 0;
}

namespace {

/// Where there is no remainder there is no quotient: FPREM leaves these as they were.
constexpr std::uint16_t quotient_bits = x87_status::c0 | x87_status::c3;

bool has_quotient(const host::X87Outcome& outcome, std::uint16_t control) {
    constexpr std::uint64_t infinity = std::uint64_t{1} << 63;
    const bool is_nan = (outcome.result.sign_exponent & 0x7fff) == 0x7fff && outcome.result.significand != infinity;
    const bool stopped = (outcome.status & ~control & x87_status::stops_register) != 0;
    return !is_nan && !stopped;
}

}  // namespace

std::uint64_t x87_function(GuestState& state, std::uint64_t packed, std::uint64_t conditions, std::uint64_t pushes) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    const auto which = static_cast<std::uint16_t>(conditions);
    const auto without_quotient = static_cast<std::uint16_t>(which & ~quotient_bits);
    host::X87Outcome outcome;
    if (x87.is_empty(0) || x87.is_empty(call.source)) {
        if (!x87.stack_underflow(without_quotient)) return 0;
        outcome = {.result = x87_indefinite, .pushed = x87_indefinite, .has_pushed = pushes != 0};
    } else if (pushes != 0 && !x87.is_empty(7)) {
        if (!x87.stack_overflow(without_quotient)) return 0;
        outcome = {.result = x87_indefinite, .pushed = x87_indefinite, .has_pushed = true};
    } else {
        outcome = x87.execute(call.operation, x87.st(0), x87.st(call.source));
        if (!x87.raise(outcome.status, has_quotient(outcome, x87.control()) ? which : without_quotient)) return 0;
    }
    x87.set(call.destination, outcome.result);
    x87.pop(call.pops);
    if (outcome.has_pushed) x87.push(outcome.pushed);
    return 0;
}

}  // namespace lxr::helpers
