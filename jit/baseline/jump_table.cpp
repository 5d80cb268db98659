// Entries of jump tables.
#include "jit/baseline/jump_table.h"

namespace lxr::baseline {

namespace {

constexpr std::size_t entry_count = 1U << 16;
/// An address that no guest has: what entry 0 holds, because an unused entry there would match address 0.
constexpr std::uint64_t no_address = 1;

}  // namespace

JumpTable::JumpTable() : entries_(entry_count) {
    entries_[0].negated_address = no_address;
}

void JumpTable::set(GuestAddress address, const std::byte* code) {
    auto& entry = entries_[index_of(address)];
    // Only this thread follows the entry; the order matters to nobody else.
    entry.negated_address.store(no_address, std::memory_order_relaxed);
    entry.code.store(reinterpret_cast<std::uint64_t>(code), std::memory_order_relaxed);
    entry.negated_address.store(0 - address.value(), std::memory_order_relaxed);
}

void JumpTable::remove(GuestAddress address) {
    auto expected = 0 - address.value();
    entries_[index_of(address)].negated_address.compare_exchange_strong(expected, no_address);
}

void JumpTable::clear() {
    entries_.clear();
    entries_[0].negated_address = no_address;
}

}  // namespace lxr::baseline
