// The forms that most vector instructions have.
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

/// Selectors 0, 2, 4 … (first = 0) or 1, 3, 5 … (first = 1) for every lane of up to 128 bits.
std::int32_t every_other_lane(unsigned first, unsigned lanes) {
    std::uint32_t numbers = 0;
    for (unsigned i = 0; i < lanes; ++i) numbers |= (2 * i + first) << (4 * i);
    return static_cast<std::int32_t>(numbers);
}

unsigned lanes_of_part(Type type, Type lane) {
    return std::min(ir::size_bytes(type), 16U) / ir::size_bytes(lane);
}

}  // namespace

Value first_packed(B& b) {
    return b.read_vector(b.first_source(), b.vector_type());
}
Value second_packed(B& b) {
    return b.read_vector_aligned(second_source(b), b.vector_type());
}

void packed(B& b, Opcode opcode, Type lane, std::int32_t immediate) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    b.write_vector(0, b.with_immediate(opcode, first.type, lane, first, second, immediate));
}

void packed_reversed(B& b, Opcode opcode, Type lane, std::int32_t immediate) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    b.write_vector(0, b.with_immediate(opcode, first.type, lane, second, first, immediate));
}

void packed_unary(B& b, Opcode opcode, Type lane, std::int32_t immediate) {
    const auto source = b.read_vector_aligned(1, b.vector_type());
    b.write_vector(0, b.with_immediate(opcode, source.type, lane, source, {}, immediate));
}

void scalar(B& b, Opcode opcode, Type type, std::int32_t immediate) {
    const auto first = b.read_vector(b.first_source(), type);
    const auto second = b.read_vector(second_source(b), type);
    write_scalar(b, b.with_immediate(opcode, type, Type::none, first, second, immediate));
}

void scalar_unary(B& b, Opcode opcode, Type type, std::int32_t immediate) {
    const auto source = b.read_vector(second_source(b), type);
    write_scalar(b, b.with_immediate(opcode, type, Type::none, source, {}, immediate));
}

void write_scalar(B& b, Value value) {
    if (!b.i.vex) return b.write_vector(0, value);
    b.write_vector(0, insert_lane(b, b.read_vector(1, Type::v128), value, value.type, 0));
}

Value read_low(B& b, unsigned number, Type type) {
    const auto& operand = b.operand(number);
    const bool is_general = b.is_register(number) && operand.reg.cls == RegisterClass::gpr;
    return is_general || b.is_memory(number) ? b.read(number, type) : b.read_vector(number, type);
}

void write_zero_extended(B& b, Value value) {
    const auto& operand = b.operand(0);
    if (b.is_memory(0) || operand.reg.cls == RegisterClass::gpr) return b.write(0, value);
    b.write_vector(0, b.resize(value, operand.reg.cls == RegisterClass::mmx ? Type::v64 : Type::v128));
}

void move_scalar(B& b, Type type) {
    const auto last = b.i.operand_count - 1U;
    const auto source = b.read_vector(last, type);
    if (b.is_memory(last)) return b.write_vector(0, b.resize(source, Type::v128));
    if (b.is_memory(0)) return b.write_vector(0, source);
    write_scalar(b, source);
}

void move_mask(B& b, Type lane) {
    const auto source = b.read_vector(1, b.vector_type());
    const auto mask = b.with_source(Opcode::move_mask, Type::i32, source.type, static_cast<unsigned>(lane), source);
    b.set_register(b.operand(0).reg.number, mask);
}

void extract(B& b, Type lane) {
    const auto source = b.read_vector(1, b.vector_type());
    const auto lanes = ir::size_bytes(source.type) / ir::size_bytes(lane);
    const auto value = extract_lane(b, source, lane, immediate_byte(b) % lanes);
    const bool narrow = ir::size_bytes(lane) < 4 && b.is_register(0);
    b.write(0, narrow ? b.zero_extend(value, Type::i32) : value);
}

void insert(B& b, Type lane) {
    const auto first = first_packed(b);
    const auto lanes = ir::size_bytes(first.type) / ir::size_bytes(lane);
    const auto value = b.read(second_source(b), lane);
    b.write_vector(0, insert_lane(b, first, value, lane, immediate_byte(b) % lanes));
}

void compare_flags(B& b, Type type, std::int32_t signals) {
    const auto first = b.read_vector(0, type);
    const auto second = b.read_vector(1, type);
    const auto flags = b.with_immediate(Opcode::float_compare_flags, type, Type::none, first, second, signals);
    b.put_flags(rflags::status, b.truncate(flags, Type::i32));
}

void convert_from_integer(B& b, Type to) {
    const auto source = b.read(second_source(b));
    write_scalar(b, b.with_source(Opcode::convert_from_integer, to, source.type, 0, source));
}

void convert_to_integer(B& b, Opcode opcode, Type from) {
    b.write(0, b.with_source(opcode, b.type_of(0), from, 0, b.read_vector(1, from)));
}

void horizontal(B& b, Opcode opcode, Type lane) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto even = even_lanes(b, first, second, lane);
    const auto odd = odd_lanes(b, first, second, lane);
    b.write_vector(0, b.with_immediate(opcode, first.type, lane, even, odd, 0));
}

Value even_lanes(B& b, Value first, Value second, Type lane) {
    return permute(b, first, second, lane, every_other_lane(0, lanes_of_part(first.type, lane)));
}
Value odd_lanes(B& b, Value first, Value second, Type lane) {
    return permute(b, first, second, lane, every_other_lane(1, lanes_of_part(first.type, lane)));
}

Value choose_lanes(B& b, Value kept, Value taken, Type lane, unsigned mask) {
    const auto lanes = lanes_of_part(kept.type, lane);
    std::uint32_t numbers = 0;
    for (unsigned i = 0; i < lanes; ++i) numbers |= ((mask >> i & 1) != 0 ? lanes + i : i) << (4 * i);
    return permute(b, kept, taken, lane, static_cast<std::int32_t>(numbers));
}

void blend_by_immediate(B& b, Type lane) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto lanes = lanes_of_part(first.type, lane);
    const auto result = each_part(b, first, second, [&](Value kept, Value taken, unsigned number) {
        return choose_lanes(b, kept, taken, lane, immediate_byte(b) >> (lanes * number));
    });
    b.write_vector(0, result);
}

Value is_zero(B& b, Value vector) {
    auto bits = extract_lane(b, vector, Type::i64, 0);
    for (unsigned i = 1; i < ir::size_bytes(vector.type) / 8; ++i) bits = b.bit_or(bits, extract_lane(b, vector, Type::i64, i));
    return b.is_equal(bits, b.imm(Type::i64, 0));
}

void packed_by_helper(B& b, Helper helper, std::uint64_t argument) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto result = each_part(b, first, second, [&](Value first_part, Value second_part, unsigned) {
        write_scratch(b, 0, first_part);
        write_scratch(b, 1, second_part);
        b.helper(helper, b.imm(Type::i64, argument));
        return read_scratch(b, 0);
    });
    b.write_vector(0, result);
}

}  // namespace lxr::semantics
