// SSE2 instructions on floating point (SDM Vol. 1, "SSE2 Instructions"); those on integers are in sse2_integer.cpp.
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

/// Lanes keep their size, or become twice as wide: from the low half of the source.
void convert_packed(B& b, Opcode opcode, Type to, Type from) {
    const auto type = b.vector_type();
    const bool widens = ir::size_bytes(to) > ir::size_bytes(from);
    const auto source = b.read_vector_aligned(1, widens ? half_vector(type) : type);
    b.write_vector(0, convert_lanes(b, opcode, type, to, from, source));
}

/// Lanes become half as wide: the upper half of the result's 128 bits is 0.
void convert_packed_narrowing(B& b, Opcode opcode, Type to) {
    const auto type = b.vector_type();
    const auto converted = convert_lanes(b, opcode, half_vector(type), to, Type::f64, b.read_vector_aligned(1, type));
    b.write_vector(0, b.resize(converted, Type::v128));
}

void convert_to_mmx(B& b, Opcode opcode) {
    const auto source = b.read_vector_aligned(1, Type::v128);
    convert_mmx(b, opcode, Type::v64, Type::i32, Type::f64, source);
}

void convert_scalar(B& b, Type to, Type from) {
    write_scalar(b, b.with_source(Opcode::convert_float, to, from, 0, b.read_vector(second_source(b), from)));
}

}  // namespace

void move_scalar_double(B& b) {
    move_scalar(b, Type::f64);
}

void compare_scalar_double(B& b) {
    scalar(b, Opcode::float_compare, Type::f64, predicate(b));
}

void shuffle_double(B& b) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto result = each_part(b, first, second, [&](Value first_part, Value second_part, unsigned number) {
        const auto imm = immediate_byte(b) >> (2 * number);
        return permute(b, first_part, second_part, Type::i64, selectors({imm & 1, 2 + (imm >> 1 & 1)}));
    });
    b.write_vector(0, result);
}

void move_mask_double(B& b) {
    move_mask(b, Type::f64);
}
void add_packed_double(B& b) {
    packed(b, Opcode::float_add, Type::f64);
}
void add_scalar_double(B& b) {
    scalar(b, Opcode::float_add, Type::f64);
}
void subtract_packed_double(B& b) {
    packed(b, Opcode::float_sub, Type::f64);
}
void subtract_scalar_double(B& b) {
    scalar(b, Opcode::float_sub, Type::f64);
}
void multiply_packed_double(B& b) {
    packed(b, Opcode::float_mul, Type::f64);
}
void multiply_scalar_double(B& b) {
    scalar(b, Opcode::float_mul, Type::f64);
}
void divide_packed_double(B& b) {
    packed(b, Opcode::float_div, Type::f64);
}
void divide_scalar_double(B& b) {
    scalar(b, Opcode::float_div, Type::f64);
}
void minimum_packed_double(B& b) {
    packed(b, Opcode::float_min, Type::f64);
}
void minimum_scalar_double(B& b) {
    scalar(b, Opcode::float_min, Type::f64);
}
void maximum_packed_double(B& b) {
    packed(b, Opcode::float_max, Type::f64);
}
void maximum_scalar_double(B& b) {
    scalar(b, Opcode::float_max, Type::f64);
}
void square_root_packed_double(B& b) {
    packed_unary(b, Opcode::float_sqrt, Type::f64);
}
void square_root_scalar_double(B& b) {
    scalar_unary(b, Opcode::float_sqrt, Type::f64);
}
void compare_packed_double(B& b) {
    packed(b, Opcode::float_compare, Type::f64, predicate(b));
}
void compare_ordered_double(B& b) {
    compare_flags(b, Type::f64, signals_quiet_nan);
}
void compare_unordered_double(B& b) {
    compare_flags(b, Type::f64, 0);
}

void convert_integer_to_double(B& b) {
    convert_from_integer(b, Type::f64);
}
void convert_double_to_integer(B& b) {
    convert_to_integer(b, Opcode::convert_to_integer, Type::f64);
}
void truncate_double_to_integer(B& b) {
    convert_to_integer(b, Opcode::convert_to_integer_truncate, Type::f64);
}
void convert_single_to_double(B& b) {
    convert_scalar(b, Type::f64, Type::f32);
}
void convert_double_to_single(B& b) {
    convert_scalar(b, Type::f32, Type::f64);
}

void convert_packed_integer_to_single(B& b) {
    convert_packed(b, Opcode::convert_from_integer, Type::f32, Type::i32);
}
void convert_packed_integer_to_double(B& b) {
    convert_packed(b, Opcode::convert_from_integer, Type::f64, Type::i32);
}
void convert_packed_single_to_integer(B& b) {
    convert_packed(b, Opcode::convert_to_integer, Type::i32, Type::f32);
}
void truncate_packed_single_to_integer(B& b) {
    convert_packed(b, Opcode::convert_to_integer_truncate, Type::i32, Type::f32);
}
void convert_packed_single_to_double(B& b) {
    convert_packed(b, Opcode::convert_float, Type::f64, Type::f32);
}
void convert_packed_double_to_single(B& b) {
    convert_packed_narrowing(b, Opcode::convert_float, Type::f32);
}
void convert_packed_double_to_integer(B& b) {
    convert_packed_narrowing(b, Opcode::convert_to_integer, Type::i32);
}
void truncate_packed_double_to_integer(B& b) {
    convert_packed_narrowing(b, Opcode::convert_to_integer_truncate, Type::i32);
}

void convert_mmx_to_double(B& b) {
    const auto source = b.read_vector(1, Type::v64);
    convert_mmx(b, Opcode::convert_from_integer, Type::v128, Type::f64, Type::i32, source);
}
void convert_double_to_mmx(B& b) {
    convert_to_mmx(b, Opcode::convert_to_integer);
}
void truncate_double_to_mmx(B& b) {
    convert_to_mmx(b, Opcode::convert_to_integer_truncate);
}

}  // namespace lxr::semantics
