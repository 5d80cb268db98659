// Control transfer instructions (SDM Vol. 1, "Control Transfer Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

GuestAddress target_of(B& b) {
    return GuestAddress(static_cast<std::uint64_t>(b.operand(0).immediate));
}

bool is_direct(B& b) {
    return b.operand(0).kind == OperandKind::immediate;
}

/// Far transfers change the code segment; no 64-bit Linux program needs them.
bool refuse_far(B& b) {
    const bool far = b.operand(0).kind == OperandKind::far_pointer || (b.is_memory(0) && b.operand(0).bits > 64);
    if (far) b.fault(ExceptionVector::general_protection);
    return far;
}

constexpr unsigned vector_of_system_call_32 = 0x80;

}  // namespace

void jump(B& b) {
    if (refuse_far(b)) return;
    if (is_direct(b)) return b.jump(target_of(b));
    b.jump_indirect(b.read(0, Type::i64));
}

void jump_if(B& b) {
    b.exit_if(b.condition(b.condition_code()), target_of(b));
    b.jump(b.i.next_address());
}

void jump_if_count_zero(B& b) {
    const auto type = ir::integer_type(b.i.address_bits);
    b.exit_if(b.is_equal(b.read_gpr(Gpr::rcx, type), b.imm(type, 0)), target_of(b));
    b.jump(b.i.next_address());
}

namespace {

Value count_down(B& b) {
    const auto type = ir::integer_type(b.i.address_bits);
    const auto count = b.sub(b.read_gpr(Gpr::rcx, type), b.imm(type, 1));
    b.write_gpr(Gpr::rcx, count);
    return b.bit_xor(b.is_equal(count, b.imm(type, 0)), b.imm(Type::i8, 1));
}

void loop_if(B& b, Condition code) {
    const auto again = b.bit_and(count_down(b), b.condition(code));
    b.exit_if(again, target_of(b));
    b.jump(b.i.next_address());
}

}  // namespace

void loop(B& b) {
    b.exit_if(count_down(b), target_of(b));
    b.jump(b.i.next_address());
}
void loop_if_equal(B& b) {
    loop_if(b, Condition::e);
}
void loop_if_not_equal(B& b) {
    loop_if(b, Condition::ne);
}

void call(B& b) {
    if (refuse_far(b)) return;
    const auto return_address = b.i.next_address();
    const auto target = is_direct(b) ? Value{} : b.read(0, Type::i64);
    b.push(b.imm(Type::i64, return_address.value()));
    b.hint_call(return_address);
    if (is_direct(b)) return b.jump(target_of(b));
    b.jump_indirect(target);
}

void return_near(B& b) {
    const auto top = b.read_gpr(Gpr::rsp);
    const auto target = b.load(Type::i64, top);
    const auto released = 8 + (b.i.operand_count > 0 ? static_cast<std::uint64_t>(b.operand(0).immediate) & 0xffff : 0);
    b.write_gpr(Gpr::rsp, b.add(top, b.imm(Type::i64, released)));
    b.return_indirect(target);
}

void enter(B& b) {
    const auto size = static_cast<std::uint64_t>(b.operand(0).immediate) & 0xffff;
    const auto nesting = static_cast<std::uint64_t>(b.operand(1).immediate) & 31;
    const auto rbp = b.read_gpr(Gpr::rbp);
    const auto frame = b.sub(b.read_gpr(Gpr::rsp), b.imm(Type::i64, 8));
    b.store(frame, rbp);
    const auto at = [&](Value base, std::uint64_t words_below) { return b.sub(base, b.imm(Type::i64, words_below * 8)); };
    for (std::uint64_t level = 1; level < nesting; ++level) b.store(at(frame, level), b.load(Type::i64, at(rbp, level)));
    if (nesting > 0) b.store(at(frame, nesting), frame);
    b.write_gpr(Gpr::rsp, b.sub(at(frame, nesting), b.imm(Type::i64, size)));
    b.write_gpr(Gpr::rbp, frame);
}

void leave(B& b) {
    const auto frame = b.read_gpr(Gpr::rbp);
    const auto type = b.operand_type() == Type::i16 ? Type::i16 : Type::i64;
    const auto saved = b.load(type, frame);
    b.write_gpr(Gpr::rsp, b.add(frame, b.imm(Type::i64, ir::size_bytes(type))));
    b.write_gpr(Gpr::rbp, saved);
}

void breakpoint(B& b) {
    b.raise(ExceptionVector::breakpoint, b.i.next_address());
}

void interrupt(B& b) {
    const auto vector = static_cast<std::uint64_t>(b.operand(0).immediate) & 0xff;
    if (vector == vector_of_system_call_32) return b.ir::Builder::leave(Opcode::syscall_int80, b.i.next_address());
    if (vector == static_cast<std::uint64_t>(ExceptionVector::breakpoint)) return breakpoint(b);
    b.fault(ExceptionVector::general_protection);
}

void debug_trap(B& b) {
    b.raise(ExceptionVector::debug, b.i.next_address());
}

void system_call(B& b) {
    const auto flags = b.bit_or(b.bit_or(b.get_flags(), b.get_state(Type::i32, offsetof(GuestState, control_flags))),
                                b.imm(Type::i32, rflags::fixed | rflags::interrupts));
    b.write_gpr(Gpr::rcx, b.imm(Type::i64, b.i.next_address().value()));
    b.write_gpr(Gpr::r11, b.zero_extend(flags, Type::i64));
    b.ir::Builder::leave(Opcode::syscall, b.i.next_address());
}

}  // namespace lxr::semantics
