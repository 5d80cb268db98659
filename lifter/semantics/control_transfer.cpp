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

/// The address that an indirect branch goes to.
Value checked_target(B& b, Value target) {
    const auto wide = target.type == Type::i64 ? target : b.zero_extend(target, Type::i64);
    b.check_canonical(wide);
    return wide;
}

// -- far transfers: within the 64-bit code segment; the 32-bit one is not for lxr

/// m16:16, m16:32 or m16:64.
bool is_far(B& b) {
    return b.is_memory(0) && b.operand(0).bits != 64;
}

Value far_selector(B& b, Value where) {
    return b.load(Type::i16, b.add(where, b.imm(Type::i64, ir::size_bytes(b.operand_type()))));
}

/// Reads the far pointer of a call or jump: offset, then selector.
Value read_far_target(B& b) {
    const auto where = b.address_of(0);
    const auto offset = b.load(b.operand_type(), where);
    b.check_selector(Segment::cs, far_selector(b, where), false);
    return checked_target(b, offset);
}

/// Pops the far pointer of a return, whose RPL matters: selector, then offset.
Value read_far_return(B& b, Value top) {
    const auto selector = far_selector(b, top);
    const auto offset = b.load(b.operand_type(), top);
    b.check_selector(Segment::cs, selector, true);
    return checked_target(b, offset);
}

constexpr unsigned vector_of_system_call_32 = 0x80;

}  // namespace

void jump(B& b) {
    if (is_direct(b)) return b.jump(target_of(b));
    if (is_far(b)) return b.jump_indirect(read_far_target(b));
    b.jump_indirect(checked_target(b, b.read(0, Type::i64)));
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

namespace {

void call_far(B& b) {
    const auto type = b.operand_type();
    const auto target = read_far_target(b);
    const auto size = b.imm(Type::i64, ir::size_bytes(type));
    const auto selector = b.sub(b.read_gpr(Gpr::rsp), size);
    const auto offset = b.sub(selector, size);
    b.store(selector, b.imm(type, user_code_selector));
    b.store(offset, b.imm(type, b.i.next_address().value()));
    b.write_gpr(Gpr::rsp, offset);
    b.jump_indirect(target);
}

}  // namespace

void call(B& b) {
    if (is_far(b)) return call_far(b);
    const auto return_address = b.i.next_address();
    const auto read = is_direct(b) ? Value{} : b.read(0, Type::i64);
    if (b.checks_alignment()) b.check_alignment(b.read_gpr(Gpr::rsp), 8);  // before the target is looked at
    const auto target = is_direct(b) ? Value{} : checked_target(b, read);
    b.push(b.imm(Type::i64, return_address.value()));
    b.hint_call(return_address);
    if (is_direct(b)) return b.jump(target_of(b));
    b.jump_indirect(target);
}

void return_from_call(B& b) {
    constexpr unsigned opcode_far = 0xca;  // and CB, without immediate
    const bool far = (b.i.opcode & 0xfeU) == opcode_far;
    const auto top = b.read_gpr(Gpr::rsp);
    const auto target = far ? read_far_return(b, top) : checked_target(b, b.load(Type::i64, top));
    const unsigned popped = far ? 2 * ir::size_bytes(b.operand_type()) : 8;
    const auto released = b.i.operand_count > 0 ? static_cast<std::uint64_t>(b.operand(0).immediate) & 0xffff : 0;
    b.write_gpr(Gpr::rsp, b.add(top, b.imm(Type::i64, popped + released)));
    far ? b.jump_indirect(target) : b.return_indirect(target);
}

void enter(B& b) {
    const auto size = static_cast<std::uint64_t>(b.operand(0).immediate) & 0xffff;
    const auto nesting = static_cast<std::uint64_t>(b.operand(1).immediate) & 31;
    const auto type = b.operand_type() == Type::i16 ? Type::i16 : Type::i64;
    const auto rbp = b.read_gpr(Gpr::rbp);
    const auto narrow = [&](Value wide) { return type == Type::i64 ? wide : b.truncate(wide, type); };
    const auto at = [&](Value base, std::uint64_t words_below) {
        return b.sub(base, b.imm(Type::i64, words_below * ir::size_bytes(type)));
    };
    const auto frame = at(b.read_gpr(Gpr::rsp), 1);
    b.store(frame, narrow(rbp));
    for (std::uint64_t level = 1; level < nesting; ++level) b.store(at(frame, level), b.load(type, at(rbp, level)));
    if (nesting > 0) b.store(at(frame, nesting), narrow(frame));
    const auto top = b.sub(at(frame, nesting), b.imm(Type::i64, size));
    b.atomic(Opcode::atomic_add, top, b.imm(type, 0));  // the new top must be writable
    b.write_gpr(Gpr::rsp, top);
    b.write_gpr(Gpr::rbp, narrow(frame));
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
    if (vector == static_cast<std::uint64_t>(ExceptionVector::overflow)) {
        return b.raise(ExceptionVector::overflow, b.i.next_address());
    }
    constexpr std::uint64_t of_interrupt_table = 2;  // SDM Vol. 3A, "Error Code"
    b.helper(Helper::general_protection, b.imm(Type::i64, vector << 3 | of_interrupt_table));
    b.jump(b.i.next_address());
}

/// Back to 64-bit code of the same privilege; anything else is not for lxr.
void return_from_interrupt(B& b) {
    const auto type = b.operand_type();
    const auto top = b.read_gpr(Gpr::rsp);
    const auto at = [&](unsigned slot) { return b.add(top, b.imm(Type::i64, slot * ir::size_bytes(type))); };
    const auto nested = b.bit_and(b.get_state(Type::i32, offsetof(GuestState, control_flags)), b.imm(Type::i32, rflags::nt));
    b.helper(Helper::fault_unless, b.zero_extend(b.is_equal(nested, b.imm(Type::i32, 0)), Type::i64));
    const auto flags = b.load(type, at(2));  // first: it is this word that a fault names
    const auto new_rip = b.load(type, top);
    const auto code = b.load(Type::i16, at(1));
    const auto new_rsp = b.load(type, at(3));
    const auto stack = b.load(Type::i16, at(4));
    b.check_selector(Segment::cs, code, true);
    b.check_selector(Segment::ss, stack, true);
    const auto target = checked_target(b, new_rip);
    b.write_gpr(Gpr::rsp, type == Type::i64 ? new_rsp : b.zero_extend(new_rsp, Type::i64));
    set_flags_image(b, flags);
    b.jump_indirect(target);
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
