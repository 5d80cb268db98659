// SSE instructions (SDM Vol. 1, "SSE Instructions"); those on packed integers are in sse2_integer.cpp.
#include "lifter/host/mxcsr.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

void convert_to_mmx(B& b, Opcode opcode) {
    const auto source = b.read_vector(1, Type::v64);
    convert_mmx(b, opcode, Type::v64, Type::i32, Type::f32, source);
}

}  // namespace

/// Moves of 16 bytes and more that fault where the memory operand is not aligned, in the VEX form too.
void move_aligned(B& b) {
    const auto type = b.vector_type();
    if (!b.is_memory(0) && !b.is_memory(1)) return b.write_vector(0, b.read_vector(1, type));
    const auto where = b.address_of(b.is_memory(0) ? 0 : 1);
    b.check_aligned(where, ir::size_bytes(type));
    if (b.is_memory(0)) return b.store(where, b.read_vector(1, type));
    b.write_vector(0, b.load(type, where));
}

void move_unaligned(B& b) {
    b.write_vector(0, b.read_vector(1, b.vector_type()));
}

void move_low(B& b) {
    if (b.is_memory(0)) return b.write_vector(0, b.read_vector(1, Type::i64));
    write_scalar(b, b.read_vector(second_source(b), Type::i64));
}

void move_high(B& b) {
    if (b.is_memory(0)) return b.write_vector(0, extract_lane(b, b.read_vector(1, Type::v128), Type::i64, 1));
    const auto kept = b.read_vector(b.first_source(), Type::v128);
    b.write_vector(0, insert_lane(b, kept, b.read_vector(second_source(b), Type::i64), Type::i64, 1));
}

void move_low_to_high(B& b) {
    packed(b, Opcode::permute, Type::i64, selectors({0, 2}));
}
void move_high_to_low(B& b) {
    packed(b, Opcode::permute, Type::i64, selectors({3, 1}));
}

void shuffle_single(B& b) {
    const auto imm = immediate_byte(b);
    packed(b, Opcode::permute, Type::i32,
           selectors({two_bits(imm, 0), two_bits(imm, 1), 4 + two_bits(imm, 2), 4 + two_bits(imm, 3)}));
}

void move_scalar_single(B& b) {
    move_scalar(b, Type::f32);
}
void move_mask_single(B& b) {
    move_mask(b, Type::f32);
}
void add_packed_single(B& b) {
    packed(b, Opcode::float_add, Type::f32);
}
void add_scalar_single(B& b) {
    scalar(b, Opcode::float_add, Type::f32);
}
void subtract_packed_single(B& b) {
    packed(b, Opcode::float_sub, Type::f32);
}
void subtract_scalar_single(B& b) {
    scalar(b, Opcode::float_sub, Type::f32);
}
void multiply_packed_single(B& b) {
    packed(b, Opcode::float_mul, Type::f32);
}
void multiply_scalar_single(B& b) {
    scalar(b, Opcode::float_mul, Type::f32);
}
void divide_packed_single(B& b) {
    packed(b, Opcode::float_div, Type::f32);
}
void divide_scalar_single(B& b) {
    scalar(b, Opcode::float_div, Type::f32);
}
void minimum_packed_single(B& b) {
    packed(b, Opcode::float_min, Type::f32);
}
void minimum_scalar_single(B& b) {
    scalar(b, Opcode::float_min, Type::f32);
}
void maximum_packed_single(B& b) {
    packed(b, Opcode::float_max, Type::f32);
}
void maximum_scalar_single(B& b) {
    scalar(b, Opcode::float_max, Type::f32);
}
void square_root_packed_single(B& b) {
    packed_unary(b, Opcode::float_sqrt, Type::f32);
}
void square_root_scalar_single(B& b) {
    scalar_unary(b, Opcode::float_sqrt, Type::f32);
}
void reciprocal_packed(B& b) {
    packed_unary(b, Opcode::float_reciprocal, Type::f32);
}
void reciprocal_scalar(B& b) {
    scalar_unary(b, Opcode::float_reciprocal, Type::f32);
}
void reciprocal_square_root_packed(B& b) {
    packed_unary(b, Opcode::float_reciprocal_sqrt, Type::f32);
}
void reciprocal_square_root_scalar(B& b) {
    scalar_unary(b, Opcode::float_reciprocal_sqrt, Type::f32);
}
void compare_packed_single(B& b) {
    packed(b, Opcode::float_compare, Type::f32, predicate(b));
}
void compare_scalar_single(B& b) {
    scalar(b, Opcode::float_compare, Type::f32, predicate(b));
}
void compare_ordered_single(B& b) {
    compare_flags(b, Type::f32, signals_quiet_nan);
}
void compare_unordered_single(B& b) {
    compare_flags(b, Type::f32, 0);
}

void convert_integer_to_single(B& b) {
    convert_from_integer(b, Type::f32);
}
void convert_single_to_integer(B& b) {
    convert_to_integer(b, Opcode::convert_to_integer, Type::f32);
}
void truncate_single_to_integer(B& b) {
    convert_to_integer(b, Opcode::convert_to_integer_truncate, Type::f32);
}

void convert_mmx_to_single(B& b) {
    const auto source = b.read_vector(1, Type::v64);
    convert_mmx(b, Opcode::convert_from_integer, Type::v64, Type::f32, Type::i32, source);
}
void convert_single_to_mmx(B& b) {
    convert_to_mmx(b, Opcode::convert_to_integer);
}
void truncate_single_to_mmx(B& b) {
    convert_to_mmx(b, Opcode::convert_to_integer_truncate);
}

void load_mxcsr(B& b) {
    b.helper(Helper::load_mxcsr, b.zero_extend(b.read(0, Type::i32), Type::i64));
}
void store_mxcsr(B& b) {
    b.write(0, b.truncate(b.helper(Helper::store_mxcsr), Type::i32));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

std::uint64_t load_mxcsr(GuestState& state, std::uint64_t value, std::uint64_t, std::uint64_t) {
    if ((value & ~std::uint64_t{mxcsr_mask}) != 0) {
        state.raise({.vector = ExceptionVector::general_protection});
    } else {
        host::set_mxcsr(static_cast<std::uint32_t>(value));
    }
    return 0;
}

std::uint64_t store_mxcsr(GuestState&, std::uint64_t, std::uint64_t, std::uint64_t) {
    return host::mxcsr();
}

}  // namespace lxr::helpers
