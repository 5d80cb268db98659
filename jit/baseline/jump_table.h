// A thread's way from guest addresses to baseline code, for transfers whose target is known only when they are made. Translated
// code reads it; see jit/host/x86_64/transfers.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/guest_state.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// Direct-mapped; each entry is the host address of a checked entry, which finds out whether the transfer is to its block.
/// Written by its thread, and by others only to take an entry out.
class JumpTable {
public:
    /// @param entries  in the thread's GuestState. @param miss  where entries without a block lead to.
    JumpTable(std::span<std::uint64_t, TranslatedCodeArea::jump_entries> entries, std::uint64_t miss);
    JumpTable(const JumpTable&) = delete;
    JumpTable& operator=(const JumpTable&) = delete;

    /// The bits of an address that choose its entry: contiguous, so that the next function is a code of theirs. Functions are
    /// aligned, labels of a switch are not.
    static constexpr unsigned first_index_bit = 2;
    static constexpr std::uint64_t index_mask = (TranslatedCodeArea::jump_entries - 1) << first_index_bit;

    void set(GuestAddress address, const std::byte* checked_entry);
    /// Takes the entry out if it leads to `checked_entry`. Thread-safe.
    void remove(GuestAddress address, const std::byte* checked_entry);
    void clear();

private:
    [[nodiscard]] std::uint64_t& entry_of(GuestAddress address) {
        return entries_[(address.value() & index_mask) >> first_index_bit];
    }

    std::span<std::uint64_t, TranslatedCodeArea::jump_entries> entries_;
    std::uint64_t miss_;
};

}  // namespace lxr::baseline
