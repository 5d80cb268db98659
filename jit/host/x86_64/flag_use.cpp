// Only instructions between registers are looked through.
#include "jit/host/x86_64/flag_use.h"

#include <algorithm>
#include <array>

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

bool can_fault(const Encoding& encoding) {
    const bool addresses_only = encoding.mnemonic == Mnemonic::LEA || encoding.mnemonic == Mnemonic::NOP;
    return encoding.touches_other_state || (encoding.has_memory_operand && !addresses_only);
}

}  // namespace

void FlagUse::see(const Encoding& encoding) {
    if (known()) return;
    if (can_fault(encoding)) {
        state_ = State::alive;
    } else if (contains(overwriting, encoding.mnemonic)) {
        state_ = State::dead;
    } else if (!contains(neutral, encoding.mnemonic)) {
        state_ = State::alive;
    }
}

bool flags_are_dead_at(std::span<const std::byte> code, GuestAddress address) {
    FlagUse use;
    for (unsigned i = 0; i < instructions_to_look_at && !use.known(); ++i) {
        const auto encoding = decode_encoding(code, address);
        if (!encoding) break;
        use.see(*encoding);
        code = code.subspan(encoding->length_bytes);
        address = address + encoding->length_bytes;
    }
    return use.dead();
}

}  // namespace lxr::host
