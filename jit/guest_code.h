// Running what works on the GuestState in memory: the interpreter's steps, and regions of the optimising tier.
#pragma once

#include "jit/engine_thread.h"

namespace lxr {

/// Calls function(what, state, more) with the guest's MXCSR, and so that a host signal handler can leave it. The flags may be
/// lazy when it returns; the state is canonical afterwards, and `thread.reason` set if the guest faulted.
void run_guest_code(EngineThread& thread, void (*function)(const void*, void*, void*), const void* what, void* more);

}  // namespace lxr
