// The forms that most vector instructions have, for the files of SSE … SSE4.2: each reads, computes and writes. One function
// serves the MMX, the legacy and the VEX form of its instruction.
#pragma once

#include <initializer_list>

#include "lifter/semantics/functions.h"

namespace lxr::semantics {

/// Number of the second source operand.
inline unsigned second_source(const B& b) {
    return b.first_source() + 1;
}
/// The instruction's last operand, which must be an immediate byte.
inline unsigned immediate_byte(const B& b) {
    return static_cast<std::uint8_t>(b.operand(b.i.operand_count - 1U).immediate);
}

/// The sources of a packed instruction, a memory operand being aligned.
Value first_packed(B& b);
Value second_packed(B& b);

/// destination = operation(first source, second source), lane by lane.
void packed(B& b, Opcode opcode, Type lane, std::int32_t immediate = 0);
/// As `packed` with the sources' roles exchanged.
void packed_reversed(B& b, Opcode opcode, Type lane, std::int32_t immediate = 0);
/// destination = operation(operand 1).
void packed_unary(B& b, Opcode opcode, Type lane, std::int32_t immediate = 0);

/// Each 128 bits of the destination = helper(those of the first source in scratch 0, of the second in scratch 1, argument),
/// which leaves them in scratch 0.
void packed_by_helper(B& b, Helper helper, std::uint64_t argument = 0);

/// The low lane = operation(low lane of the first source, that of the second); the rest is the first source's.
void scalar(B& b, Opcode opcode, Type type, std::int32_t immediate = 0);
/// The low lane = operation(low lane of the second source).
void scalar_unary(B& b, Opcode opcode, Type type, std::int32_t immediate = 0);
/// Writes the low lane of operand 0 as scalar instructions do: what lies above is the first source's.
void write_scalar(B& b, Value value);

/// Moves of one lane: a load clears the rest of the register, a move between registers keeps the first source's.
void move_scalar(B& b, Type type);
/// The top bits of operand 1's lanes to general-purpose register operand 0.
void move_mask(B& b, Type lane);
/// Lane immediate of operand 1 to operand 0, a general-purpose register (zero-extended) or memory.
void extract(B& b, Type lane);
/// destination = first source with lane immediate replaced by the second source (general-purpose register or memory).
void insert(B& b, Type lane);

// -- floating point
/// The predicate of CMPPS and its like.
inline std::int32_t predicate(const B& b) {
    return static_cast<std::int32_t>(immediate_byte(b) & (b.i.vex ? 31 : 7));
}
inline constexpr std::int32_t signals_quiet_nan = 1;
/// Sets the status flags from the low lanes of operands 0 and 1. @param signals  0 or signals_quiet_nan.
void compare_flags(B& b, Type type, std::int32_t signals);
/// Lanes of `source` converted: as many as `type` has lanes of type `to`.
inline Value convert_lanes(B& b, Opcode opcode, Type type, Type to, Type from, Value source) {
    return b.with_source(opcode, type, to, static_cast<unsigned>(from), source);
}
/// convert_lanes between MMX and XMM registers. Faults of the conversion itself find the x87 state already changed.
inline void convert_mmx(B& b, Opcode opcode, Type type, Type to, Type from, Value source) {
    if (b.uses_mmx()) enter_mmx(b);
    b.write_vector(0, convert_lanes(b, opcode, type, to, from, source));
}
/// The second source, an integer of its own size, to the low lane.
void convert_from_integer(B& b, Type to);
/// The low lane of operand 1 to general-purpose register operand 0.
void convert_to_integer(B& b, Opcode opcode, Type from);
/// Combines neighbouring lanes: the first source's to the low half of each 128 bits, the second's to the high half.
void horizontal(B& b, Opcode opcode, Type lane);

// -- helpers
/// Leaves a vector for a helper in GuestState::scratch[number].
inline void write_scratch(B& b, std::size_t number, Value value) {
    b.set_state(offsetof(GuestState, scratch) + number * sizeof(VectorRegister), value);
}
inline Value read_scratch(B& b, std::size_t number, Type type = Type::v128) {
    return b.get_state(type, offsetof(GuestState, scratch) + number * sizeof(VectorRegister));
}

/// The low part of any operand (vector, MMX, general-purpose register or memory).
Value read_low(B& b, unsigned number, Type type);
/// Writes operand 0: a vector register is zero-extended, others get the value as it is.
void write_zero_extended(B& b, Value value);

/// The immediate of `permute`: selector i in bits 4i+3:4i.
constexpr std::int32_t selectors(std::initializer_list<unsigned> numbers) {
    std::uint32_t packed_numbers = 0;
    unsigned place = 0;
    for (const auto number : numbers) packed_numbers |= number << (4 * place++);
    return static_cast<std::int32_t>(packed_numbers);
}
/// The two bits of an immediate byte that select lane `number` (PSHUFD, SHUFPS).
constexpr unsigned two_bits(unsigned immediate, unsigned number) {
    return immediate >> (2 * number) & 3;
}
inline Value permute(B& b, Value first, Value second, Type lane, std::int32_t lanes) {
    return b.with_immediate(Opcode::permute, first.type, lane, first, second, lanes);
}
inline Value extract_lane(B& b, Value vector, Type lane, unsigned number) {
    return b.with_source(Opcode::extract_lane, lane, vector.type, number, vector);
}
inline Value insert_lane(B& b, Value vector, Value scalar_value, Type lane, unsigned number) {
    return b.with_immediate(Opcode::insert_lane, vector.type, lane, vector, scalar_value, static_cast<std::int32_t>(number));
}
/// 128-bit part 0 or 1 of a 256-bit vector.
inline Value extract_part(B& b, Value vector, unsigned number) {
    return b.with_immediate(Opcode::extract_part, Type::v128, Type::none, vector, {}, static_cast<std::int32_t>(number));
}
inline Value insert_part(B& b, Value vector, Value part, unsigned number) {
    return b.with_immediate(Opcode::insert_part, Type::v256, Type::none, vector, part, static_cast<std::int32_t>(number));
}
/// 256 bits of two parts.
inline Value join_parts(B& b, Value low, Value high) {
    return insert_part(b, b.resize(low, Type::v256), high, 1);
}
/// make(first's part, second's part, number) for each 128 bits: where parts differ in more than their data.
template <typename Make>
Value each_part(B& b, Value first, Value second, Make make) {
    if (first.type != Type::v256) return make(first, second, 0U);
    const auto low = make(extract_part(b, first, 0), extract_part(b, second, 0), 0U);
    return join_parts(b, low, make(extract_part(b, first, 1), extract_part(b, second, 1), 1U));
}
/// In each 128 bits: lane i of `taken` where bit i of the mask is set, else that of `kept`.
Value choose_lanes(B& b, Value kept, Value taken, Type lane, unsigned mask);
/// destination = lanes of the second source where the immediate's bits are set, else of the first. Lanes of 32 and 64 bits.
void blend_by_immediate(B& b, Type lane);
/// 1 (i8) if all bits are 0.
Value is_zero(B& b, Value vector);
inline Value broadcast(B& b, Value scalar_value, Type type) {
    return b.with_immediate(Opcode::broadcast, type, scalar_value.type, scalar_value, {}, 0);
}
inline Value zero_vector(B& b, Type type) {
    return b.resize(b.imm(Type::i64, 0), type);
}
/// Even lanes of first and second, and their odd ones: what horizontal instructions combine.
Value even_lanes(B& b, Value first, Value second, Type lane);
Value odd_lanes(B& b, Value first, Value second, Type lane);

/// The type of half as many bits.
constexpr Type half_vector(Type type) {
    return ir::vector_type(ir::size_bits(type) / 2);
}

}  // namespace lxr::semantics
