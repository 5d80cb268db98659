// Flag control instructions (SDM Vol. 1, "Flag Control (EFLAG) Instructions").
#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"

namespace lxr::semantics {

namespace {

constexpr std::uint32_t in_ah = rflags::sf | rflags::zf | rflags::af | rflags::pf | rflags::cf;

Value control_flags(B& b) {
    return b.get_state(Type::i32, offsetof(GuestState, control_flags));
}
void set_control_flags(B& b, Value flags) {
    b.set_state(offsetof(GuestState, control_flags), flags);
}

}  // namespace

void set_carry(B& b) {
    b.put_flags(rflags::cf, b.imm(Type::i32, rflags::cf));
}
void clear_carry(B& b) {
    b.put_flags(rflags::cf, b.imm(Type::i32, 0));
}
void complement_carry(B& b) {
    b.put_flags(rflags::cf, b.bit_xor(b.get_flags(), b.imm(Type::i32, rflags::cf)));
}

void set_direction(B& b) {
    set_control_flags(b, b.bit_or(control_flags(b), b.imm(Type::i32, rflags::df)));
}
void clear_direction(B& b) {
    set_control_flags(b, b.bit_and(control_flags(b), b.imm(Type::i32, ~std::uint64_t{rflags::df})));
}

void load_status_flags(B& b) {
    const auto flags = b.bit_or(b.bit_and(b.get_flags(), b.imm(Type::i32, in_ah)), b.imm(Type::i32, rflags::fixed));
    b.set_high_byte(static_cast<unsigned>(Gpr::rax), b.truncate(flags, Type::i8));
}

void store_status_flags(B& b) {
    b.put_flags(in_ah, b.zero_extend(b.get_high_byte(static_cast<unsigned>(Gpr::rax)), Type::i32));
}

void push_flags(B& b) {
    const auto image =
        b.bit_or(b.bit_or(b.get_flags(), control_flags(b)), b.imm(Type::i32, rflags::fixed | rflags::interrupts));
    if (b.operand_type() == Type::i16) return b.push(b.truncate(image, Type::i16));
    b.push(b.zero_extend(image, Type::i64));
}

void pop_flags(B& b) {
    set_flags_image(b, b.pop(b.operand_type() == Type::i16 ? Type::i16 : Type::i64));
    b.jump(b.i.next_address());
}

void set_flags_image(B& b, Value popped) {
    const bool narrow = popped.type == Type::i16;
    const auto image = narrow                     ? b.zero_extend(popped, Type::i32)
                       : popped.type == Type::i64 ? b.truncate(popped, Type::i32)
                                                  : popped;
    const std::uint32_t mask = rflags::user_control & (narrow ? 0xffffU : ~0U);
    const auto kept = b.bit_and(control_flags(b), b.imm(Type::i32, ~mask));
    set_control_flags(b, b.bit_or(kept, b.bit_and(image, b.imm(Type::i32, mask))));
    b.put_flags(rflags::status, image);
    b.helper(Helper::notice_control_flags);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

std::uint64_t notice_control_flags(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const bool one_by_one = (state.control_flags & (rflags::tf | rflags::ac)) != 0;
    if (one_by_one) state.attention.fetch_or(attention_engine, std::memory_order_relaxed);
    return 0;
}

/// What is not canonical is another fault, and comes first; page faults come later.
std::uint64_t check_alignment(GuestState& state, std::uint64_t address, std::uint64_t alignment_bytes, std::uint64_t) {
    if ((state.control_flags & rflags::ac) == 0 || address % alignment_bytes == 0) return 0;
    if (is_canonical(address) && is_canonical(address + alignment_bytes - 1)) {
        state.raise({.vector = ExceptionVector::alignment_check});
    }
    return 0;
}

}  // namespace lxr::helpers
