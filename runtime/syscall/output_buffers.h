// Where system calls write: the kernel's own stores to guarded pages (runtime/address_space_guard.cpp) fail instead of
// faulting.
#pragma once

#include <cstdint>

#include "runtime/syscall/syscall.h"

namespace lxr {

/// Before the call is made, or after it failed with EFAULT: no page that it may write to is guarded.
/// Every argument that is an address counts as a buffer, whatever the call does with it; buffers in buffers are known for those
/// calls that have them in output_buffers.cpp. @return false if no page was guarded.
bool let_call_write(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments);

}  // namespace lxr
