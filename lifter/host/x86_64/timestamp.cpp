// The host's own time-stamp counter.
#include "lifter/host/timestamp.h"

namespace lxr::host {

std::uint64_t timestamp() {
    return __builtin_ia32_rdtsc();
}

}  // namespace lxr::host
