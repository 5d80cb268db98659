// Shift and rotate instructions (SDM Vol. 1, "Shift and Rotate Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

/// The count operand, masked to 5 bits (6 for 64-bit operands).
Value masked_count(B& b, unsigned number, Type type) {
    const std::uint64_t mask = type == Type::i64 ? 63 : 31;
    const auto& count = b.operand(number);
    if (count.kind == OperandKind::immediate) return b.imm(Type::i8, static_cast<std::uint64_t>(count.immediate) & mask);
    return b.bit_and(b.read(number, Type::i8), b.imm(Type::i8, mask));
}

/// Where the destination is, so that it is computed once for reading and writing.
struct Destination {
    Value where;  // memory only
    Value old;
};

Destination read_destination(B& b) {
    if (!b.is_memory(0)) return {{}, b.read(0)};
    const auto where = b.address_of(0);
    return {where, b.load(b.type_of(0), where)};
}

void write_destination(B& b, const Destination& destination, Value result) {
    if (destination.where.exists()) return b.store(destination.where, result);
    b.write(0, result);
}

/// The flags in `mask` become those of `changed`, but all stay if `count` is 0.
void put_flags_unless_zero(B& b, std::uint32_t mask, Value count, Value changed) {
    const auto zero = b.is_equal(count, b.imm(count.type, 0));
    b.put_flags(mask, b.select(zero, b.get_flags(), changed));
}

/// The i8 0 or 1 that bit `place` of `value` is.
Value bit(B& b, Value value, Value place) {
    const auto shifted = b.bit_and(b.shift_right(value, place), b.imm(value.type, 1));
    return value.type == Type::i8 ? shifted : b.truncate(shifted, Type::i8);
}

Value top_bit(B& b, Value value) {
    return bit(b, value, b.imm(Type::i8, ir::size_bits(value.type) - 1));
}

}  // namespace

void shift_left(B& b) {
    const auto destination = read_destination(b);
    const auto count = masked_count(b, 1, destination.old.type);
    write_destination(b, destination, b.shift_left(destination.old, count));
    b.flags_shl(destination.old, count);
}

void shift_right(B& b) {
    const auto destination = read_destination(b);
    const auto count = masked_count(b, 1, destination.old.type);
    write_destination(b, destination, b.shift_right(destination.old, count));
    b.flags_shr(destination.old, count);
}

void shift_arithmetic_right(B& b) {
    const auto destination = read_destination(b);
    const auto count = masked_count(b, 1, destination.old.type);
    write_destination(b, destination, b.shift_right_arithmetic(destination.old, count));
    b.flags_sar(destination.old, count);
}

void rotate_left(B& b) {
    const auto destination = read_destination(b);
    const auto count = masked_count(b, 1, destination.old.type);
    const auto result = b.rotate_left(destination.old, count);
    write_destination(b, destination, result);
    const auto carry = bit(b, result, b.imm(Type::i8, 0));
    const auto overflow = b.bit_xor(top_bit(b, result), carry);
    put_flags_unless_zero(b, rflags::cf | rflags::of, count, b.bit_or(b.flag(carry, rflags::cf), b.flag(overflow, rflags::of)));
}

void rotate_right(B& b) {
    const auto destination = read_destination(b);
    const auto count = masked_count(b, 1, destination.old.type);
    const auto result = b.rotate_right(destination.old, count);
    write_destination(b, destination, result);
    const auto carry = top_bit(b, result);
    const auto next = bit(b, result, b.imm(Type::i8, ir::size_bits(result.type) - 2));
    put_flags_unless_zero(b, rflags::cf | rflags::of, count,
                          b.bit_or(b.flag(carry, rflags::cf), b.flag(b.bit_xor(carry, next), rflags::of)));
}

namespace {

/// RCL and RCR rotate through the carry: of width + 1 bits, so the count is taken modulo that.
void rotate_carry(B& b, bool left) {
    const auto destination = read_destination(b);
    const auto type = destination.old.type;
    const unsigned bits = ir::size_bits(type);
    const auto masked = masked_count(b, 1, type);
    auto count = masked;
    for (unsigned times = 0; bits < 32 && times < (bits == 8 ? 3U : 1U); ++times) {  // count mod (bits + 1), count < 32
        const auto less = b.is_less_unsigned(count, b.imm(Type::i8, bits + 1));
        count = b.select(less, count, b.sub(count, b.imm(Type::i8, bits + 1)));
    }
    const auto old = destination.old;
    const auto carry = b.condition(Condition::b);
    const auto carry_wide = type == Type::i8 ? carry : b.zero_extend(carry, type);
    const auto width = b.imm(Type::i8, bits);
    const auto one = b.imm(Type::i8, 1);
    // With c = count: the part that stays, the carry's place, and the part that comes round. A count of 0 is left out at the
    // end.
    const auto stays = left ? b.shift_left(old, count) : b.shift_right(old, count);
    const auto carry_place = left ? b.sub(count, one) : b.sub(width, count);
    const auto round_count = b.sub(b.imm(Type::i8, bits + 1), count);
    const auto round = left ? b.shift_right(old, round_count) : b.shift_left(old, round_count);
    const auto rotated = b.bit_or(b.bit_or(stays, b.shift_left(carry_wide, carry_place)), round);
    const auto unchanged = b.is_equal(count, b.imm(Type::i8, 0));
    const auto result = b.select(unchanged, old, rotated);
    const auto out = bit(b, old, left ? b.sub(width, count) : b.sub(count, one));
    const auto new_carry = b.select(unchanged, carry, out);
    write_destination(b, destination, result);
    const auto second = bit(b, result, b.imm(Type::i8, bits - 2));
    const auto overflow = b.bit_xor(top_bit(b, result), left ? new_carry : second);
    put_flags_unless_zero(b, rflags::cf | rflags::of, masked,
                          b.bit_or(b.flag(new_carry, rflags::cf), b.flag(overflow, rflags::of)));
}

/// SHLD and SHRD of 16 bits: counts above 16 go on with the source's bits again (undefined in the manual, but so on
/// processors).
Value shift_double_word(B& b, bool left, Value old, Value source, Value count) {
    const auto at = [&](Value value, unsigned place) {
        return b.shift_left(b.zero_extend(value, Type::i64), b.imm(Type::i8, place));
    };
    if (left) {
        const auto bits = b.bit_or(b.bit_or(at(old, 32), at(source, 16)), at(source, 0));
        return b.truncate(b.shift_right(b.shift_left(bits, count), b.imm(Type::i8, 32)), Type::i16);
    }
    const auto bits = b.bit_or(b.bit_or(at(source, 32), at(source, 16)), at(old, 0));
    return b.truncate(b.shift_right(bits, count), Type::i16);
}

/// SHLD and SHRD: bits of the source come in. `count` is masked.
void shift_double(B& b, bool left) {
    const auto destination = read_destination(b);
    const auto old = destination.old;
    const auto type = old.type;
    const auto source = b.read(1);
    const auto count = masked_count(b, 2, type);
    const auto width = b.imm(Type::i8, ir::size_bits(type));
    const auto zero = b.is_equal(count, b.imm(Type::i8, 0));
    const auto rest = b.sub(width, count);
    const auto shifted = type == Type::i16 ? shift_double_word(b, left, old, source, count)
                         : left            ? b.bit_or(b.shift_left(old, count), b.shift_right(source, rest))
                                           : b.bit_or(b.shift_right(old, count), b.shift_left(source, rest));
    const auto result = b.select(zero, old, shifted);
    const auto carry = bit(b, old, left ? rest : b.sub(count, b.imm(Type::i8, 1)));
    const auto overflow = b.bit_xor(top_bit(b, result), top_bit(b, old));
    const auto flags_before = b.get_flags();
    write_destination(b, destination, result);
    b.flags_logic(result);
    const auto carry_overflow = b.bit_or(b.flag(carry, rflags::cf), b.flag(overflow, rflags::of));
    b.put_flags(rflags::status, b.select(zero, flags_before, b.bit_or(b.get_flags(), carry_overflow)));
}

}  // namespace

void rotate_left_carry(B& b) {
    rotate_carry(b, true);
}
void rotate_right_carry(B& b) {
    rotate_carry(b, false);
}
void shift_left_double(B& b) {
    shift_double(b, true);
}
void shift_right_double(B& b) {
    shift_double(b, false);
}

}  // namespace lxr::semantics
