// SSE4.1 instructions (SDM Vol. 1, "SSE4.1 Instructions").
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

/// The rounding byte's bits that the processor looks at.
std::int32_t rounding(const B& b) {
    return static_cast<std::int32_t>(immediate_byte(b) & 15);
}

/// The legacy forms take their mask from XMM0, the VEX ones from a fourth operand.
void blend_by_mask(B& b, Type lane) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto mask = b.i.vex ? b.read_vector(3, first.type) : b.get_vector(first.type, 0);
    b.write_vector(0, b.blend(first, second, mask, lane));
}

/// Products of the lanes that the immediate's high bits select, their sum to those that its low bits select.
void dot_product(B& b, Type lane) {
    const auto imm = immediate_byte(b);
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto zero = zero_vector(b, first.type);
    const auto products =
        b.float_mul(choose_lanes(b, zero, first, lane, imm >> 4), choose_lanes(b, zero, second, lane, imm >> 4), lane);
    auto sum = b.float_add(even_lanes(b, products, products, lane), odd_lanes(b, products, products, lane), lane);
    if (lane == Type::f32) sum = b.float_add(even_lanes(b, sum, sum, lane), odd_lanes(b, sum, sum, lane), lane);
    b.write_vector(0, choose_lanes(b, zero, sum, lane, imm));
}

/// A memory operand has just as many lanes as the result.
void widen(B& b, Opcode opcode, Type from, Type to) {
    const auto type = b.vector_type();
    const auto bytes = ir::size_bytes(type) / ir::size_bytes(to) * ir::size_bytes(from);
    const auto memory_type = bytes == 16 ? Type::v128 : ir::integer_type(bytes * 8);
    const auto source =
        b.is_memory(1) ? b.resize(b.load(memory_type, b.address_of(1)), Type::v128) : b.read_vector(1, Type::v128);
    b.write_vector(0, b.with_source(opcode, type, from, static_cast<unsigned>(to), source));
}

}  // namespace

void packed_multiply_low_doublewords(B& b) {
    packed(b, Opcode::mul, Type::i32);
}
void packed_multiply_even_signed(B& b) {
    packed(b, Opcode::multiply_even_signed, Type::i32);
}
void dot_product_single(B& b) {
    dot_product(b, Type::f32);
}
void dot_product_double(B& b) {
    dot_product(b, Type::f64);
}
void blend_singles(B& b) {
    blend_by_immediate(b, Type::i32);
}
void blend_doubles(B& b) {
    blend_by_immediate(b, Type::i64);
}
void blend_words(B& b) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    b.write_vector(0, choose_lanes(b, first, second, Type::i16, immediate_byte(b)));
}
void blend_singles_by_mask(B& b) {
    blend_by_mask(b, Type::i32);
}
void blend_doubles_by_mask(B& b) {
    blend_by_mask(b, Type::i64);
}
void blend_bytes_by_mask(B& b) {
    blend_by_mask(b, Type::i8);
}
void packed_minimum_bytes(B& b) {
    packed(b, Opcode::min_signed, Type::i8);
}
void packed_minimum_words_unsigned(B& b) {
    packed(b, Opcode::min_unsigned, Type::i16);
}
void packed_minimum_doublewords(B& b) {
    packed(b, Opcode::min_signed, Type::i32);
}
void packed_minimum_doublewords_unsigned(B& b) {
    packed(b, Opcode::min_unsigned, Type::i32);
}
void packed_maximum_bytes(B& b) {
    packed(b, Opcode::max_signed, Type::i8);
}
void packed_maximum_words_unsigned(B& b) {
    packed(b, Opcode::max_unsigned, Type::i16);
}
void packed_maximum_doublewords(B& b) {
    packed(b, Opcode::max_signed, Type::i32);
}
void packed_maximum_doublewords_unsigned(B& b) {
    packed(b, Opcode::max_unsigned, Type::i32);
}
void round_packed_single(B& b) {
    packed_unary(b, Opcode::float_round, Type::f32, rounding(b));
}
void round_packed_double(B& b) {
    packed_unary(b, Opcode::float_round, Type::f64, rounding(b));
}
void round_scalar_single(B& b) {
    scalar_unary(b, Opcode::float_round, Type::f32, rounding(b));
}
void round_scalar_double(B& b) {
    scalar_unary(b, Opcode::float_round, Type::f64, rounding(b));
}
void extract_single(B& b) {
    extract(b, Type::i32);
}
void insert_byte(B& b) {
    insert(b, Type::i8);
}
void insert_doubleword(B& b) {
    insert(b, Type::i32);
}
void insert_quadword(B& b) {
    insert(b, Type::i64);
}
void extract_byte(B& b) {
    extract(b, Type::i8);
}
void extract_doubleword(B& b) {
    extract(b, Type::i32);
}
void extract_quadword(B& b) {
    extract(b, Type::i64);
}
void widen_bytes_to_words_signed(B& b) {
    widen(b, Opcode::widen_signed, Type::i8, Type::i16);
}
void widen_bytes_to_words_unsigned(B& b) {
    widen(b, Opcode::widen_unsigned, Type::i8, Type::i16);
}
void widen_bytes_to_doublewords_signed(B& b) {
    widen(b, Opcode::widen_signed, Type::i8, Type::i32);
}
void widen_bytes_to_doublewords_unsigned(B& b) {
    widen(b, Opcode::widen_unsigned, Type::i8, Type::i32);
}
void widen_bytes_to_quadwords_signed(B& b) {
    widen(b, Opcode::widen_signed, Type::i8, Type::i64);
}
void widen_bytes_to_quadwords_unsigned(B& b) {
    widen(b, Opcode::widen_unsigned, Type::i8, Type::i64);
}
void widen_words_to_doublewords_signed(B& b) {
    widen(b, Opcode::widen_signed, Type::i16, Type::i32);
}
void widen_words_to_doublewords_unsigned(B& b) {
    widen(b, Opcode::widen_unsigned, Type::i16, Type::i32);
}
void widen_words_to_quadwords_signed(B& b) {
    widen(b, Opcode::widen_signed, Type::i16, Type::i64);
}
void widen_words_to_quadwords_unsigned(B& b) {
    widen(b, Opcode::widen_unsigned, Type::i16, Type::i64);
}
void widen_doublewords_to_quadwords_signed(B& b) {
    widen(b, Opcode::widen_signed, Type::i32, Type::i64);
}
void widen_doublewords_to_quadwords_unsigned(B& b) {
    widen(b, Opcode::widen_unsigned, Type::i32, Type::i64);
}
void packed_compare_equal_quadwords(B& b) {
    packed(b, Opcode::compare_equal, Type::i64);
}
void pack_doublewords_unsigned(B& b) {
    packed(b, Opcode::pack_unsigned, Type::i32);
}

void insert_single(B& b) {
    const auto imm = immediate_byte(b);
    const auto number = second_source(b);
    const auto first = b.read_vector(b.first_source(), Type::v128);
    const auto single = b.is_memory(number) ? b.read(number, Type::i32)
                                            : extract_lane(b, b.read_vector(number, Type::v128), Type::i32, imm >> 6);
    const auto inserted = insert_lane(b, first, single, Type::i32, two_bits(imm, 2));
    b.write_vector(0, choose_lanes(b, inserted, zero_vector(b, Type::v128), Type::i32, imm));
}

void packed_test(B& b) {
    const auto first = b.read_vector(0, b.vector_type());
    const auto second = b.read_vector_aligned(1, b.vector_type());
    const auto zero = b.flag(is_zero(b, b.bit_and(first, second)), rflags::zf);
    const auto carry = b.flag(is_zero(b, b.bit_and_not(first, second)), rflags::cf);
    b.put_flags(rflags::status, b.bit_or(zero, carry));
}

void sums_of_differences(B& b) {
    const auto first = first_packed(b);
    const auto second = second_packed(b);
    const auto result = each_part(b, first, second, [&](Value first_part, Value second_part, unsigned number) {
        write_scratch(b, 0, first_part);
        write_scratch(b, 1, second_part);
        b.helper(Helper::sums_of_differences, b.imm(Type::i64, immediate_byte(b) >> (3 * number)));
        return read_scratch(b, 0);
    });
    b.write_vector(0, result);
}

void horizontal_minimum_words(B& b) {
    write_scratch(b, 0, b.read_vector_aligned(1, Type::v128));
    const auto found = b.helper(Helper::minimum_word);
    b.write_vector(0, b.resize(found, Type::v128));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

/// MPSADBW (SDM Vol. 2B): eight sums of the differences of four neighbouring bytes of the one with four bytes of the other.
std::uint64_t sums_of_differences(GuestState& state, std::uint64_t immediate, std::uint64_t, std::uint64_t) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(state.scratch[0].words.data()) + (immediate >> 2 & 1) * 4;
    const auto* second = reinterpret_cast<const std::uint8_t*>(state.scratch[1].words.data()) + (immediate & 3) * 4;
    std::array<std::uint16_t, 8> sums{};
    for (std::size_t i = 0; i < sums.size(); ++i) {
        for (std::size_t j = 0; j < 4; ++j) sums[i] = static_cast<std::uint16_t>(sums[i] + std::abs(first[i + j] - second[j]));
    }
    std::memcpy(state.scratch[0].words.data(), sums.data(), sizeof sums);
    return 0;
}

/// PHMINPOSUW: the first smallest word, and above it its number.
std::uint64_t minimum_word(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    std::array<std::uint16_t, 8> words;
    std::memcpy(words.data(), state.scratch[0].words.data(), sizeof words);
    const auto smallest = std::min_element(words.begin(), words.end());
    return *smallest | static_cast<std::uint64_t>(smallest - words.begin()) << 16;
}

}  // namespace lxr::helpers
