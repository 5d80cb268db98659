// Only instructions between registers are looked through.
#include "jit/host/x86_64/flag_use.h"

#include <algorithm>
#include <array>

#include "jit/host/x86_64/instruction_form.h"

namespace lxr::host {

namespace {

constexpr unsigned instructions_to_look_at = 4;

constexpr std::array overwriting = {Mnemonic::ADD, Mnemonic::SUB, Mnemonic::CMP, Mnemonic::TEST,
                                    Mnemonic::AND, Mnemonic::OR,  Mnemonic::XOR, Mnemonic::NEG};
constexpr std::array neutral = {Mnemonic::MOV, Mnemonic::MOVZX, Mnemonic::MOVSX,   Mnemonic::MOVSXD,
                                Mnemonic::LEA, Mnemonic::NOP,   Mnemonic::ENDBR64, Mnemonic::ENDBR32};

bool contains(const auto& list, Mnemonic mnemonic) {
    return std::ranges::find(list, mnemonic) != list.end();
}

bool can_fault(const Instruction& instruction, const Encoding& encoding) {
    const bool addresses_only = instruction.mnemonic == Mnemonic::LEA || instruction.mnemonic == Mnemonic::NOP;
    return encoding.touches_other_state || (memory_operand(instruction) != nullptr && !addresses_only);
}

}  // namespace

void FlagUse::see(const EncodedInstruction& encoded) {
    if (known()) return;
    const auto& [instruction, encoding] = encoded;
    if (can_fault(instruction, encoding)) {
        state_ = State::alive;
    } else if (contains(overwriting, instruction.mnemonic)) {
        state_ = State::dead;
    } else if (!contains(neutral, instruction.mnemonic)) {
        state_ = State::alive;
    }
}

bool flags_are_dead_at(std::span<const std::byte> code, GuestAddress address) {
    FlagUse use;
    for (unsigned i = 0; i < instructions_to_look_at && !use.known(); ++i) {
        const auto encoded = decode_with_encoding(code, address);
        if (!encoded) break;
        use.see(*encoded);
        code = code.subspan(encoded->instruction.length_bytes);
        address = encoded->instruction.next_address();
    }
    return use.dead();
}

}  // namespace lxr::host
