// A thread's way from guest addresses to baseline code for indirect jumps. Translated code reads it; see jump_indirect in the
// emitter.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "jit/baseline/zeroed_array.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// 65536 entries by the low 16 bits of the guest address; mapped on first touch. Written by its thread, and by others only to
/// take an entry out.
class JumpTable {
public:
    JumpTable();

    void set(GuestAddress address, const std::byte* code);
    /// Takes the entry out if it leads to `address`. Thread-safe.
    void remove(GuestAddress address);
    void clear();
    [[nodiscard]] std::uint64_t address() const { return reinterpret_cast<std::uint64_t>(&entries_[0]); }

private:
    struct Entry {
        std::atomic<std::uint64_t> negated_address;  // 0 in an unused entry, which only address 0 matches
        std::atomic<std::uint64_t> code;
    };
    static std::size_t index_of(GuestAddress address) { return address.value() & 0xffff; }
    ZeroedArray<Entry> entries_;
};

}  // namespace lxr::baseline
