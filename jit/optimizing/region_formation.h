// Which guest blocks are compiled together.
#pragma once

#include <functional>

#include "jit/optimizing/path.h"
#include "jit/optimizing/region.h"
#include "jit/services.h"

namespace lxr::optimizing {

struct RegionLimits {
    std::uint32_t blocks = 40;
    std::uint32_t instructions = 300;  // of all blocks
    std::uint32_t instructions_in_a_block = 64;
    std::uint32_t instructions_off_the_path = 60;  // of blocks that a path did not come to, where one is known
};

/// Collects the blocks that jumps, calls and returns from them reach from `entry`, nearest first, up to the limits, callees
/// once for each call. Those that the path came to go before others, and it tells where indirect jumps lead, and returns from
/// the first frame.
/// @param ends_at  says where the region is left though there is room; null: nowhere.
/// @return a request without blocks if the code at `entry` cannot be had or may change unnoticed.
RegionRequest form_region(Services& services, GuestAddress entry, const RegionLimits& limits, const Path& path = {},
                          const std::function<bool(GuestAddress)>& ends_at = nullptr);

}  // namespace lxr::optimizing
