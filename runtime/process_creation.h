// clone(2) in its four shapes: a thread, a fork, a child that borrows its parent's memory while that waits (vfork), and one
// that borrows it while the parent goes on. Called by the system calls in runtime/syscall/processes.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/syscall/syscall.h"

namespace lxr {

/// What clone, clone3, fork and vfork ask for: the kernel's struct clone_args (clone(2), "clone3()").
struct CloneRequest {
    std::uint64_t flags = 0;  // without the exit signal
    std::uint64_t pidfd = 0;
    std::uint64_t child_tid = 0;
    std::uint64_t parent_tid = 0;
    std::uint64_t exit_signal = 0;
    std::uint64_t stack = 0;  // lowest byte; 0 to go on with the parent's stack pointer
    std::uint64_t stack_size = 0;
    std::uint64_t tls = 0;
    std::uint64_t set_tid = 0;
    std::uint64_t set_tid_size = 0;
    std::uint64_t cgroup = 0;

    /// Where the child's stack pointer starts; 0 for the parent's.
    [[nodiscard]] std::uint64_t stack_top() const { return stack == 0 ? 0 : stack + stack_size; }
};
static_assert(sizeof(CloneRequest) == 88);  // CLONE_ARGS_SIZE_VER2

/// Makes the child. Its guest code goes on behind the same SYSCALL instruction, with rax = 0.
SyscallResult clone_guest(GuestThread& thread, const CloneRequest& request);

}  // namespace lxr
