// A region's module to code for the host.
#pragma once

#include "jit/optimizing/region.h"

namespace lxr::optimizing {

/// Lifts, lowers, optimises and assembles. A thread's first call costs some milliseconds more.
RegionAnswer compile_region(const RegionRequest& request);

}  // namespace lxr::optimizing
