// System calls of the host as single instructions whose place is known: what libc's wrappers cannot give. Implemented for each
// machine in runtime/host/<machine>/; called by runtime/syscall/dispatch.cpp and runtime/signal/.
#pragma once

#include <cstdint>

extern "C" {

/// What an interruptible call gives: the kernel's result, or that a signal came first and nothing was done.
struct LxrInterruptibleResult {
    std::int64_t value;
    std::uint64_t interrupted;
};

std::int64_t lxr_system_call(std::uint64_t number, const std::uint64_t* arguments);

/// Makes the call unless `*attention` is set. The host's signal handler closes the gap between that look and the kernel's
/// entry: it moves a thread that is in between to the exit that reports `interrupted`.
LxrInterruptibleResult lxr_interruptible_system_call(std::uint64_t number, const std::uint64_t* arguments,
                                                     const volatile std::uint32_t* attention);

/// clone or clone3 whose arguments name a new stack: the child pops an entry function and its argument from it.
/// @return in the parent only.
std::int64_t lxr_clone_with_stack(std::uint64_t number, const std::uint64_t* arguments);

/// The restorer of the host's signal handler (SA_RESTORER).
void lxr_signal_return();

}  // extern "C"
