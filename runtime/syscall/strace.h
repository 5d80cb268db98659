// --strace: one line per system call of the guest on stderr, in strace's own format. Called by perform_syscall and by the
// delivery of signals.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>

#include "runtime/syscall/syscall_table.h"

namespace lxr {

/// A call on its way: made before the call, finished after it. The line is written in `finish`, or at once for a call that may
/// not come back (exit, execve).
class StracedCall {
public:
    StracedCall(std::uint64_t number, const SyscallArguments& arguments);
    void finish(const SyscallResult& result);

private:
    void print_arguments(bool done, std::int64_t result);

    const SyscallRow& row_;
    std::uint64_t number_;
    SyscallArguments arguments_;
    std::string line_;
    std::size_t printed_arguments_ = 0;
};

/// "--- SIGCHLD {si_signo=SIGCHLD, …} ---": a signal is delivered to the guest.
void strace_signal(const siginfo_t& info);

}  // namespace lxr
