// Which instructions can be copied: those whose meaning is in their operands, flags and memory alone. The others come from the
// IR.
#include "jit/host/x86_64/instruction_form.h"

#include <algorithm>
#include <array>

#include "jit/host/x86_64/homes.h"

namespace lxr::host {

namespace {

/// Mnemonics that use the stack or flags in their own way.
constexpr std::array from_ir = {Mnemonic::ENTER, Mnemonic::PUSHF,  Mnemonic::PUSHFQ, Mnemonic::POPF,
                                Mnemonic::POPFQ, Mnemonic::UD0,    Mnemonic::UD1,    Mnemonic::UD2,
                                Mnemonic::LOOPE, Mnemonic::LOOPNE, Mnemonic::RDRAND, Mnemonic::RDSEED,
                                Mnemonic::INT,   Mnemonic::INT3,   Mnemonic::INT1,   Mnemonic::JECXZ};

constexpr std::array without_effect = {Mnemonic::NOP, Mnemonic::ENDBR64, Mnemonic::ENDBR32};

bool can_address(const EncodedInstruction& encoded) {
    const auto& [instruction, encoding] = encoded;
    const auto* operand = memory_operand(instruction);
    if (operand == nullptr) return true;
    // MOV with a 64-bit offset has no ModRM byte; a segment base beside base and index has no place in an address.
    if (encoding.modrm_offset == 0 && encoding.displacement_bytes > 4) return false;
    if (!has_segment_base(*operand)) return true;
    if (instruction.mnemonic == Mnemonic::LEA) return false;  // which leaves the segment out
    return instruction.address_bits == 64 && (encoding.base == no_gpr || encoding.index == no_gpr) && !encoding.rip_relative;
}

bool is_near_return(const Instruction& instruction) {
    return (instruction.opcode == 0xc2 || instruction.opcode == 0xc3) && instruction.operand_bits == 64;
}

Form stack_or_transfer_form(const EncodedInstruction& encoded) {
    const auto& [instruction, encoding] = encoded;
    const auto& operand = instruction.operands[0];
    const bool near_target = operand.kind == OperandKind::immediate || operand.bits == 64;
    switch (instruction.mnemonic) {
        case Mnemonic::PUSH:
            return instruction.operand_bits == 64 && operand.kind != OperandKind::none ? Form::push : Form::from_ir;
        case Mnemonic::POP:
            return instruction.operand_bits == 64 && operand.kind == OperandKind::reg ? Form::pop : Form::from_ir;
        case Mnemonic::LEAVE:
            return instruction.operand_bits == 64 ? Form::leave : Form::from_ir;
        case Mnemonic::JMP:
            return near_target ? Form::jump : Form::from_ir;
        case Mnemonic::CALL:
            return near_target ? Form::call : Form::from_ir;
        case Mnemonic::RET:
            return is_near_return(instruction) ? Form::ret : Form::from_ir;
        case Mnemonic::JRCXZ:
            return Form::jump_if_zero;
        case Mnemonic::LOOP:
            return instruction.address_bits == 64 ? Form::loop : Form::from_ir;
        default:
            return Form::copied;
    }
}

bool is_conditional_jump(const Instruction& instruction) {
    return instruction.mnemonic >= Mnemonic::JO && instruction.mnemonic <= Mnemonic::JNLE;
}

}  // namespace

std::uint16_t explicit_gprs(const Encoding& encoding) {
    std::uint16_t mask = 0;
    for (const auto reg : {encoding.reg, encoding.rm, encoding.opcode_reg, encoding.vvvv, encoding.base, encoding.index}) {
        if (reg != no_gpr) mask |= bit(reg);
    }
    return mask;
}

const Operand* memory_operand(const Instruction& instruction) {
    for (unsigned i = 0; i < instruction.operand_count; ++i) {
        if (instruction.operands[i].kind == OperandKind::memory) return &instruction.operands[i];
    }
    return nullptr;
}

bool has_segment_base(const Operand& operand) {
    return operand.memory.segment == Segment::fs || operand.memory.segment == Segment::gs;
}

Form form_of(const EncodedInstruction& encoded, Copies copies) {
    const auto& [instruction, encoding] = encoded;
    if (instruction.mnemonic == Mnemonic::unknown || encoding.evex) return Form::interpreted;
    if (copies == Copies::none) return Form::from_ir;
    if (instruction.mnemonic == Mnemonic::SYSCALL) return Form::syscall;
    if (std::ranges::find(without_effect, instruction.mnemonic) != without_effect.end()) return Form::nothing;
    if (encoding.touches_other_state) return Form::from_ir;
    if (std::ranges::find(from_ir, instruction.mnemonic) != from_ir.end()) return Form::from_ir;
    if (is_conditional_jump(instruction)) return Form::jump_if;
    // The unit would note the segment's base as part of the operand's address.
    if (encoding.x87 && memory_operand(instruction) != nullptr && has_segment_base(*memory_operand(instruction))) {
        return Form::from_ir;
    }
    if (!can_address(encoded)) return Form::from_ir;
    const auto form = stack_or_transfer_form(encoded);
    if (form != Form::copied) return form;
    const auto implicit =
        static_cast<std::uint16_t>((encoding.gprs_read | encoding.gprs_written) & ~explicit_gprs(encoded.encoding));
    return (implicit & (bit(guest_rsp) | homeless)) != 0 ? Form::from_ir : Form::copied;
}

}  // namespace lxr::host
