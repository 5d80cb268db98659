// What the baseline tier knows of a thread that runs in its code.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "jit/baseline/jump_table.h"

namespace lxr::baseline {

/// One per thread, listed in the tier.
struct TierThread {
    TierThread(std::span<std::uint64_t, TranslatedCodeArea::jump_entries> entries, std::uint64_t miss)
        : jump_table(entries, miss) {}

    JumpTable jump_table;
    /// Written by the thread in Tier::begin_execution and Tier::end_execution, read by whoever flushes.
    std::atomic<bool> executing = false;
};

}  // namespace lxr::baseline
