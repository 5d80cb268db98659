// What lxr says when it has itself gone wrong.
#pragma once

#include <ucontext.h>

#include <csignal>

namespace lxr {

/// Prints one line that tells a failure of lxr from one of the guest: signal, host pc, address, and where the guest was.
/// Async-signal-safe.
void report_crash(const siginfo_t& info, const ucontext_t& context);

}  // namespace lxr
