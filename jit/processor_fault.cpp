// Looks at the faulting instruction's memory operand once more; only on the way to a signal.
#include "jit/processor_fault.h"

#include <algorithm>
#include <array>

namespace lxr {

namespace {

constexpr std::uint64_t longest_push_bytes = 8;

const Operand* memory_operand(const Instruction& instruction) {
    const auto end = instruction.operands.begin() + instruction.operand_count;
    const auto found =
        std::find_if(instruction.operands.begin(), end, [](const Operand& o) { return o.kind == OperandKind::memory; });
    return found == end ? nullptr : &*found;
}

std::uint64_t linear_address(const Memory& memory, const GuestState& state) {
    const auto value = [&](Register reg) { return reg.cls == RegisterClass::gpr ? state.gpr[reg.number] : 0; };
    auto address = value(memory.base) + value(memory.index) * memory.scale + static_cast<std::uint64_t>(memory.displacement);
    if (memory.address_bits == 32) address = static_cast<std::uint32_t>(address);
    if (memory.segment == Segment::fs) address += state.fs_base;
    if (memory.segment == Segment::gs) address += state.gs_base;
    return address;
}

bool has_canonical_address(const Operand& operand, const GuestState& state) {
    const auto first = linear_address(operand.memory, state);
    const auto last = first + std::max<std::uint64_t>(operand.bits / 8U, 1) - 1;
    return is_canonical(first) && is_canonical(last);
}

/// Where the instruction's own stack access begins; LEAVE's is at RBP.
std::uint64_t stack_pointer(const Instruction& instruction, const GuestState& state) {
    return state[instruction.mnemonic == Mnemonic::LEAVE ? Gpr::rbp : Gpr::rsp];
}

/// What a push below or a pop above the pointer accesses.
bool is_canonical_around(std::uint64_t stack_pointer) {
    return is_canonical(stack_pointer - longest_push_bytes) && is_canonical(stack_pointer + longest_push_bytes - 1);
}

/// BT and its kin with an offset in a register, and gathers: the access is anywhere, and needs no alignment.
bool reaches_far(const Instruction& instruction) {
    constexpr std::array bit_tests = {Mnemonic::BT, Mnemonic::BTS, Mnemonic::BTR, Mnemonic::BTC};
    const auto* const operand = memory_operand(instruction);
    if (operand != nullptr && operand->memory.index.cls == RegisterClass::vector) return true;
    return std::ranges::find(bit_tests, instruction.mnemonic) != bit_tests.end() &&
           instruction.operands[1].kind == OperandKind::reg;
}

/// POP reads the stack before it looks at its operand.
bool is_of_pop_from(const GuestFault& fault, const Instruction& instruction, const GuestState& state) {
    return instruction.mnemonic == Mnemonic::POP && fault.address.value() - state[Gpr::rsp] < longest_push_bytes;
}

/// The non-canonical access was that of the memory operand, if there is one whose bytes are (POP reads the stack before); else
/// that of the stack, or that of a bit or an element far from the operand.
bool is_stack_access(const Instruction& instruction, const GuestState& state) {
    const auto* const operand = memory_operand(instruction);
    if (instruction.mnemonic == Mnemonic::POP && !is_canonical(stack_pointer(instruction, state))) return true;
    if (operand != nullptr && !has_canonical_address(*operand, state)) return operand->memory.segment == Segment::ss;
    if (instruction.mnemonic == Mnemonic::MOVDIR64B) return false;  // its destination, which is in ES
    return instruction.uses_stack || (operand != nullptr && operand->memory.segment == Segment::ss);
}

}  // namespace

GuestFault processor_fault(const GuestFault& fault, const Instruction& instruction, const GuestState& state) {
    auto result = fault;
    if (fault.host_signal == 0) return result;
    // Which registers the host's access used says nothing.
    if (fault.vector == ExceptionVector::stack_segment) result.vector = ExceptionVector::general_protection;
    const auto* const operand = memory_operand(instruction);
    if (fault.vector == ExceptionVector::page_fault && operand != nullptr && !has_canonical_address(*operand, state) &&
        !is_of_pop_from(fault, instruction, state) && !reaches_far(instruction)) {
        result = {.vector = ExceptionVector::general_protection, .host_signal = fault.host_signal};
    }
    if (result.vector == ExceptionVector::page_fault) {
        if (operand != nullptr && operand->modified) result.error_code |= page_fault::write;
    }
    if (result.vector == ExceptionVector::general_protection && is_stack_access(instruction, state)) {
        result.vector = ExceptionVector::stack_segment;
    }
    return result;
}

namespace {

/// Vector instructions of legacy encoding whose memory operand need not be aligned (SDM Vol. 1, "Memory Alignment"), and SHA's,
/// which look at the address first; and cache lines, of which any byte may be named.
constexpr std::array unaligned_legacy = {Mnemonic::MOVUPS,     Mnemonic::MOVUPD,     Mnemonic::MOVDQU,      Mnemonic::LDDQU,
                                         Mnemonic::PCMPESTRI,  Mnemonic::PCMPESTRM,  Mnemonic::PCMPISTRI,   Mnemonic::PCMPISTRM,
                                         Mnemonic::SHA1MSG1,   Mnemonic::SHA1MSG2,   Mnemonic::SHA1NEXTE,   Mnemonic::SHA1RNDS4,
                                         Mnemonic::SHA256MSG1, Mnemonic::SHA256MSG2, Mnemonic::SHA256RNDS2, Mnemonic::CLFLUSH,
                                         Mnemonic::CLFLUSHOPT, Mnemonic::CLWB,       Mnemonic::MOVDIR64B};
/// Those of VEX encoding whose operand must be aligned all the same.
constexpr std::array aligned_vex = {Mnemonic::VMOVAPS,  Mnemonic::VMOVAPD,  Mnemonic::VMOVDQA,  Mnemonic::VMOVNTDQ,
                                    Mnemonic::VMOVNTPS, Mnemonic::VMOVNTPD, Mnemonic::VMOVNTDQA};

bool must_be_aligned(const Instruction& instruction) {
    const auto is_in = [&](const auto& list) { return std::ranges::find(list, instruction.mnemonic) != std::end(list); };
    return instruction.vex ? is_in(aligned_vex) : !is_in(unaligned_legacy);
}

/// A misaligned operand is #GP before its address is looked at.
bool is_misaligned(const Instruction& instruction, const Operand& operand, const GuestState& state) {
    constexpr unsigned smallest_aligned_bits = 128;
    return operand.bits >= smallest_aligned_bits && operand.bits <= 4 * smallest_aligned_bits && must_be_aligned(instruction) &&
           (linear_address(operand.memory, state) & (operand.bits / 8U - 1)) != 0;
}

}  // namespace

GuestFault copied_instruction_fault(const GuestFault& fault, const Instruction& instruction, const GuestState& state) {
    const bool of_address =
        fault.vector == ExceptionVector::general_protection || fault.vector == ExceptionVector::stack_segment;
    const auto* const operand = memory_operand(instruction);
    // The operand's base register on the host may be one of another segment.
    const bool moved = instruction.uses_stack || (operand != nullptr && operand->memory.segment != Segment::ds) ||
                       fault.vector == ExceptionVector::stack_segment;
    if (!of_address || !moved) return fault;
    auto result = fault;
    const bool non_canonical = (operand != nullptr && !has_canonical_address(*operand, state)) ||
                               (instruction.uses_stack && !is_canonical_around(stack_pointer(instruction, state))) ||
                               reaches_far(instruction);
    const bool misaligned = operand != nullptr && is_misaligned(instruction, *operand, state);
    const bool stack = non_canonical && !misaligned && is_stack_access(instruction, state);
    result.vector = stack ? ExceptionVector::stack_segment : ExceptionVector::general_protection;
    return result;
}

}  // namespace lxr
