// x87 control instructions (SDM Vol. 1, "x87 FPU Control Instructions"). Those whose name begins with FN do not wait for
// pending exceptions; the assembler puts FWAIT in front of the others.
#include <cstring>

#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/x87_unit.h"
#include "lifter/support/write_probe.h"

namespace lxr {

namespace {

constexpr std::uint64_t wide_environment_bytes = 28;
constexpr std::uint64_t registers_bytes = std::uint64_t{8} * x87_register_bytes;

}  // namespace

}  // namespace lxr

namespace lxr::semantics {

void x87_wait(B& b) {
    b.helper(Helper::x87_wait);
}
void x87_no_operation(B& b) {
    x87_helper(b, Helper::x87_no_operation, {});
}
void x87_initialize(B& b) {
    b.helper(Helper::x87_initialize);
}
void x87_clear_exceptions(B& b) {
    b.helper(Helper::x87_clear_exceptions);
}
void x87_free(B& b) {
    x87_helper(b, Helper::x87_free, {.destination = b.operand(0).reg.number});
}
void x87_free_pop(B& b) {
    x87_helper(b, Helper::x87_free, {.destination = b.operand(0).reg.number, .pops = 1});
}
void x87_increment_top(B& b) {
    x87_helper(b, Helper::x87_rotate, {}, b.imm(Type::i64, 1));
}
void x87_decrement_top(B& b) {
    x87_helper(b, Helper::x87_rotate, {}, b.imm(Type::i64, 7));
}
void x87_load_control(B& b) {
    b.helper(Helper::x87_load_control, x87_load_memory(b, b.address_of(0), 16));
}
void x87_store_control(B& b) {
    b.write(0, b.get_state(Type::i16, offsetof(GuestState, x87.control)));
}
void x87_store_status(B& b) {
    b.write(0, b.truncate(b.helper(Helper::x87_status_word), Type::i16));
}

namespace {

/// Size of the environment: that of the operand without the registers, which FNSAVE and FRSTOR have too.
Value environment_bytes(B& b, bool with_registers) {
    return b.imm(Type::i64, b.operand(0).bits / 8U - (with_registers ? registers_bytes : 0));
}

Value with_registers_too(B& b, bool with_registers) {
    return b.imm(Type::i64, with_registers ? 1 : 0);
}

/// Address of the environment, which is made of words of the operand size.
Value environment_address(B& b) {
    const auto where = b.address_of(0);
    b.check_alignment(where, b.i.operand_bits == 16 ? 2 : 4);
    return where;
}

void store_environment(B& b, bool with_registers) {
    b.helper(Helper::x87_store_environment, environment_address(b), environment_bytes(b, with_registers),
             with_registers_too(b, with_registers));
}

void load_environment(B& b, bool with_registers) {
    b.helper(Helper::x87_load_environment, environment_address(b), environment_bytes(b, with_registers),
             with_registers_too(b, with_registers));
}

}  // namespace

void x87_store_environment(B& b) {
    store_environment(b, false);
}
void x87_save(B& b) {
    store_environment(b, true);
}
void x87_load_environment(B& b) {
    load_environment(b, false);
}
void x87_restore(B& b) {
    load_environment(b, true);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

constexpr std::uint16_t opcode_bits = 0x7ff;

/// The tag of a register as FNSTENV computes it (SDM Vol. 1, "x87 FPU Tag Word").
unsigned tag_of(const X87State& x87, unsigned physical) {
    enum : unsigned { valid = 0, zero = 1, special = 2, empty = 3 };
    constexpr std::uint64_t integer_bit = std::uint64_t{1} << 63;
    if ((x87.valid >> physical & 1) == 0) return empty;
    const auto& value = x87.registers[physical];
    const auto exponent = value.sign_exponent & 0x7fff;
    if (exponent == 0 && value.significand == 0) return zero;
    return exponent == 0 || exponent == 0x7fff || (value.significand & integer_bit) == 0 ? special : valid;
}

std::uint16_t tag_word(const X87State& x87) {
    unsigned word = 0;
    for (unsigned physical = 0; physical < 8; ++physical) word |= tag_of(x87, physical) << (2 * physical);
    return static_cast<std::uint16_t>(word);
}

/// The environment in its seven words, which are 16 or 32 bits wide in memory (SDM Vol. 1, "x87 FPU State Image").
struct Environment {
    std::array<std::uint32_t, 7> words;
};
Environment environment_of(GuestState& state) {
    const auto& x87 = state.x87;
    // The processor keeps selectors beside the pointers; that of code is always the same, once there is a pointer.
    const std::uint32_t code_selector = x87.instruction_pointer != 0 ? user_code_selector : 0;
    return {{x87.control, X87Unit(state).status_word(), tag_word(x87), static_cast<std::uint32_t>(x87.instruction_pointer),
             code_selector, static_cast<std::uint32_t>(x87.data_pointer), x87.data_selector}};
}

}  // namespace

std::uint64_t x87_wait(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    static_cast<void>(X87Unit(state).wait());
    return 0;
}

std::uint64_t x87_no_operation(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    static_cast<void>(X87Unit(state).begin(X87Call::unpacked(packed)));
    return 0;
}

std::uint64_t x87_initialize(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    X87Unit(state).initialize();
    return 0;
}

std::uint64_t x87_clear_exceptions(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    state.x87.status &= x87_status::conditions;
    return 0;
}

std::uint64_t x87_free(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    x87.set_conditions(x87_status::c1, 0);
    x87.free(call.destination);
    x87.pop(call.pops);
    return 0;
}

std::uint64_t x87_rotate(GuestState& state, std::uint64_t packed, std::uint64_t distance, std::uint64_t) {
    X87Unit x87(state);
    if (!x87.begin(X87Call::unpacked(packed))) return 0;
    x87.set_conditions(x87_status::c1, 0);
    state.x87.top = (state.x87.top + distance) & 7U;
    return 0;
}

std::uint64_t x87_load_control(GuestState& state, std::uint64_t control, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    if (x87.wait()) x87.set_control(static_cast<std::uint16_t>(control));
    return 0;
}

std::uint64_t x87_status_word(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    return X87Unit(state).status_word();
}

namespace {

void store_words(std::byte* to, const Environment& environment, std::size_t width) {
    for (const auto word : environment.words) {
        std::memcpy(to, &word, width);
        to += width;
    }
}

Environment load_words(const std::byte* from, std::size_t width) {
    Environment environment{};
    for (auto& word : environment.words) {
        std::memcpy(&word, from, width);
        from += width;
    }
    return environment;
}

void set_environment(GuestState& state, const Environment& environment) {
    const auto& words = environment.words;
    state.x87.valid = 0;
    for (unsigned physical = 0; physical < 8; ++physical) {
        const bool empty = (words[2] >> (2 * physical) & 3) == 3;
        state.x87.valid |= static_cast<std::uint8_t>((empty ? 0U : 1U) << physical);
    }
    state.x87.instruction_pointer = words[3];
    state.x87.opcode = words[4] >> 16 & opcode_bits;
    state.x87.data_pointer = words[5];
    state.x87.data_selector = static_cast<std::uint16_t>(words[6]);
    X87Unit x87(state);
    x87.set_control(static_cast<std::uint16_t>(words[0]));
    x87.set_status_word(static_cast<std::uint16_t>(words[1]));
}

/// The largest image: environment and registers.
using Image = std::array<std::byte, wide_environment_bytes + registers_bytes>;

}  // namespace

std::uint64_t x87_store_environment(GuestState& state, std::uint64_t address, std::uint64_t bytes,
                                    std::uint64_t with_registers) {
    X87Unit x87(state);
    auto environment = environment_of(state);
    if (bytes == wide_environment_bytes) {
        constexpr std::uint32_t reserved = 0xffff'0000;
        for (const unsigned number : {0, 1, 2, 6}) environment.words[number] |= reserved;
        environment.words[4] |= std::uint32_t{state.x87.opcode} << 16;
    }
    Image image;
    store_words(image.data(), environment, bytes / environment.words.size());
    for (unsigned number = 0; number < 8; ++number) {
        std::memcpy(image.data() + bytes + x87_register_bytes * number, &x87.st(number), x87_register_bytes);
    }
    const auto size_bytes = bytes + (with_registers != 0 ? registers_bytes : 0);
    probe_write(GuestAddress(address), size_bytes);
    std::memcpy(host_pointer<std::byte>(GuestAddress(address)), image.data(), size_bytes);
    if (with_registers != 0) {
        x87.initialize();
    } else {
        x87.set_control(x87.control() | x87_status::exceptions);
    }
    return 0;
}

std::uint64_t x87_load_environment(GuestState& state, std::uint64_t address, std::uint64_t bytes,
                                   std::uint64_t with_registers) {
    X87Unit x87(state);
    if (!x87.wait()) return 0;
    Image image;
    const auto size_bytes = bytes + (with_registers != 0 ? registers_bytes : 0);
    std::memcpy(image.data(), host_pointer<std::byte>(GuestAddress(address)), size_bytes);
    set_environment(state, load_words(image.data(), bytes / Environment{}.words.size()));
    if (with_registers == 0) return 0;
    for (unsigned number = 0; number < 8; ++number) {
        X87Register value{};
        std::memcpy(&value, image.data() + bytes + x87_register_bytes * number, x87_register_bytes);
        x87.set_raw(number, value);
    }
    return 0;
}

}  // namespace lxr::helpers
