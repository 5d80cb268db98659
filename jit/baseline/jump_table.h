// A thread's way from guest addresses to baseline code, for transfers whose target is known only when they are made. Translated
// code reads it; see jit/host/x86_64/transfers.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/guest_state.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// Two direct-mapped tables in the thread's GuestState. Each entry is the host address of a checked entry, which finds out
/// whether the transfer is to its block. Where it is not, the stub that comes next asks the second table, which has the targets
/// whose entry in the first was taken: by other bits of the address, and it compares a key before it goes there.
/// Written by its thread, and by others only to take an entry out; not thread-safe otherwise.
class JumpTable {
public:
    /// @param second_miss  where entries of the second table without a block lead to.
    JumpTable(TranslatedCodeArea& area, std::uint64_t second_miss);
    JumpTable(const JumpTable&) = delete;
    JumpTable& operator=(const JumpTable&) = delete;

    /// The bits of an address that choose its entry: contiguous, so that the next function is a code of theirs. Functions are
    /// aligned, labels of a switch are not.
    static constexpr unsigned first_index_bit = 2;
    static constexpr std::uint64_t index_mask = (TranslatedCodeArea::jump_entries - 1) << first_index_bit;
    /// Those above them, in which addresses differ that have the same entry in the first table, and some of them.
    static constexpr std::uint64_t second_index_mask = 0x3fU << 15 | 0x3fU << 5;

    void set(GuestAddress address, const std::byte* checked_entry);
    /// Takes the entries out that lead to `checked_entry`. Thread-safe.
    void remove(GuestAddress address, const std::byte* checked_entry);
    void clear();

private:
    TranslatedCodeArea& area_;
    const std::uint64_t second_miss_;
};

}  // namespace lxr::baseline
