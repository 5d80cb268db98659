// The comparison of the guest's bytes with those that a block was made from, for code that may change unnoticed. Written by the
// block emitter behind the block's code.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "jit/host/x86_64/assembler.h"
#include "lifter/support/address.h"

namespace lxr::host {

/// While the comparison runs, RCX is lent: its own value is in this slot of GuestState::translated.spilled.
inline constexpr unsigned byte_check_slot = 3;

/// Compares without a change of flags. RCX must have been spilled, and is given back only where all bytes are the same; the
/// scratch register is overwritten.
/// @return the positions of jumps that are taken where a byte differs, to be set.
std::vector<std::size_t> emit_byte_comparison(Assembler& assembler, std::span<const std::byte> bytes, GuestAddress address);

}  // namespace lxr::host
