// Operands as values: registers with x86's partial writes, addresses with segment bases, the stack.
#include "lifter/semantics/instruction_builder.h"

#include <algorithm>
#include <bit>

#include "lifter/support/check.h"

namespace lxr {

using ir::Opcode;
using ir::Type;
using ir::Value;

namespace {

Value full_register(InstructionBuilder& b, Register reg, Type type) {
    return reg.cls == RegisterClass::gpr ? b.get_register(type, reg.number) : Value{};
}

std::size_t selector_offset(Segment segment) {
    return offsetof(GuestState, selectors) + static_cast<std::size_t>(segment) * sizeof(std::uint16_t);
}

bool fits_i32(std::int64_t value) {
    return value == static_cast<std::int32_t>(value);
}

}  // namespace

Value InstructionBuilder::read(unsigned number) {
    const auto& o = operand(number);
    return read(number, o.kind == OperandKind::immediate ? operand_type() : ir::integer_type(o.bits));
}

Value InstructionBuilder::read(unsigned number, Type type) {
    const auto& o = operand(number);
    switch (o.kind) {
        case OperandKind::immediate:
            return constant(type, static_cast<std::uint64_t>(o.immediate));
        case OperandKind::memory:
            return load(type, address_of(number));
        case OperandKind::reg:
            if (o.reg.cls == RegisterClass::high_byte) return get_high_byte(o.reg.number);
            LXR_CHECK(o.reg.cls == RegisterClass::gpr);
            return get_register(type, o.reg.number);
        default:
            break;
    }
    LXR_CHECK(!"an operand that can be read as an integer");
    return {};
}

void InstructionBuilder::write(unsigned number, Value value) {
    const auto& o = operand(number);
    if (o.kind == OperandKind::memory) return store(address_of(number), value);
    if (o.reg.cls == RegisterClass::high_byte) return set_high_byte(o.reg.number, value);
    LXR_CHECK(o.reg.cls == RegisterClass::gpr);
    set_register(o.reg.number, value);
}

Value InstructionBuilder::effective_address(const Memory& memory) {
    const Type type = ir::integer_type(memory.address_bits);
    const auto index = full_register(*this, memory.index, type);
    auto base = full_register(*this, memory.base, type);
    auto displacement = memory.displacement;
    if (!fits_i32(displacement)) {  // rip-relative, or MOV with a 64-bit offset
        const auto constant_base = constant(type, static_cast<std::uint64_t>(displacement));
        if (!base.exists() && !index.exists()) return constant_base;
        base = base.exists() ? add(base, constant_base) : constant_base;
        displacement = 0;
    }
    if (!base.exists() && !index.exists()) return constant(type, static_cast<std::uint64_t>(displacement));
    const auto shift = static_cast<unsigned>(std::countr_zero(memory.scale));
    return address(type, base, index, shift, static_cast<std::int32_t>(displacement));
}

Value InstructionBuilder::segment_base(Segment segment) {
    if (segment == Segment::fs) return get_state(Type::i64, offsetof(GuestState, fs_base));
    if (segment == Segment::gs) return get_state(Type::i64, offsetof(GuestState, gs_base));
    return constant(Type::i64, 0);
}

Value InstructionBuilder::add_segment_base(Segment segment, Value offset) {
    const auto wide = offset.type == Type::i64 ? offset : zero_extend(offset, Type::i64);
    if (segment != Segment::fs && segment != Segment::gs) return wide;
    return add(segment_base(segment), wide);
}

void InstructionBuilder::check_alignment(Value address, unsigned size_bytes) {
    constexpr unsigned largest = 16;
    if (!checks_alignment_ || size_bytes == 1) return;
    helper(Helper::check_alignment, address, imm(Type::i64, std::min(std::bit_floor(size_bytes), largest)));
}

Value InstructionBuilder::selector(Segment segment, Type type) {
    const auto narrow = get_state(Type::i16, selector_offset(segment));
    return type == Type::i16 ? narrow : zero_extend(narrow, type);
}

void InstructionBuilder::write_selector(Segment segment, Value selector) {
    set_state(selector_offset(segment), selector);
}

void InstructionBuilder::check_selector(Segment segment, Value selector, bool rpl_matters) {
    helper(Helper::check_selector, zero_extend(selector, Type::i64), imm(Type::i64, static_cast<std::uint64_t>(segment)),
           imm(Type::i64, rpl_matters ? 1 : 0));
}

Value InstructionBuilder::linear_address(const Memory& memory) {
    return add_segment_base(memory.segment, effective_address(memory));
}

InstructionBuilder::Modified InstructionBuilder::modify(Opcode opcode, Value source) {
    if (!is_memory(0)) {
        const auto old = read(0);
        const auto result = with_immediate(opcode, old.type, Type::none, old, source, 0);
        write(0, result);
        return {old, source, result};
    }
    const auto where = address_of(0);
    const auto type = type_of(0);
    if (!i.lock) {
        const auto old = load(type, where);
        const auto result = with_immediate(opcode, type, Type::none, old, source, 0);
        store(where, result);
        return {old, source, result};
    }
    const auto atomic_opcode = opcode == Opcode::bit_and   ? Opcode::atomic_and
                               : opcode == Opcode::bit_or  ? Opcode::atomic_or
                               : opcode == Opcode::bit_xor ? Opcode::atomic_xor
                                                           : Opcode::atomic_add;
    const auto old = atomic(atomic_opcode, where, opcode == Opcode::sub ? negate(source) : source);
    return {old, source, with_immediate(opcode, type, Type::none, old, source, 0)};
}

void InstructionBuilder::push(Value value) {
    const auto top = sub(read_gpr(Gpr::rsp), constant(Type::i64, ir::size_bytes(value.type)));
    store(top, value);
    write_gpr(Gpr::rsp, top);
}

Value InstructionBuilder::pop(Type type) {
    const auto top = read_gpr(Gpr::rsp);
    const auto value = load(type, top);
    write_gpr(Gpr::rsp, add(top, constant(Type::i64, ir::size_bytes(type))));
    return value;
}

Value InstructionBuilder::read_vector(unsigned number, Type type) {
    const auto& o = operand(number);
    if (o.kind == OperandKind::memory) return load(type, address_of(number));
    if (o.reg.cls == RegisterClass::mmx) {
        return get_state(type, offsetof(GuestState, x87.registers) + o.reg.number * sizeof(X87Register));
    }
    LXR_CHECK(o.reg.cls == RegisterClass::vector);
    return get_vector(type, o.reg.number);
}

Value InstructionBuilder::read_vector_aligned(unsigned number, Type type) {
    if (!is_memory(number) || i.vex || ir::size_bytes(type) < 16) return read_vector(number, type);
    const auto where = address_of(number);
    check_aligned(where, ir::size_bytes(type));
    return load(type, where);
}

void InstructionBuilder::write_vector(unsigned number, Value value) {
    const auto& o = operand(number);
    if (o.kind == OperandKind::memory) return store(address_of(number), value);
    if (o.reg.cls == RegisterClass::mmx) {
        const auto place = offsetof(GuestState, x87.registers) + o.reg.number * sizeof(X87Register);
        set_state(place, value);
        return set_state(place + offsetof(X87Register, sign_exponent), constant(Type::i16, 0xffff));
    }
    LXR_CHECK(o.reg.cls == RegisterClass::vector);
    if (i.vex) return set_vector_clear(o.reg.number, value);
    set_vector(o.reg.number, value);
}

bool InstructionBuilder::uses_mmx() const {
    return std::any_of(i.operands.begin(), i.operands.begin() + i.operand_count,
                       [](const Operand& o) { return o.kind == OperandKind::reg && o.reg.cls == RegisterClass::mmx; });
}

Type InstructionBuilder::vector_type() const {
    if (uses_mmx()) return Type::v64;
    return ir::vector_type(i.vector_bits == 0 ? 128 : i.vector_bits);
}

Value InstructionBuilder::flag(Value boolean, std::uint32_t flag_bit) {
    return shift_left(zero_extend(boolean, Type::i32),
                      constant(Type::i8, static_cast<std::uint64_t>(std::countr_zero(flag_bit))));
}

}  // namespace lxr
