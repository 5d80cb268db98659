// CMPXCHG16B for the 128-bit atomics.
#include "lifter/host/wide_atomics.h"

namespace lxr::host {

[[gnu::target("cx16")]] unsigned __int128 compare_exchange_128(unsigned __int128* address, unsigned __int128 expected,
                                                               unsigned __int128 desired) {
    return __sync_val_compare_and_swap(address, expected, desired);
}

}  // namespace lxr::host
