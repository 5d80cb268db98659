// Finding out, before anything is written, whether guest memory can be. Called where an instruction writes more than one host
// store does, or may come to write nothing after all.
#pragma once

#include <cstdint>

#include "lifter/support/address.h"

namespace lxr {

/// Writes back the byte at `address` as it is; faults as a write of it would.
inline void probe_write(GuestAddress address) {
    auto* byte = host_pointer<std::uint8_t>(address);
    // A fetch_or of 0 would do, but compilers make a load of it. The first guess saves a load, whose fault would be another.
    std::uint8_t old = 0;
    while (!__atomic_compare_exchange_n(byte, &old, old, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

/// Probes both ends of an operand that is no larger than a page, at the first byte that it has on each page.
inline void probe_write(GuestAddress address, std::uint64_t size_bytes) {
    probe_write(address);
    const auto last_page = (address.value() + size_bytes - 1) & ~(page_size_bytes - 1);
    if (last_page > address.value()) probe_write(GuestAddress(last_page));
}

}  // namespace lxr
