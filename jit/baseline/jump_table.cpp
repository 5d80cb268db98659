// Entries of jump tables: one word each, so that an entry is always whole.
#include "jit/baseline/jump_table.h"

#include <algorithm>

namespace lxr::baseline {

JumpTable::JumpTable(std::span<std::uint64_t, TranslatedCodeArea::jump_entries> entries, std::uint64_t miss)
    : entries_(entries), miss_(miss) {
    clear();
}

void JumpTable::set(GuestAddress address, const std::byte* checked_entry) {
    __atomic_store_n(&entry_of(address), reinterpret_cast<std::uint64_t>(checked_entry), __ATOMIC_RELAXED);
}

void JumpTable::remove(GuestAddress address, const std::byte* checked_entry) {
    auto expected = reinterpret_cast<std::uint64_t>(checked_entry);
    __atomic_compare_exchange_n(&entry_of(address), &expected, miss_, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void JumpTable::clear() {
    std::ranges::fill(entries_, miss_);
}

}  // namespace lxr::baseline
