// BMI1 and BMI2 (SDM Vol. 1, "BMI1 and BMI2 Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

/// ZF and SF of the result, OF clear, CF as given; the rest is undefined and left clear.
void put_result_flags(B& b, Value result, Value carry) {
    const auto zero = b.is_equal(result, b.imm(result.type, 0));
    const auto negative = b.is_less_signed(result, b.imm(result.type, 0));
    const auto zero_sign = b.bit_or(b.flag(zero, rflags::zf), b.flag(negative, rflags::sf));
    b.put_flags(rflags::status, b.bit_or(zero_sign, b.flag(carry, rflags::cf)));
}

Value no_carry(B& b) {
    return b.imm(Type::i8, 0);
}

}  // namespace

void and_not(B& b) {
    const auto result = b.bit_and_not(b.read(1), b.read(2));
    b.write(0, result);
    put_result_flags(b, result, no_carry(b));
}

void bit_field_extract(B& b) {
    const auto source = b.read(1);
    const auto control = b.read(2);
    const auto start = b.truncate(control, Type::i8);
    const auto length = b.truncate(b.shift_right(control, b.imm(Type::i8, 8)), Type::i8);
    const auto ones = b.imm(source.type, ~std::uint64_t{0});
    const auto mask = b.bit_not(b.shift_left(ones, length));
    const auto result = b.bit_and(b.shift_right(source, start), mask);
    b.write(0, result);
    put_result_flags(b, result, no_carry(b));
}

void isolate_lowest_set(B& b) {
    const auto source = b.read(1);
    const auto result = b.bit_and(source, b.negate(source));
    b.write(0, result);
    put_result_flags(b, result, b.bit_xor(b.is_equal(source, b.imm(source.type, 0)), b.imm(Type::i8, 1)));
}

void mask_to_lowest_set(B& b) {
    const auto source = b.read(1);
    const auto result = b.bit_xor(source, b.sub(source, b.imm(source.type, 1)));
    b.write(0, result);
    put_result_flags(b, result, b.is_equal(source, b.imm(source.type, 0)));
}

void reset_lowest_set(B& b) {
    const auto source = b.read(1);
    const auto result = b.bit_and(source, b.sub(source, b.imm(source.type, 1)));
    b.write(0, result);
    put_result_flags(b, result, b.is_equal(source, b.imm(source.type, 0)));
}

void zero_high_bits(B& b) {
    const auto source = b.read(1);
    const auto index = b.read(2, Type::i8);
    const auto mask = b.bit_not(b.shift_left(b.imm(source.type, ~std::uint64_t{0}), index));
    const auto result = b.bit_and(source, mask);
    const auto within = b.is_less_unsigned(index, b.imm(Type::i8, ir::size_bits(source.type)));
    b.write(0, result);
    put_result_flags(b, result, b.bit_xor(within, b.imm(Type::i8, 1)));
}

void multiply_no_flags(B& b) {
    const auto source = b.read(2);
    const auto multiplicand = b.read_gpr(Gpr::rdx, source.type);
    const auto low = b.mul(multiplicand, source);
    const auto high = b.multiply_high_unsigned(multiplicand, source);
    b.write(1, low);
    b.write(0, high);  // last: it wins if both destinations are one register
}

void deposit(B& b) {
    b.write(0, b.deposit_bits(b.read(1), b.read(2)));
}
void extract(B& b) {
    b.write(0, b.extract_bits(b.read(1), b.read(2)));
}

void rotate_right_no_flags(B& b) {
    b.write(0, b.rotate_right(b.read(1), b.read(2, Type::i8)));
}

namespace {

Value count_operand(B& b) {
    const auto count = b.read(2);
    return b.bit_and(count, b.imm(count.type, ir::size_bits(count.type) - 1));
}

}  // namespace

void shift_left_no_flags(B& b) {
    b.write(0, b.shift_left(b.read(1), count_operand(b)));
}
void shift_right_no_flags(B& b) {
    b.write(0, b.shift_right(b.read(1), count_operand(b)));
}
void shift_arithmetic_right_no_flags(B& b) {
    b.write(0, b.shift_right_arithmetic(b.read(1), count_operand(b)));
}

}  // namespace lxr::semantics
