// Turns caught signals and faults into signal frames, or into the end of the process. Called by Process, always with canonical
// state and never inside the host's signal handler.
#pragma once

#include <csignal>

#include "lifter/guest_fault.h"
#include "runtime/guest_thread.h"
#include "runtime/signal/signal_set.h"

namespace lxr {

/// Delivers everything that has been caught and is not blocked, as the kernel does before it returns to user mode; clears
/// `attention` and lets further signals in.
void deliver_signals(GuestThread& thread);

/// Delivers the signal that a fault of the guest's code raises, blocked or not (Linux kernel/signal.c,
/// force_sig_info_to_task).
void deliver_fault(GuestThread& thread, const GuestFault& fault);

/// The kernel's own SIGSEGV, for a frame that cannot be written or read (SI_KERNEL, no address).
void force_segmentation_fault(GuestThread& thread);

/// Lets signals in as the guest's mask says, whatever the host's mask was, and delivers those that come at once.
void settle_signals(GuestThread& thread);

/// Sets the guest's mask and the host's after it. @return false, with nothing changed, if a signal was caught before: it
/// must be delivered under the old mask first.
bool change_mask(GuestThread& thread, SignalSet mask);

}  // namespace lxr
