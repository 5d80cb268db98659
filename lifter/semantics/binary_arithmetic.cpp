// Binary arithmetic instructions (SDM Vol. 1, "Binary Arithmetic Instructions").
#include <bit>

#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

/// AH:AL for 8-bit operands, else rDX:rAX.
struct Wide {
    Value high;
    Value low;
};

Wide read_wide_accumulator(B& b, Type type) {
    if (type == Type::i8) return {b.get_high_byte(static_cast<unsigned>(Gpr::rax)), b.read_gpr(Gpr::rax, type)};
    return {b.read_gpr(Gpr::rdx, type), b.read_gpr(Gpr::rax, type)};
}

void write_wide_accumulator(B& b, Value high, Value low) {
    b.write_gpr(Gpr::rax, low);
    if (low.type == Type::i8) return b.set_high_byte(static_cast<unsigned>(Gpr::rax), high);
    b.write_gpr(Gpr::rdx, high);
}

/// CF and OF together say that the high half matters.
void put_overflow(B& b, Value overflow) {
    b.put_flags(rflags::cf | rflags::of, b.bit_or(b.flag(overflow, rflags::cf), b.flag(overflow, rflags::of)));
}

Value differs(B& b, Value first, Value second) {
    return b.bit_xor(b.is_equal(first, second), b.imm(Type::i8, 1));
}

}  // namespace

void add(B& b) {
    const auto [old, source, result] = b.modify(Opcode::add, b.read(1, b.type_of(0)));
    b.flags_add(old, source);
}

void subtract(B& b) {
    const auto [old, source, result] = b.modify(Opcode::sub, b.read(1, b.type_of(0)));
    b.flags_sub(old, source);
}

void add_with_carry(B& b) {
    const auto source = b.read(1, b.type_of(0));
    const auto carry = b.condition(Condition::b);
    const auto carry_wide = source.type == Type::i8 ? carry : b.zero_extend(carry, source.type);
    const auto modified = b.modify(Opcode::add, b.add(source, carry_wide));
    b.flags_adc(modified.old, source, carry);
}

void subtract_with_borrow(B& b) {
    const auto source = b.read(1, b.type_of(0));
    const auto carry = b.condition(Condition::b);
    const auto carry_wide = source.type == Type::i8 ? carry : b.zero_extend(carry, source.type);
    const auto modified = b.modify(Opcode::sub, b.add(source, carry_wide));
    b.flags_sbb(modified.old, source, carry);
}

void compare(B& b) {
    const auto first = b.read(0);
    b.flags_sub(first, b.read(1, first.type));
}

void negate(B& b) {
    if (b.i.lock) {  // -a is 0 - a: exchange until nobody came in between
        const auto where = b.address_of(0);
        const auto old = b.load(b.type_of(0), where);
        const auto seen = b.atomic_compare_exchange(where, old, b.negate(old));
        b.exit_if(differs(b, seen, old), b.i.address);
        return (void)b.flags_sub(b.imm(old.type, 0), old);
    }
    const auto type = b.type_of(0);
    if (!b.is_memory(0)) {
        const auto old = b.read(0);
        b.write(0, b.negate(old));
        return (void)b.flags_sub(b.imm(type, 0), old);
    }
    const auto where = b.address_of(0);
    const auto old = b.load(type, where);
    b.store(where, b.negate(old));
    b.flags_sub(b.imm(type, 0), old);
}

void increment(B& b) {
    b.flags_inc(b.modify(Opcode::add, b.imm(b.type_of(0), 1)).result);
}

void decrement(B& b) {
    b.flags_dec(b.modify(Opcode::sub, b.imm(b.type_of(0), 1)).result);
}

void multiply_unsigned(B& b) {
    const auto source = b.read(0);
    const auto accumulator = b.read_gpr(Gpr::rax, source.type);
    const auto low = b.mul(accumulator, source);
    const auto high = b.multiply_high_unsigned(accumulator, source);
    write_wide_accumulator(b, high, low);
    put_overflow(b, differs(b, high, b.imm(source.type, 0)));
}

void multiply_signed(B& b) {
    const bool one_operand = b.i.operand_count == 1;
    const auto type = b.type_of(0);
    const auto first = one_operand ? b.read_gpr(Gpr::rax, type) : b.read(b.i.operand_count == 3 ? 1 : 0, type);
    const auto second = b.read(b.i.operand_count - 1U, type);
    const auto low = b.mul(first, second);
    const auto high = b.multiply_high_signed(first, second);
    const auto sign = b.shift_right_arithmetic(low, b.imm(Type::i8, ir::size_bits(type) - 1));
    if (one_operand) {
        write_wide_accumulator(b, high, low);
    } else {
        b.write(0, low);
    }
    put_overflow(b, differs(b, high, sign));
}

void divide_unsigned(B& b) {
    const auto divisor = b.read(0);
    const auto [high, low] = read_wide_accumulator(b, divisor.type);
    const auto quotient = b.divide_unsigned(high, low, divisor);
    const auto remainder = b.remainder_unsigned(high, low, divisor);
    write_wide_accumulator(b, remainder, quotient);
}

void divide_signed(B& b) {
    const auto divisor = b.read(0);
    const auto [high, low] = read_wide_accumulator(b, divisor.type);
    const auto quotient = b.divide_signed(high, low, divisor);
    const auto remainder = b.remainder_signed(high, low, divisor);
    write_wide_accumulator(b, remainder, quotient);
}

namespace {

/// ADCX and ADOX: an addition that reads and writes one flag only.
void add_with_flag(B& b, Condition flag_set, std::uint32_t flag_bit) {
    const auto first = b.read(0);
    const auto second = b.read(1);
    const auto carry = b.zero_extend(b.condition(flag_set), first.type);
    const auto partial = b.add(first, second);
    const auto sum = b.add(partial, carry);
    b.write(0, sum);
    const auto carried = b.bit_or(b.is_less_unsigned(partial, first), b.is_less_unsigned(sum, partial));
    b.put_flags(flag_bit, b.flag(carried, flag_bit));
}

}  // namespace

void add_with_carry_flag(B& b) {
    add_with_flag(b, Condition::b, rflags::cf);
}
void add_with_overflow_flag(B& b) {
    add_with_flag(b, Condition::o, rflags::of);
}

}  // namespace lxr::semantics
