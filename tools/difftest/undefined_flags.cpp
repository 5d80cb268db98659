// Shifts and rotates: their flags depend on the masked count (SDM Vol. 2B, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD).
#include "tools/difftest/undefined_flags.h"

#include <array>

namespace lxr::difftest {

namespace {

/// The last operand is the count.
unsigned masked_count(const Instruction& instruction, const MachineState& before) {
    const auto& count = instruction.operands[instruction.operand_count - 1U];
    const unsigned mask = instruction.operands[0].bits == 64 ? 63 : 31;
    const auto value = count.kind == OperandKind::immediate ? static_cast<std::uint64_t>(count.immediate) : before[Gpr::rcx];
    return static_cast<unsigned>(value) & mask;
}

/// `all`: what the table says for counts that it is said of.
using Rule = std::uint32_t (*)(std::uint32_t all, unsigned count, unsigned bits);

std::uint32_t of_shift(std::uint32_t all, unsigned count, unsigned bits) {
    if (count == 0) return 0;
    if (count == 1) return all & ~rflags::of;
    return count >= bits ? all | rflags::cf : all;
}

std::uint32_t of_arithmetic_shift(std::uint32_t all, unsigned count, unsigned) {
    if (count == 0) return 0;
    return count == 1 ? all & ~rflags::of : all;
}

std::uint32_t of_rotate(std::uint32_t all, unsigned count, unsigned) {
    return count <= 1 ? 0 : all;
}

std::uint32_t of_double_shift(std::uint32_t all, unsigned count, unsigned bits) {
    if (count == 0) return 0;
    if (count == 1) return all & ~rflags::of;
    return count > bits ? rflags::status : all;
}

struct RuleRow {
    Mnemonic mnemonic;
    Rule rule;
};
constexpr std::array rules = {
    RuleRow{Mnemonic::SHL, &of_shift},  RuleRow{Mnemonic::SHR, &of_shift},         RuleRow{Mnemonic::SAR, &of_arithmetic_shift},
    RuleRow{Mnemonic::ROL, &of_rotate}, RuleRow{Mnemonic::ROR, &of_rotate},        RuleRow{Mnemonic::RCL, &of_rotate},
    RuleRow{Mnemonic::RCR, &of_rotate}, RuleRow{Mnemonic::SHLD, &of_double_shift}, RuleRow{Mnemonic::SHRD, &of_double_shift},
};

}  // namespace

std::uint32_t undefined_flags_after(const Instruction& instruction, const MachineState& before) {
    const auto all = undefined_flags(instruction.mnemonic);
    for (const auto& row : rules) {
        if (row.mnemonic != instruction.mnemonic) continue;
        return row.rule(all, masked_count(instruction, before), instruction.operands[0].bits);
    }
    return all;
}

}  // namespace lxr::difftest
