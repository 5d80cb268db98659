// The part of the baseline tier that writes host code; one implementation for each host machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "jit/baseline/block.h"
#include "lifter/support/address.h"

namespace lxr::host {

/// A block's code, position-independent but for its alignment to `placement`.
struct EmittedBlock {
    std::unique_ptr<baseline::Block> block;  // without `code` and patch sites
    std::vector<std::byte> code;
    std::vector<std::uint32_t> patch_offsets;  // for each exit: offset of the four bytes to link, or 0
};

/// True if the host can run translated code (features of processor and kernel).
bool can_run_translated_code();

/// True if the instruction at the beginning of `code` can be part of a translated block; others are interpreted.
bool is_translatable(std::span<const std::byte> code, GuestAddress address);

/// Translates from `begin` to the first control transfer, the first instruction that is not translatable, or the limit.
/// @param placement  where the code will be placed (only its position in a cache line matters).
/// @return no block if the first instruction is not translatable.
EmittedBlock emit_block(std::span<const std::byte> code, GuestAddress begin, std::uint32_t instruction_limit,
                        const std::byte* placement);

}  // namespace lxr::host
