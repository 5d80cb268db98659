// What the runtime reads and changes in the host's signal frame. Implemented for each machine in runtime/host/<machine>/;
// called by the host's signal handler (runtime/signal/host_handler.cpp), so everything is async-signal-safe.
#pragma once

#include <ucontext.h>

#include <csignal>
#include <cstdint>

#include "lifter/guest_fault.h"

namespace lxr {

[[nodiscard]] std::uint64_t program_counter(const ucontext_t& context);

/// If the context stands in lxr_interruptible_system_call before the kernel has begun the call, or where the kernel would begin
/// it again, makes it leave there with `interrupted`.
void interrupt_system_call(ucontext_t& context);

/// The guest's fault that a synchronous signal of the host reports.
[[nodiscard]] GuestFault fault_from_signal(const siginfo_t& info, const ucontext_t& context);

}  // namespace lxr
