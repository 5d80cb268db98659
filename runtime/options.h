// What the user asked of the runtime. Filled by tools/lxr from the table of options; repeated to lxr at every execve.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jit/engine.h"

namespace lxr {

struct RuntimeOptions {
    EngineOptions engine;
    /// -L: a folder in which absolute paths are looked up first (an x86-64 root on another machine); empty for none.
    std::string sysroot;
    /// -E NAME=VALUE and -U NAME, in the order given, applied to the guest's environment.
    std::vector<std::string> set_environment;
    std::vector<std::string> unset_environment;
    /// -0: the guest's argv[0] if it differs from the program's path.
    std::optional<std::string> argv0;
    bool strace = false;
    bool statistics = false;
    /// The guest's soft RLIMIT_STACK where lxr had to lower its own (docs/architecture.md); bytes, RLIM_INFINITY for none.
    std::optional<std::uint64_t> guest_stack_limit_bytes;
    /// The guest's personality(2) where lxr had to start under another one (runtime/address_space_plan.h).
    std::optional<unsigned> guest_personality;
    /// The program's path is meant as it stands, also without a '/': execve(2) does not search PATH.
    bool exact_path = false;
    /// The program's open file where its path cannot be opened again (execveat(2), binfmt_misc's O flag); lxr closes it.
    std::optional<int> program_descriptor;
    /// Of the synchronous signals (runtime/signal/signal_set.h), which the host neither blocks nor ignores: what the guest had
    /// blocked and ignored before its execve.
    std::uint64_t blocked_synchronous_signals = 0;
    std::uint64_t ignored_synchronous_signals = 0;
    /// Arguments of lxr that repeat these options: what precedes the program's path when execve starts lxr again.
    std::vector<std::string> repeated_arguments;
};

}  // namespace lxr
