// Entries of jump tables: one word each, so that an entry is always whole.
#include "jit/baseline/jump_table.h"

#include <algorithm>
#include <bit>

namespace lxr::baseline {

namespace {

static_assert(std::popcount(JumpTable::second_index_mask) == std::countr_zero(TranslatedCodeArea::second_jump_entries));

std::size_t index_of(GuestAddress address) {
    return (address.value() & JumpTable::index_mask) >> JumpTable::first_index_bit;
}

/// The bits of the mask, packed.
std::size_t second_index_of(GuestAddress address) {
    std::size_t index = 0;
    unsigned position = 0;
    for (auto mask = JumpTable::second_index_mask; mask != 0; mask &= mask - 1) {
        index |= (address.value() >> std::countr_zero(mask) & 1) << position++;
    }
    return index;
}

void store(std::uint64_t& entry, std::uint64_t value) {
    __atomic_store_n(&entry, value, __ATOMIC_RELAXED);
}

}  // namespace

JumpTable::JumpTable(TranslatedCodeArea& area, std::uint64_t second_miss) : area_(area), second_miss_(second_miss) {
    clear();
}

void JumpTable::set(GuestAddress address, const std::byte* checked_entry) {
    const auto value = reinterpret_cast<std::uint64_t>(checked_entry);
    auto& entry = area_.jump_table[index_of(address)];
    if (entry != area_.transfer_miss && entry != value) {
        const auto index = second_index_of(address);
        area_.second_jump_keys[index] = 0 - address.value();
        store(area_.second_jump_table[index], value);
    }
    store(entry, value);
}

void JumpTable::remove(GuestAddress address, const std::byte* checked_entry) {
    const auto replace = [value = reinterpret_cast<std::uint64_t>(checked_entry)](std::uint64_t& entry, std::uint64_t miss) {
        auto expected = value;
        __atomic_compare_exchange_n(&entry, &expected, miss, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    };
    replace(area_.jump_table[index_of(address)], area_.transfer_miss);
    replace(area_.second_jump_table[second_index_of(address)], second_miss_);
}

/// A key may stay: where it leads counts.
void JumpTable::clear() {
    std::ranges::fill(area_.jump_table, area_.transfer_miss);
    std::ranges::fill(area_.second_jump_table, second_miss_);
}

}  // namespace lxr::baseline
