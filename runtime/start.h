// The door from tools/lxr into the runtime.
#pragma once

#include <string>
#include <vector>

#include "lifter/support/result.h"
#include "runtime/options.h"

namespace lxr {

/// Loads `program` (a path as execve(2) takes it, or a name to be found in PATH: ELF or script) with `arguments` (argv[1…]) and
/// runs it to its end. Ends the host process as the guest ended (exit code, or the same signal), so it returns only if the
/// start fails.
/// @param environment  the guest's, before -E and -U.
StartError run_program(const RuntimeOptions& options, const std::string& program, const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment);

}  // namespace lxr
