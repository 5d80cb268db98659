// The block mode: random sequences of 2–30 instructions with branches and short loops, which find what single instructions
// cannot: flags that an optimisation dropped, registers that it kept for too long, faults in the middle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/difftest/forms.h"

namespace lxr::difftest {

struct BlockOptions {
    std::uint64_t seed = 1;
    std::string form = ".*";             // of which forms blocks are made
    std::uint64_t blocks = 10000;        // how many
    unsigned details = 3;                // how many differing blocks are shown
    std::optional<std::uint64_t> block;  // only this one
    std::string tier;
};

struct BlockResult {
    std::uint64_t comparisons = 0;
    std::uint64_t differing_blocks = 0;
};

/// Runs the blocks. Those that differ are shrunk to the instructions that matter, and printed.
BlockResult run_blocks(const std::vector<Form>& forms, const BlockOptions& options);

}  // namespace lxr::difftest
