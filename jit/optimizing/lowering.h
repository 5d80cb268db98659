// A region's blocks of IR to one LLVM function.
#pragma once

#include <llvm/IR/Module.h>

#include <string>
#include <vector>

#include "jit/optimizing/region.h"
#include "lifter/ir.h"

namespace lxr::optimizing {

inline constexpr const char* region_function = "region";

/// Adds a RegionFunction named `region_function` to the module. `blocks` are those of the request, in its order.
/// @return why that cannot be done; empty if it was.
std::string lower_region(llvm::Module& module, const RegionRequest& request, const std::vector<ir::Block>& blocks);

}  // namespace lxr::optimizing
