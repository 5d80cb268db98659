// How the blocks of a region follow each other, and which registers may be newer than the GuestState where each begins.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
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
    /// The block that an exit of a block with a known target goes on at; none if that is not of the region.
    [[nodiscard]] std::optional<std::size_t> destination(std::size_t block, const ir::Operation& exit) const;
    /// The blocks where the indirect jump or the return at the end of a block may go on, the likeliest first, no two at one
    /// address: where it was seen to, and a return to where calls into its frame return to.
    [[nodiscard]] std::vector<std::size_t> targets(std::size_t block, ir::Opcode exit) const;
    /// Of the block's entry.
    [[nodiscard]] const Dirty& dirty(std::size_t block) const { return dirty_at_entry_[block]; }

private:
    [[nodiscard]] std::optional<std::size_t> find(FrameNumber frame, GuestAddress address) const;
    [[nodiscard]] std::vector<std::size_t> successors(std::size_t block) const;
    void find_calls();
    void find_dirty();

    const RegionRequest& request_;
    std::span<const ir::Block> blocks_;
    std::map<std::pair<FrameNumber, GuestAddress>, std::size_t> numbers_;  // of blocks
    std::vector<bool> calls_;                                              // whether a block ends with a call
    std::map<FrameNumber, std::vector<std::size_t>> return_sites_;         // of the calls into a frame
    std::vector<Dirty> dirty_at_entry_;
};

bool is_division(const ir::Operation& operation);

}  // namespace lxr::optimizing
