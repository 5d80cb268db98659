// FMA instructions (SDM Vol. 1, "Fused-Multiply-ADD (FMA)").
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

// The immediate of float_multiply_add.
constexpr std::int32_t negates_product = 1;
constexpr std::int32_t negates_addend = 2;
constexpr std::int32_t negates_addend_in_even_lanes = 4;

/// The mnemonic's digits say which operands are multiplied and which is added; the opcode's high digit tells the same.
struct Roles {
    unsigned multiplicand;
    unsigned multiplier;
    unsigned addend;
};
Roles roles(const B& b) {
    switch (b.i.opcode >> 4) {
        case 0x9:
            return {0, 2, 1};  // 132
        case 0xa:
            return {1, 0, 2};  // 213
        default:
            return {1, 2, 0};  // 231
    }
}

Value multiply_add(B& b, Type type, Type lane, std::int32_t signs) {
    const auto [multiplicand, multiplier, addend] = roles(b);
    const auto first = b.read_vector(multiplicand, type);
    const auto second = b.read_vector(multiplier, type);
    const auto third = b.read_vector(addend, type);
    return b.with_immediate(Opcode::float_multiply_add, type, lane, first, second, signs, third);
}

void multiply_add_packed(B& b, Type lane, std::int32_t signs) {
    b.write_vector(0, multiply_add(b, b.vector_type(), lane, signs));
}

void multiply_add_scalar(B& b, Type type, std::int32_t signs) {
    const auto result = multiply_add(b, type, Type::none, signs);
    b.write_vector(0, insert_lane(b, b.read_vector(0, Type::v128), result, type, 0));
}

}  // namespace

void multiply_add_packed_single(B& b) {
    multiply_add_packed(b, Type::f32, 0);
}
void multiply_add_packed_double(B& b) {
    multiply_add_packed(b, Type::f64, 0);
}
void multiply_add_scalar_single(B& b) {
    multiply_add_scalar(b, Type::f32, 0);
}
void multiply_add_scalar_double(B& b) {
    multiply_add_scalar(b, Type::f64, 0);
}
void multiply_subtract_packed_single(B& b) {
    multiply_add_packed(b, Type::f32, negates_addend);
}
void multiply_subtract_packed_double(B& b) {
    multiply_add_packed(b, Type::f64, negates_addend);
}
void multiply_subtract_scalar_single(B& b) {
    multiply_add_scalar(b, Type::f32, negates_addend);
}
void multiply_subtract_scalar_double(B& b) {
    multiply_add_scalar(b, Type::f64, negates_addend);
}
void negated_multiply_add_packed_single(B& b) {
    multiply_add_packed(b, Type::f32, negates_product);
}
void negated_multiply_add_packed_double(B& b) {
    multiply_add_packed(b, Type::f64, negates_product);
}
void negated_multiply_add_scalar_single(B& b) {
    multiply_add_scalar(b, Type::f32, negates_product);
}
void negated_multiply_add_scalar_double(B& b) {
    multiply_add_scalar(b, Type::f64, negates_product);
}
void negated_multiply_subtract_packed_single(B& b) {
    multiply_add_packed(b, Type::f32, negates_product | negates_addend);
}
void negated_multiply_subtract_packed_double(B& b) {
    multiply_add_packed(b, Type::f64, negates_product | negates_addend);
}
void negated_multiply_subtract_scalar_single(B& b) {
    multiply_add_scalar(b, Type::f32, negates_product | negates_addend);
}
void negated_multiply_subtract_scalar_double(B& b) {
    multiply_add_scalar(b, Type::f64, negates_product | negates_addend);
}
void multiply_add_subtract_single(B& b) {
    multiply_add_packed(b, Type::f32, negates_addend_in_even_lanes);
}
void multiply_add_subtract_double(B& b) {
    multiply_add_packed(b, Type::f64, negates_addend_in_even_lanes);
}
void multiply_subtract_add_single(B& b) {
    multiply_add_packed(b, Type::f32, negates_addend | negates_addend_in_even_lanes);
}
void multiply_subtract_add_double(B& b) {
    multiply_add_packed(b, Type::f64, negates_addend | negates_addend_in_even_lanes);
}

}  // namespace lxr::semantics
