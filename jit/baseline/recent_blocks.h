// The blocks that a thread has entered from the engine lately: after a system call it goes on where it did before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "jit/baseline/block.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// What a tier has in it changes with each of these counts, never without. Not a lock: a block may go just after a look.
struct Contents {
    std::uint64_t flushes = 0;
    std::uint64_t retirements = 0;
    bool operator==(const Contents&) const = default;
};

/// One per thread, used by it alone.
class RecentBlocks {
public:
    /// The block at `address` if it was noted for these contents of the tier; else null.
    [[nodiscard]] Block* find(GuestAddress address, const Contents& contents) const {
        if (contents != contents_) return nullptr;
        const auto& entry = entries_[slot_of(address)];
        return entry.address == address ? entry.block : nullptr;
    }

    /// @param contents  read before the block was found.
    void note(Block& block, const Contents& contents) {
        if (contents != contents_) entries_.fill({});
        contents_ = contents;
        entries_[slot_of(block.begin)] = {block.begin, &block};
    }

private:
    struct Entry {
        GuestAddress address;  // kept here, because the block may be gone
        Block* block = nullptr;
    };
    static constexpr std::size_t capacity = 64;
    static std::size_t slot_of(GuestAddress address) { return (address.value() ^ address.value() >> 6) % capacity; }

    Contents contents_;
    std::array<Entry, capacity> entries_{};
};

}  // namespace lxr::baseline
