// The part of the baseline tier that writes host code; one implementation for each host machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "jit/baseline/arena.h"
#include "jit/baseline/block.h"
#include "lifter/support/address.h"

namespace lxr::host {

/// Which guest instructions may be written down again as they are: where that is exact, or none, so that all code comes from
/// the IR as it would on a host of another kind.
enum class Copies : std::uint8_t { exact, none };

/// Where a block's code goes: written here, executed there, with the same alignment to cache lines.
struct Placement {
    std::span<std::byte> writable;  // at least `room_for_a_block`
    const std::byte* executable;
    bool with_checked_entry = false;  // a transfer is on its way to it
    /// The code may change unnoticed: the block compares it when it is entered, and ends behind what writes memory. No checked
    /// entry is made with it.
    bool compares_bytes = false;
};
/// How far a block goes, where nothing else ends it.
struct BlockLimits {
    std::uint32_t instructions = 64;
    /// How many of them it goes past. More make blocks longer, and the same instructions are translated more often, as jumps
    /// lead to the middle of other blocks (docs/baseline_tier.md).
    unsigned conditional_jumps = 2;
    bool goes_past_calls = true;  // and makes system calls without leaving
};

/// More than any block takes.
inline constexpr std::size_t room_for_a_block = 64 * 1024;

/// True if the host can run translated code (features of processor and kernel).
bool can_run_translated_code();

/// True if the instruction at the beginning of `code` can be part of a translated block; others are interpreted.
bool is_translatable(std::span<const std::byte> code, GuestAddress address);

/// Translates from `begin` to the first jump that is always taken or return, the first instruction that is not translatable, or
/// the limits.
/// @param arena  owns the block and what belongs to it.
/// @return null if the first instruction is not translatable.
baseline::Block* emit_block(std::span<const std::byte> code, GuestAddress begin, const BlockLimits& limits, Copies copies,
                            const Placement& placement, baseline::Arena& arena);

/// About how many host instructions the block's code runs for the instruction at the beginning of `code`, beside the guest's
/// own.
unsigned overhead_of(std::span<const std::byte> code, GuestAddress address);

/// A checked entry on its own, for a block that was made without.
struct CheckedEntry {
    std::size_t offset;  // where it is entered
    std::size_t size_bytes;
};
CheckedEntry emit_checked_entry(const baseline::Block& block, const Placement& placement);

}  // namespace lxr::host
