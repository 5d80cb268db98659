// Guest bytes to the IR of one block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/instruction.h"
#include "lifter/ir.h"
#include "lifter/support/address.h"

namespace lxr {

struct LiftLimits {
    std::uint32_t instructions = 64;
    /// Ends the block before an instruction (not the first) for which this says true; null for none.
    bool (*ends_before)(std::span<const std::byte> code, GuestAddress address) = nullptr;
    /// Ends the block before an instruction without semantics, which is then neither refused nor reported: the code may never
    /// run.
    bool ends_before_missing = false;
    /// Makes accesses that are not aligned #AC while the guest's AC is set. Only for what is interpreted.
    bool checks_alignment = false;
};

/// True for what user mode may not do or the guest's processor does not have: the instruction faults whatever its operands.
bool always_faults(Mnemonic mnemonic);

/// Lifts instructions from `begin` until a control transfer, the limit, or the end of `code` (which starts at `begin`).
/// Undecodable bytes become #UD or #GP, an instruction without semantics #UD and one log line, and code that ends inside the
/// first instruction a fetch fault; each as an exit of the block. Thread-safe.
/// @return a block without instructions if it would end before the first.
ir::Block lift_block(std::span<const std::byte> code, GuestAddress begin, LiftLimits limits);

}  // namespace lxr
