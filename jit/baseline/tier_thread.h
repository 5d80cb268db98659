// What the baseline tier knows of a thread that runs in its code.
#pragma once

#include <atomic>
#include <cstdint>

#include "jit/baseline/jump_table.h"

namespace lxr::baseline {

/// One per thread, listed in the tier.
struct TierThread {
    TierThread(TranslatedCodeArea& area, std::uint64_t second_miss) : jump_table(area, second_miss) {}

    JumpTable jump_table;
    /// Written by the thread in Tier::begin_execution and Tier::end_execution, read by whoever flushes.
    std::atomic<bool> executing = false;
};

}  // namespace lxr::baseline
