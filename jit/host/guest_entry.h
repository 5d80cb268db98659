// Entering guest code in a way that a host signal handler can leave it again.
#pragma once

#include <ucontext.h>

#include <cstdint>

namespace lxr::host {

/// The callee-saved registers and the stack pointer at the entry into guest code.
struct RecoveryPoint {
    std::uint64_t registers[8];
};

/// Calls function(a, b, c) after saving where to return to in `point`.
/// @return 0 if the function returned, 1 if a signal handler left it with `leave_guest`.
extern "C" int lxr_enter_guest(RecoveryPoint* point, void (*function)(const void*, void*, void*), const void* a, void* b,
                               void* c);

/// Changes an interrupted context so that lxr_enter_guest returns 1 when the handler returns. Async-signal-safe.
void leave_guest(ucontext_t& context, RecoveryPoint& point);

/// Installs the guest's MXCSR before guest code; puts the default back and returns the guest's afterwards.
void install_mxcsr(std::uint32_t mxcsr);
std::uint32_t take_mxcsr();

}  // namespace lxr::host
