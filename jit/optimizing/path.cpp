// The sum of what the host's emitter says of each instruction.
#include "jit/optimizing/path.h"

#include "jit/host/block_emitter.h"

namespace lxr::optimizing {

double baseline_overhead(const Path& path, Services& services) {
    if (path.empty()) return 0;
    unsigned sum = 0;
    for (const auto address : path) sum += host::overhead_of(services.code_at(address).bytes, address);
    return static_cast<double>(sum) / static_cast<double>(path.size());
}

}  // namespace lxr::optimizing
