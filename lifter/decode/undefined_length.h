// How long the processor takes an instruction to be that it does not have. Called by the decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lxr {

/// Length in bytes of what does not decode: prefixes, escapes, opcode, and the operands that the opcode's place in its map has,
/// as AMD's processors count them (found by experiment; no manual says it). More than 15 bytes are another fault than #UD, and
/// so are those that cannot be fetched. Bytes that are not there count as 0. Thread-safe.
std::size_t undefined_length(std::span<const std::byte> bytes);

}  // namespace lxr
