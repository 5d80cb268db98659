// From a place in the opcode space to bytes: prefixes, REX or VEX, opcode, ModRM and what follows. Used by forms.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tools/difftest/forms.h"

namespace lxr::difftest {

struct OpcodeBytes {
    std::array<std::byte, longest_instruction_bytes> buffer{};
    std::size_t modrm_at = 0;  // where the byte after the opcode lies
    bool one_byte_map = false;

    [[nodiscard]] std::span<const std::byte> bytes() const { return buffer; }
    [[nodiscard]] std::uint8_t modrm() const { return std::to_integer<std::uint8_t>(buffer[modrm_at]); }
    /// MOV between the accumulator and a 64-bit offset.
    [[nodiscard]] bool is_moffs() const {
        return one_byte_map && (std::to_integer<unsigned>(buffer[modrm_at - 1]) & 0xfc) == 0xa0;
    }
};

/// The place as it is, followed by zeros.
OpcodeBytes opcode_bytes(const OpcodePlace& place);

/// What random_bytes may choose: everything; the same but ModRM.reg, which may be part of the opcode; only what follows ModRM.
enum class Freedom : std::uint8_t { all, operands, none };
OpcodeBytes random_bytes(const OpcodePlace& place, Freedom freedom, Random& random);

}  // namespace lxr::difftest
