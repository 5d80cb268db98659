// What signal the kernel makes of a fault of the guest's code. Called by delivery.cpp.
#pragma once

#include <csignal>

#include "lifter/guest_fault.h"
#include "lifter/guest_state.h"

namespace lxr {

/// The siginfo that the guest's handler gets (Linux arch/x86/kernel/traps.c and arch/x86/mm/fault.c).
/// @param state  as the fault left it.
siginfo_t siginfo_of_fault(const GuestState& state, const GuestFault& fault);

/// Whether RFLAGS.RF is set in the frame: for faults, whose instruction runs again, but not for traps.
bool is_fault_class(ExceptionVector vector);

}  // namespace lxr
