// Which guest blocks are compiled together.
#pragma once

#include "jit/optimizing/region.h"
#include "jit/services.h"

namespace lxr::optimizing {

struct RegionLimits {
    std::uint32_t blocks = 24;
    std::uint32_t instructions = 300;  // of all blocks
    std::uint32_t instructions_in_a_block = 64;
};

/// Collects the blocks that direct jumps, calls and returns from them reach from `entry`, nearest first, up to the limits.
/// @return a request without blocks if the code at `entry` cannot be had or may change unnoticed.
RegionRequest form_region(Services& services, GuestAddress entry, const RegionLimits& limits);

}  // namespace lxr::optimizing
