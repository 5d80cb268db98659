// Records operations of the IR. Semantics use it through InstructionBuilder (lifter/semantics/instruction_builder.h).
#pragma once

#include "lifter/helpers.h"
#include "lifter/ir.h"

namespace lxr::ir {

/// Appends operations to a block and hands out slots. Each method makes one operation of lifter/ir.inc; their meaning stands
/// there. For vector operands give the lane type; scalars need none.
class Builder {
public:
    explicit Builder(Block& block) : block_(block) {}

    Value constant(Type type, std::uint64_t value);
    Value get_register(Type type, unsigned number) { return with_aux(Opcode::get_register, type, number); }
    void set_register(unsigned number, Value value) { sink(Opcode::set_register, number, value); }
    Value get_high_byte(unsigned number) { return with_aux(Opcode::get_high_byte, Type::i8, number); }
    void set_high_byte(unsigned number, Value value) { sink(Opcode::set_high_byte, number, value); }
    Value get_vector(Type type, unsigned number) { return with_aux(Opcode::get_vector, type, number); }
    void set_vector(unsigned number, Value value) { sink(Opcode::set_vector, number, value); }
    void set_vector_clear(unsigned number, Value value) { sink(Opcode::set_vector_clear, number, value); }
    Value get_state(Type type, std::size_t offset);
    void set_state(std::size_t offset, Value value);

// The operations whose operands are values alone: name(a), name(a, b), name(a, b, c), with the lane for vectors.
#define LXR_UNARY(name) \
    Value name(Value a, Type lane = Type::none) { return make(Opcode::name, a.type, lane, a); }
#define LXR_BINARY(name) \
    Value name(Value a, Value b, Type lane = Type::none) { return make(Opcode::name, a.type, lane, a, b); }
#define LXR_TERNARY(name) \
    Value name(Value a, Value b, Value c, Type lane = Type::none) { return make(Opcode::name, a.type, lane, a, b, c); }
    LXR_BINARY(add)
    LXR_BINARY(sub)
    LXR_BINARY(mul)
    LXR_BINARY(multiply_high_unsigned)
    LXR_BINARY(multiply_high_signed)
    LXR_TERNARY(divide_unsigned)
    LXR_TERNARY(remainder_unsigned)
    LXR_TERNARY(divide_signed)
    LXR_TERNARY(remainder_signed)
    LXR_BINARY(bit_and)
    LXR_BINARY(bit_or)
    LXR_BINARY(bit_xor)
    LXR_BINARY(bit_and_not)
    LXR_UNARY(bit_not)
    LXR_UNARY(negate)
    LXR_BINARY(shift_left)
    LXR_BINARY(shift_right)
    LXR_BINARY(shift_right_arithmetic)
    LXR_BINARY(rotate_left)
    LXR_BINARY(rotate_right)
    LXR_BINARY(is_equal)
    LXR_BINARY(is_less_unsigned)
    LXR_BINARY(is_less_signed)
    LXR_UNARY(byte_swap)
    LXR_UNARY(count_leading_zeros)
    LXR_UNARY(count_trailing_zeros)
    LXR_UNARY(population_count)
    LXR_BINARY(deposit_bits)
    LXR_BINARY(extract_bits)
    LXR_BINARY(flags_add)
    LXR_TERNARY(flags_adc)
    LXR_BINARY(flags_sub)
    LXR_TERNARY(flags_sbb)
    LXR_UNARY(flags_logic)
    LXR_UNARY(flags_inc)
    LXR_UNARY(flags_dec)
    LXR_BINARY(flags_shl)
    LXR_BINARY(flags_shr)
    LXR_BINARY(flags_sar)
    LXR_BINARY(add_saturate_signed)
    LXR_BINARY(add_saturate_unsigned)
    LXR_BINARY(sub_saturate_signed)
    LXR_BINARY(sub_saturate_unsigned)
    LXR_BINARY(min_signed)
    LXR_BINARY(max_signed)
    LXR_BINARY(min_unsigned)
    LXR_BINARY(max_unsigned)
    LXR_BINARY(average_unsigned)
    LXR_UNARY(absolute)
    LXR_BINARY(multiply_sign)
    LXR_BINARY(multiply_round_high)
    LXR_BINARY(multiply_even_unsigned)
    LXR_BINARY(multiply_even_signed)
    LXR_BINARY(multiply_add_pairs)
    LXR_BINARY(multiply_add_bytes)
    LXR_BINARY(sum_absolute_differences)
    LXR_BINARY(compare_equal)
    LXR_BINARY(compare_greater_signed)
    LXR_BINARY(shift_left_each)
    LXR_BINARY(shift_right_each)
    LXR_BINARY(shift_right_arithmetic_each)
    LXR_BINARY(permute_across)
    LXR_BINARY(interleave_low)
    LXR_BINARY(interleave_high)
    LXR_BINARY(shuffle_bytes)
    LXR_BINARY(pack_signed)
    LXR_BINARY(pack_unsigned)
    LXR_TERNARY(blend)
    LXR_BINARY(float_add)
    LXR_BINARY(float_sub)
    LXR_BINARY(float_mul)
    LXR_BINARY(float_div)
    LXR_UNARY(float_sqrt)
    LXR_BINARY(float_min)
    LXR_BINARY(float_max)
    LXR_UNARY(float_reciprocal)
    LXR_UNARY(float_reciprocal_sqrt)
#undef LXR_UNARY
#undef LXR_BINARY
#undef LXR_TERNARY

    Value zero_extend(Value a, Type to) { return convert(Opcode::zero_extend, a, to); }
    Value sign_extend(Value a, Type to) { return convert(Opcode::sign_extend, a, to); }
    Value truncate(Value a, Type to) { return convert(Opcode::truncate, a, to); }
    Value resize(Value a, Type to) { return convert(Opcode::resize, a, to); }
    Value select(Value condition, Value if_true, Value if_false) {
        return make(Opcode::select, if_true.type, Type::none, condition, if_true, if_false);
    }

    void put_flags(std::uint32_t mask, Value flags) {
        emit(Opcode::put_flags, flags.type, Type::none, 0, flags, {}, {}, static_cast<std::int32_t>(mask));
    }
    Value get_flags() { return make(Opcode::get_flags, Type::i32, Type::none); }
    Value condition(Condition code) { return with_aux(Opcode::condition, Type::i8, static_cast<unsigned>(code)); }

    /// base + index * scale + displacement; base and index may be absent.
    Value address(Type type, Value base, Value index, unsigned scale_shift, std::int32_t displacement);
    void check_aligned(Value address, unsigned bytes) {
        emit(Opcode::check_aligned, Type::i64, Type::none, 0, address, {}, {}, static_cast<std::int32_t>(bytes));
    }
    void check_canonical(Value address) { make(Opcode::check_canonical, Type::i64, Type::none, address); }
    Value load(Type type, Value address) { return make(Opcode::load, type, Type::none, address); }
    void store(Value address, Value value) { make(Opcode::store, value.type, Type::none, address, value); }
    /// `opcode` is one of the atomic_ operations of two operands.
    Value atomic(Opcode opcode, Value address, Value value) { return make(opcode, value.type, Type::none, address, value); }
    Value atomic_compare_exchange(Value address, Value expected, Value desired) {
        return make(Opcode::atomic_compare_exchange, expected.type, Type::none, address, expected, desired);
    }
    void fence() { make(Opcode::fence, Type::none, Type::none); }

    /// Operations of shape `imm`, and those whose types differ from their first operand's: type, lane and immediate in full.
    Value with_immediate(Opcode opcode, Type type, Type lane, Value a, Value b, std::int32_t immediate, Value c = {},
                         unsigned aux = 0) {
        return emit(opcode, type, lane, aux, a, b, c, immediate);
    }
    /// Operations of shape `from`: `lane` is the source's type or lane, `aux` as the operation's row says.
    Value with_source(Opcode opcode, Type type, Type source, unsigned aux, Value a) {
        return emit(opcode, type, source, aux, a, {}, {}, 0);
    }

    /// @return the helper's result (i64).
    Value call_helper(Helper helper, Value a = {}, Value b = {}, Value c = {}) {
        return emit(Opcode::call_helper, Type::i64, Type::none, 0, a, b, c, static_cast<std::int32_t>(helper));
    }

    void instruction(GuestAddress address, unsigned length_bytes) {
        wide(Opcode::instruction, address.value(), {}, length_bytes);
    }
    void exit_if(Value condition, GuestAddress target) { wide(Opcode::exit_if, target.value(), condition); }
    void jump(GuestAddress target) { wide(Opcode::jump, target.value()); }
    void jump_indirect(Value target) { make(Opcode::jump_indirect, Type::i64, Type::none, target); }
    void hint_call(GuestAddress return_address) { wide(Opcode::hint_call, return_address.value()); }
    void return_indirect(Value target) { make(Opcode::return_indirect, Type::i64, Type::none, target); }
    /// `opcode` is syscall, syscall_int80 or fetch_fault.
    void leave(Opcode opcode, GuestAddress rip) { wide(opcode, rip.value()); }
    void raise(ExceptionVector vector, GuestAddress rip) {
        wide(Opcode::raise, rip.value(), {}, static_cast<unsigned>(vector));
    }

    /// True once an exit that does not fall through has been recorded.
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] Block& block() { return block_; }

private:
    Value emit(Opcode opcode, Type type, Type lane, unsigned aux, Value a, Value b, Value c, std::int32_t immediate);
    Value make(Opcode opcode, Type type, Type lane, Value a = {}, Value b = {}, Value c = {}) {
        return emit(opcode, type, lane, 0, a, b, c, 0);
    }
    Value with_aux(Opcode opcode, Type type, unsigned aux) { return emit(opcode, type, Type::none, aux, {}, {}, {}, 0); }
    void sink(Opcode opcode, unsigned aux, Value a) { emit(opcode, a.type, Type::none, aux, a, {}, {}, 0); }
    Value convert(Opcode opcode, Value a, Type to) { return emit(opcode, to, a.type, 0, a, {}, {}, 0); }
    void wide(Opcode opcode, std::uint64_t immediate, Value a = {}, unsigned aux = 0);
    Value result(Operation& operation);

    Block& block_;
    bool ended_ = false;
};

}  // namespace lxr::ir
