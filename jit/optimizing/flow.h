// How the blocks of a region follow each other, and which registers may be newer than the GuestState where each begins.
#pragma once

#include <span>
#include <vector>

#include "jit/optimizing/region.h"
#include "jit/optimizing/registers.h"
#include "lifter/ir.h"

namespace lxr::optimizing {

class Flow {
public:
    /// Both must outlive it; each block is that of the request with the same number.
    Flow(const RegionRequest& request, std::span<const ir::Block> blocks);

    /// The operation wants the GuestState to be current.
    [[nodiscard]] bool flushes(const ir::Operation& operation) const;
    /// Where the indirect jump or the return at the end of a block may go on within the region, the likeliest first: where it
    /// was seen to, and a return to whatever the region's calls return to.
    [[nodiscard]] std::vector<GuestAddress> targets(std::size_t block, ir::Opcode exit) const;
    /// Of the block's entry.
    [[nodiscard]] const Dirty& dirty(std::size_t block) const { return dirty_at_entry_[block]; }

private:
    [[nodiscard]] bool begins_block(GuestAddress address) const;
    [[nodiscard]] std::vector<std::size_t> successors(std::size_t block) const;
    void find_dirty();

    const RegionRequest& request_;
    std::span<const ir::Block> blocks_;
    std::vector<GuestAddress> return_sites_;  // of the region's calls, where blocks begin
    std::vector<Dirty> dirty_at_entry_;
};

bool is_division(const ir::Operation& operation);

}  // namespace lxr::optimizing
