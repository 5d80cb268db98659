// How a host signal that guest code caused comes back as a GuestFault. Called by the runtime's host signal handler.
#pragma once

#include <ucontext.h>

#include "lifter/guest_fault.h"

namespace lxr {

/// If the calling thread was executing guest code at `context` (its own code, or a helper working for it), changes
/// `context` so that returning from the signal handler leaves guest code and calls Services::fault with `fault`, with the
/// guest's state as it was before the faulting instruction. Async-signal-safe.
/// @return false if the thread was not executing guest code: then the fault is lxr's own.
bool redirect_to_fault(ucontext_t& context, const GuestFault& fault);

/// Makes the calling thread, if it was executing translated code at `context`, come back to the engine at the next boundary of
/// guest instructions, where it finds GuestState::attention set. It may do so by single steps of the host: each arrives as a
/// SIGTRAP to be given to `continue_interruption`. Async-signal-safe.
void interrupt_translated_code(ucontext_t& context);

/// For a host SIGTRAP with code TRAP_TRACE. Async-signal-safe. @return false if it is no step of an interruption.
bool continue_interruption(ucontext_t& context);

/// True while the calling thread executes guest code. Async-signal-safe.
bool in_guest_code();

}  // namespace lxr
