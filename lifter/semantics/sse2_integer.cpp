// Packed integers: MMX instructions, the SSE ones on MMX registers, and the SSE2 ones on XMM registers (SDM Vol. 1,
// "MMX Instructions", "SSE 64-Bit SIMD Integer Instructions", "SSE2 128-Bit SIMD Integer Instructions").
#include <algorithm>
#include <atomic>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"
#include "lifter/support/write_probe.h"

namespace lxr::semantics {

namespace {

/// All lanes by one count: an immediate, or the low 64 bits of a vector.
void packed_shift(B& b, Opcode opcode, Type lane) {
    const auto type = b.vector_type();
    const auto number = second_source(b);
    const auto source = first_packed(b);
    Value count;
    if (b.operand(number).kind == OperandKind::immediate) {
        count = b.imm(Type::i64, immediate_byte(b));
    } else {
        const auto counts = b.read_vector_aligned(number, type == Type::v64 ? Type::v64 : Type::v128);
        count = extract_lane(b, counts, Type::i64, 0);
    }
    b.write_vector(0, b.with_immediate(opcode, type, lane, source, count, 0));
}

void shift_bytes(B& b, Opcode opcode) {
    const auto source = first_packed(b);
    const auto bytes = static_cast<std::int32_t>(std::min(immediate_byte(b), 16U));
    b.write_vector(0, b.with_immediate(opcode, source.type, Type::none, source, {}, bytes));
}

/// The MMX form reads only the low half of a memory operand.
void unpack_low(B& b, Type lane) {
    const auto first = first_packed(b);
    const bool half = first.type == Type::v64 && b.is_memory(1);
    const auto second = half ? b.resize(b.read(1, Type::i32), Type::v64) : second_packed(b);
    b.write_vector(0, b.interleave_low(first, second, lane));
}

void shuffle(B& b, Type lane, std::int32_t lanes) {
    const auto source = b.read_vector_aligned(1, b.vector_type());
    b.write_vector(0, permute(b, source, source, lane, lanes));
}

}  // namespace

void move_doubleword(B& b) {
    write_zero_extended(b, read_low(b, 1, Type::i32));
}
void move_quadword(B& b) {
    write_zero_extended(b, read_low(b, 1, Type::i64));
}

void store_selected_bytes(B& b) {
    const auto type = b.vector_type();
    const auto offset = b.read_gpr(Gpr::rdi, ir::integer_type(b.i.address_bits));
    const auto where = b.add_segment_base(b.i.segment, offset);
    write_scratch(b, 0, b.read_vector(0, type));
    write_scratch(b, 1, b.read_vector(1, type));
    if (b.uses_mmx()) enter_mmx(b);  // faults find the x87 state already changed
    b.check_alignment(where, 8);
    b.helper(Helper::store_selected_bytes, where, b.imm(Type::i64, ir::size_bytes(type)));
}

void packed_add_bytes(B& b) {
    packed(b, Opcode::add, Type::i8);
}
void packed_add_words(B& b) {
    packed(b, Opcode::add, Type::i16);
}
void packed_add_doublewords(B& b) {
    packed(b, Opcode::add, Type::i32);
}
void packed_add_quadwords(B& b) {
    packed(b, Opcode::add, Type::i64);
}
void packed_subtract_bytes(B& b) {
    packed(b, Opcode::sub, Type::i8);
}
void packed_subtract_words(B& b) {
    packed(b, Opcode::sub, Type::i16);
}
void packed_subtract_doublewords(B& b) {
    packed(b, Opcode::sub, Type::i32);
}
void packed_subtract_quadwords(B& b) {
    packed(b, Opcode::sub, Type::i64);
}
void packed_add_bytes_saturate_signed(B& b) {
    packed(b, Opcode::add_saturate_signed, Type::i8);
}
void packed_add_bytes_saturate_unsigned(B& b) {
    packed(b, Opcode::add_saturate_unsigned, Type::i8);
}
void packed_add_words_saturate_signed(B& b) {
    packed(b, Opcode::add_saturate_signed, Type::i16);
}
void packed_add_words_saturate_unsigned(B& b) {
    packed(b, Opcode::add_saturate_unsigned, Type::i16);
}
void packed_subtract_bytes_saturate_signed(B& b) {
    packed(b, Opcode::sub_saturate_signed, Type::i8);
}
void packed_subtract_bytes_saturate_unsigned(B& b) {
    packed(b, Opcode::sub_saturate_unsigned, Type::i8);
}
void packed_subtract_words_saturate_signed(B& b) {
    packed(b, Opcode::sub_saturate_signed, Type::i16);
}
void packed_subtract_words_saturate_unsigned(B& b) {
    packed(b, Opcode::sub_saturate_unsigned, Type::i16);
}
void packed_multiply_low_words(B& b) {
    packed(b, Opcode::mul, Type::i16);
}
void packed_multiply_high_words(B& b) {
    packed(b, Opcode::multiply_high_signed, Type::i16);
}
void packed_multiply_high_words_unsigned(B& b) {
    packed(b, Opcode::multiply_high_unsigned, Type::i16);
}
void packed_multiply_even_unsigned(B& b) {
    packed(b, Opcode::multiply_even_unsigned, Type::i32);
}
void packed_multiply_add_words(B& b) {
    packed(b, Opcode::multiply_add_pairs, Type::i16);
}
void packed_sum_of_differences(B& b) {
    packed(b, Opcode::sum_absolute_differences, Type::i8);
}
void packed_average_bytes(B& b) {
    packed(b, Opcode::average_unsigned, Type::i8);
}
void packed_average_words(B& b) {
    packed(b, Opcode::average_unsigned, Type::i16);
}
void packed_minimum_bytes_unsigned(B& b) {
    packed(b, Opcode::min_unsigned, Type::i8);
}
void packed_minimum_words(B& b) {
    packed(b, Opcode::min_signed, Type::i16);
}
void packed_maximum_bytes_unsigned(B& b) {
    packed(b, Opcode::max_unsigned, Type::i8);
}
void packed_maximum_words(B& b) {
    packed(b, Opcode::max_signed, Type::i16);
}
void packed_compare_equal_bytes(B& b) {
    packed(b, Opcode::compare_equal, Type::i8);
}
void packed_compare_equal_words(B& b) {
    packed(b, Opcode::compare_equal, Type::i16);
}
void packed_compare_equal_doublewords(B& b) {
    packed(b, Opcode::compare_equal, Type::i32);
}
void packed_compare_greater_bytes(B& b) {
    packed(b, Opcode::compare_greater_signed, Type::i8);
}
void packed_compare_greater_words(B& b) {
    packed(b, Opcode::compare_greater_signed, Type::i16);
}
void packed_compare_greater_doublewords(B& b) {
    packed(b, Opcode::compare_greater_signed, Type::i32);
}
void packed_and(B& b) {
    packed(b, Opcode::bit_and, Type::none);
}
void packed_and_not(B& b) {
    packed(b, Opcode::bit_and_not, Type::none);
}
void packed_or(B& b) {
    packed(b, Opcode::bit_or, Type::none);
}
void packed_xor(B& b) {
    packed(b, Opcode::bit_xor, Type::none);
}
void packed_shift_left_words(B& b) {
    packed_shift(b, Opcode::shift_left, Type::i16);
}
void packed_shift_left_doublewords(B& b) {
    packed_shift(b, Opcode::shift_left, Type::i32);
}
void packed_shift_left_quadwords(B& b) {
    packed_shift(b, Opcode::shift_left, Type::i64);
}
void packed_shift_right_words(B& b) {
    packed_shift(b, Opcode::shift_right, Type::i16);
}
void packed_shift_right_doublewords(B& b) {
    packed_shift(b, Opcode::shift_right, Type::i32);
}
void packed_shift_right_quadwords(B& b) {
    packed_shift(b, Opcode::shift_right, Type::i64);
}
void packed_shift_right_arithmetic_words(B& b) {
    packed_shift(b, Opcode::shift_right_arithmetic, Type::i16);
}
void packed_shift_right_arithmetic_doublewords(B& b) {
    packed_shift(b, Opcode::shift_right_arithmetic, Type::i32);
}
void shift_bytes_left(B& b) {
    shift_bytes(b, Opcode::shift_bytes_left);
}
void shift_bytes_right(B& b) {
    shift_bytes(b, Opcode::shift_bytes_right);
}
void unpack_low_bytes(B& b) {
    unpack_low(b, Type::i8);
}
void unpack_high_bytes(B& b) {
    packed(b, Opcode::interleave_high, Type::i8);
}
void unpack_low_words(B& b) {
    unpack_low(b, Type::i16);
}
void unpack_high_words(B& b) {
    packed(b, Opcode::interleave_high, Type::i16);
}
void unpack_low_doublewords(B& b) {
    unpack_low(b, Type::i32);
}
void unpack_high_doublewords(B& b) {
    packed(b, Opcode::interleave_high, Type::i32);
}
void unpack_low_quadwords(B& b) {
    unpack_low(b, Type::i64);
}
void unpack_high_quadwords(B& b) {
    packed(b, Opcode::interleave_high, Type::i64);
}
void pack_words_signed(B& b) {
    packed(b, Opcode::pack_signed, Type::i16);
}
void pack_doublewords_signed(B& b) {
    packed(b, Opcode::pack_signed, Type::i32);
}
void pack_words_unsigned(B& b) {
    packed(b, Opcode::pack_unsigned, Type::i16);
}
void extract_word(B& b) {
    extract(b, Type::i16);
}
void insert_word(B& b) {
    insert(b, Type::i16);
}
void move_mask_bytes(B& b) {
    move_mask(b, Type::i8);
}

void shuffle_words(B& b) {
    const auto imm = immediate_byte(b);
    shuffle(b, Type::i16, selectors({two_bits(imm, 0), two_bits(imm, 1), two_bits(imm, 2), two_bits(imm, 3)}));
}
void shuffle_doublewords(B& b) {
    const auto imm = immediate_byte(b);
    shuffle(b, Type::i32, selectors({two_bits(imm, 0), two_bits(imm, 1), two_bits(imm, 2), two_bits(imm, 3)}));
}
void shuffle_low_words(B& b) {
    const auto imm = immediate_byte(b);
    shuffle(b, Type::i16, selectors({two_bits(imm, 0), two_bits(imm, 1), two_bits(imm, 2), two_bits(imm, 3), 4, 5, 6, 7}));
}
void shuffle_high_words(B& b) {
    const auto imm = immediate_byte(b);
    shuffle(b, Type::i16,
            selectors({0, 1, 2, 3, 4 + two_bits(imm, 0), 4 + two_bits(imm, 1), 4 + two_bits(imm, 2), 4 + two_bits(imm, 3)}));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

/// Bytes that are not selected stay as they are, also for other threads. All of the destination must be writable before the
/// first byte is written: the manual leaves it to the implementation, and AMD's processors have it so.
std::uint64_t store_selected_bytes(GuestState& state, std::uint64_t address, std::uint64_t count, std::uint64_t) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(state.scratch[0].words.data());
    const auto* mask = reinterpret_cast<const std::uint8_t*>(state.scratch[1].words.data());
    probe_write(GuestAddress(address), count);
    auto* destination = host_pointer<volatile std::uint8_t>(GuestAddress(address));
    for (std::uint64_t i = 0; i < count; ++i) {
        if ((mask[i] & 0x80) != 0) destination[i] = data[i];
    }
    std::atomic_thread_fence(std::memory_order_release);
    return 0;
}

}  // namespace lxr::helpers
