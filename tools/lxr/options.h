// What the user asked of lxr, read from the command line and the environment by the table in options.inc. For main.cpp.
#pragma once

#include <string>
#include <vector>

#include "lifter/cpu_features.h"
#include "lifter/support/result.h"
#include "runtime/options.h"

namespace lxr {

/// One start of lxr, parsed.
struct Invocation {
    enum class Request : unsigned char { run, help, version, cpu_help };

    Request request = Request::run;
    RuntimeOptions options;
    CpuFeatures cpu = host_cpu();
    std::string program;
    std::vector<std::string> arguments;  // argv[1…] of the program
};

/// Reads the environment, then the command line, which wins. Logging options take effect at once.
/// @param trust_environment  false in a privileged start (AT_SECURE): no LXR_* variable is looked at.
/// Errors: usage errors, exit code 2; the sentence names the option or variable and what it takes.
StartResult<Invocation> parse_invocation(int argc, char** argv, char** environment, bool trust_environment);

/// The text of --help.
std::string help_text();

}  // namespace lxr
