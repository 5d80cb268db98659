// Guest addresses to blocks: a flat hash table with linear probing. A process makes and asks for hundreds of thousands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jit/baseline/block.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// Not thread-safe: the tier's mutex guards it.
class BlockTable {
public:
    BlockTable() { clear(); }

    [[nodiscard]] Block* find(GuestAddress address) const {
        for (auto slot = first_slot(address);; slot = (slot + 1) & (entries_.size() - 1)) {
            const auto& entry = entries_[slot];
            if (entry.state == State::empty) return nullptr;
            if (entry.state == State::used && entry.address == address) return entry.block;
        }
    }

    /// The address must not be in the table.
    void insert(GuestAddress address, Block* block) {
        if ((filled_ + 1) * 2 > entries_.size()) rebuild();
        place({address, block, State::used});
    }

    void erase(GuestAddress address) {
        for (auto slot = first_slot(address);; slot = (slot + 1) & (entries_.size() - 1)) {
            auto& entry = entries_[slot];
            if (entry.state == State::empty) return;
            if (entry.state != State::used || entry.address != address) continue;
            entry.state = State::erased;  // what was placed behind it must still be found
            --used_;
            return;
        }
    }

    void clear() {
        entries_.assign(smallest_capacity, {});
        filled_ = used_ = 0;
    }

private:
    enum class State : std::uint8_t { empty, used, erased };
    struct Entry {
        GuestAddress address;
        Block* block = nullptr;
        State state = State::empty;
    };
    static constexpr std::size_t smallest_capacity = 1U << 10;

    [[nodiscard]] std::size_t first_slot(GuestAddress address) const {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
        constexpr unsigned good_bits_from = 32;
        return (address.value() * golden_ratio >> good_bits_from) & (entries_.size() - 1);
    }

    void place(const Entry& entry) {
        auto slot = first_slot(entry.address);
        while (entries_[slot].state != State::empty) slot = (slot + 1) & (entries_.size() - 1);
        entries_[slot] = entry;
        ++filled_;
        ++used_;
    }

    /// Twice as large if it is really full, and without what was erased.
    void rebuild() {
        std::vector<Entry> old(used_ * 4 > entries_.size() ? entries_.size() * 2 : entries_.size());
        old.swap(entries_);
        filled_ = used_ = 0;
        for (const auto& entry : old) {
            if (entry.state == State::used) place(entry);
        }
    }

    std::vector<Entry> entries_;
    std::size_t filled_ = 0;  // erased ones included
    std::size_t used_ = 0;
};

}  // namespace lxr::baseline
