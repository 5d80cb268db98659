// The optimiser as lxr sees it: a shared object that is opened late, since it brings LLVM along.
#pragma once

#include <optional>

#include "jit/optimizing/region.h"

namespace lxr::optimizing {

/// Opens the shared object that lies beside lxr's own file; once a process.
/// @return null, and one line in the log, if it cannot be had.
OptimizeFunction open_optimizer();

/// @return the answer to the request, which may be a refusal.
RegionAnswer ask(OptimizeFunction optimize, const RegionRequest& request);

}  // namespace lxr::optimizing
