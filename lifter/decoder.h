// Bytes to Instruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "lifter/instruction.h"

namespace lxr {

inline constexpr std::size_t longest_instruction_bytes = 15;

enum class DecodeError : std::uint8_t {
    truncated,  // the bytes end inside the instruction
    invalid,    // #UD
    too_long,   // more than 15 bytes: #GP
};

/// Decodes one 64-bit mode instruction at `address`. A valid instruction without semantics has Mnemonic::unknown.
/// Thread-safe.
std::expected<Instruction, DecodeError> decode(std::span<const std::byte> bytes, GuestAddress address);

/// The instruction in Intel syntax, for logs and dumps; "(bad)" if it does not decode.
std::string disassemble(std::span<const std::byte> bytes, GuestAddress address);

/// Which extension the first instruction belongs to, as Zydis calls it ("AVX_VNNI"); empty if it is none.
std::string_view instruction_set_name(std::span<const std::byte> bytes);

}  // namespace lxr
