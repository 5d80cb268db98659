// What a semantics function gets: the builder, the decoded instruction, and its operands as values.
#pragma once

#include "lifter/instruction.h"
#include "lifter/ir/builder.h"

namespace lxr {

/// Reads and writes operands of one instruction. Rule for semantics: reads first, then compute, then the memory write,
/// register writes, and flags last, so that a fault leaves the state as before the instruction.
class InstructionBuilder : public ir::Builder {
public:
    using Value = ir::Value;
    using Type = ir::Type;

    /// @param checks_alignment  memory accesses are #AC where they are not aligned (LiftLimits).
    InstructionBuilder(ir::Block& block, const Instruction& instruction, bool checks_alignment)
        : Builder(block), i(instruction), checks_alignment_(checks_alignment) {}

    const Instruction& i;

    [[nodiscard]] const Operand& operand(unsigned number) const { return i.operands[number]; }
    [[nodiscard]] bool is_memory(unsigned number) const { return operand(number).kind == OperandKind::memory; }
    [[nodiscard]] bool is_register(unsigned number) const { return operand(number).kind == OperandKind::reg; }
    /// The integer type of the operand's size.
    [[nodiscard]] Type type_of(unsigned number) const { return ir::integer_type(operand(number).bits); }
    /// The integer type of the effective operand size.
    [[nodiscard]] Type operand_type() const { return ir::integer_type(i.operand_bits); }

    /// The condition that the opcode's low four bits encode (Jcc, SETcc, CMOVcc).
    [[nodiscard]] ir::Condition condition_code() const { return static_cast<ir::Condition>(i.opcode & 15); }

    // -- integers
    /// The operand as an integer of its own size; an immediate as one of `i.operand_bits`.
    Value read(unsigned number);
    /// The operand's low part.
    Value read(unsigned number, Type type);
    /// Writes a register (with x86's rules for partial writes) or memory.
    void write(unsigned number, Value value);
    Value read_gpr(Gpr reg, Type type = Type::i64) { return get_register(type, static_cast<unsigned>(reg)); }
    void write_gpr(Gpr reg, Value value) { set_register(static_cast<unsigned>(reg), value); }

    // -- memory; accesses check their alignment
    Value load(Type type, Value address) {
        check_alignment(address, ir::size_bytes(type));
        return Builder::load(type, address);
    }
    void store(Value address, Value value) {
        check_alignment(address, ir::size_bytes(value.type));
        Builder::store(address, value);
    }
    Value atomic(ir::Opcode opcode, Value address, Value value) {
        check_alignment(address, ir::size_bytes(value.type));
        return Builder::atomic(opcode, address, value);
    }
    Value atomic_compare_exchange(Value address, Value expected, Value desired) {
        check_alignment(address, ir::size_bytes(expected.type));
        return Builder::atomic_compare_exchange(address, expected, desired);
    }
    /// For what a helper accesses: #AC while AC is set if the address is not a multiple of the size, or of 16 for what is
    /// larger (as AMD's processors have it; SDM Vol. 3A, "Alignment Check Exception" leaves that to the model).
    void check_alignment(Value address, unsigned size_bytes);
    [[nodiscard]] bool checks_alignment() const { return checks_alignment_; }
    /// Linear address of a memory operand, segment base included.
    Value address_of(unsigned number) { return linear_address(operand(number).memory); }
    /// Effective address (LEA): without the segment base, of the address size.
    Value effective_address(const Memory& memory);
    Value linear_address(const Memory& memory);
    /// Adds the base of FS or GS; other segments have base 0 in 64-bit mode.
    Value add_segment_base(Segment segment, Value offset);
    /// The segment's base, for helpers.
    Value segment_base(Segment segment);

    // -- segment registers
    /// The segment register that is the operand.
    [[nodiscard]] Segment segment_register(unsigned number) const { return static_cast<Segment>(operand(number).reg.number); }
    /// The selector in the segment register, zero-extended.
    Value selector(Segment segment, Type type);
    void write_selector(Segment segment, Value selector);
    /// #GP(selector) unless user mode may load it (i16) into this register.
    /// @param rpl_matters  its requested privilege level must be 3.
    void check_selector(Segment segment, Value selector, bool rpl_matters);

    /// Reads operand 0, computes with operand 1, writes operand 0, all in one atomic step under LOCK.
    /// @param opcode  add, sub, bit_and, bit_or or bit_xor. @return old value, source, new value.
    struct Modified {
        Value old;
        Value source;
        Value result;
    };
    Modified modify(ir::Opcode opcode, Value source);

    // -- stack
    void push(Value value);
    Value pop(Type type);

    // -- vectors
    /// Operand as a vector or scalar floating-point value of `type` (register: low part; memory: that many bytes).
    Value read_vector(unsigned number, Type type);
    /// As read_vector; a memory operand must be aligned to its size unless VEX encoded (SDM Vol. 1, "Memory Alignment").
    Value read_vector_aligned(unsigned number, Type type);
    /// Writes `value`: a register keeps what lies above it (legacy) or is cleared there (VEX); memory gets the value's bytes.
    void write_vector(unsigned number, Value value);
    /// The vector type of the instruction: 64 bits if it works on MMX registers, 128 for legacy encodings, VEX.L else.
    [[nodiscard]] Type vector_type() const;
    /// True if one of the operands is an MMX register.
    [[nodiscard]] bool uses_mmx() const;
    /// Number of the first source operand: legacy instructions have their destination as first source, VEX ones (NDS) don't.
    [[nodiscard]] unsigned first_source() const { return i.vex && i.operand_count >= 3 ? 1 : 0; }

    // -- faults and helpers
    void fault(ExceptionVector vector) { raise(vector, i.address); }
    Value helper(Helper helper_number, Value a = {}, Value b = {}, Value c = {}) { return call_helper(helper_number, a, b, c); }
    Value imm(Type type, std::uint64_t value) { return constant(type, value); }
    /// Flags bit `flag` from an i8 that is 0 or 1, as an i32 at its place in RFLAGS.
    Value flag(Value boolean, std::uint32_t flag_bit);

private:
    bool checks_alignment_;
};

using SemanticsFunction = void (*)(InstructionBuilder& b);

/// The function of the mnemonic's row; null for Mnemonic::unknown.
SemanticsFunction semantics_function(Mnemonic mnemonic);

}  // namespace lxr
