// The system calls that make, change and end processes and threads. Called by perform_syscall through syscalls.inc.
#include <asm/prctl.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "lifter/support/log.h"
#include "runtime/execve.h"
#include "runtime/guest_memory.h"
#include "runtime/process.h"
#include "runtime/process_creation.h"
#include "runtime/signal/host_handler.h"
#include "runtime/syscall/syscall.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {

namespace {

constexpr std::uint64_t exit_signal_mask = 0xff;  // CSIGNAL
/// What user space may map (Linux TASK_SIZE_MAX with 47 bits).
constexpr std::uint64_t end_of_user_addresses = 0x7fff'ffff'f000;

Result<void> set_segment_base(GuestThread& thread, Segment segment, std::uint64_t base) {
    if (base >= end_of_user_addresses) return error(EPERM);
    thread.set_segment_base(segment, base);
    return {};
}

/// The optimiser has no exit signal, so only these options show it (wait(2), "Linux notes").
void hide_own_children(GuestThread& thread, int options) {
    if ((options & (__WALL | __WCLONE)) == 0 || thread.borrows_memory) return;
    thread.process.engine.begin_alone();
    thread.process.engine.end_alone(false);
}

}  // namespace

SyscallResult sys_fork(GuestThread& thread, const SyscallArguments& /*arguments*/) {
    return clone_guest(thread, {.exit_signal = SIGCHLD});
}

SyscallResult sys_vfork(GuestThread& thread, const SyscallArguments& /*arguments*/) {
    return clone_guest(thread, {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD});
}

SyscallResult sys_clone(GuestThread& thread, const SyscallArguments& arguments) {
    const std::uint64_t flags = arguments[0] & 0xffff'ffff;
    if ((flags & CLONE_PIDFD) != 0 && (flags & CLONE_PARENT_SETTID) != 0) return Errno{EINVAL};  // one argument for both
    return clone_guest(thread, {.flags = flags & ~exit_signal_mask,
                                .pidfd = arguments[2],
                                .child_tid = arguments[3],
                                .parent_tid = arguments[2],
                                .exit_signal = flags & exit_signal_mask,
                                .stack = arguments[1],
                                .tls = arguments[4]});
}

SyscallResult sys_clone3(GuestThread& thread, const SyscallArguments& arguments) {
    constexpr std::uint64_t smallest = 64;  // CLONE_ARGS_SIZE_VER0
    const std::uint64_t size_bytes = arguments[1];
    if (size_bytes > page_size_bytes) return Errno{E2BIG};
    if (size_bytes < smallest) return Errno{EINVAL};
    CloneRequest request;
    if (!copy_from_guest(&request, arguments.address(0), std::min<std::uint64_t>(size_bytes, sizeof request)))
        return Errno{EFAULT};
    for (std::uint64_t offset = sizeof request; offset < size_bytes; ++offset) {  // a newer caller: the rest must be 0
        const auto byte = read_guest<std::uint8_t>(arguments.address(0) + offset);
        if (!byte) return Errno{EFAULT};
        if (*byte != 0) return Errno{E2BIG};
    }
    const bool bad_stack = (request.stack == 0) != (request.stack_size == 0);
    if (bad_stack || (request.flags & (exit_signal_mask | CLONE_DETACHED)) != 0 || request.exit_signal > signal_count ||
        ((request.flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && request.exit_signal != 0)) {
        return Errno{EINVAL};
    }
    return clone_guest(thread, request);
}

SyscallResult sys_exit(GuestThread& thread, const SyscallArguments& arguments) {
    if (!block_host_signals(thread)) return SyscallResult::restart();
    Process& process = thread.process;
    if (!thread.borrows_memory && process.live_threads.fetch_sub(1) == 1) process.end(arguments.integer(0));
    // The leader stays a zombie until the last thread ends; a borrowing child is a process of its own.
    const bool is_leader = static_cast<pid_t>(host_syscall(SYS_getpid)) == thread.tid;
    if (is_leader) host_syscall(SYS_exit, arguments[0]);
    thread.exit_status = arguments.integer(0);
    thread.exiting = true;
    return SyscallResult::no_result();
}

SyscallResult sys_exit_group(GuestThread& thread, const SyscallArguments& arguments) {
    if (thread.borrows_memory) host_syscall(SYS_exit_group, arguments[0]);
    thread.process.end(arguments.integer(0));
}

SyscallResult sys_wait4(GuestThread& thread, const SyscallArguments& arguments) {
    hide_own_children(thread, arguments.integer(2));
    return pass_to_host(thread, guest_syscall::wait4, arguments);
}

SyscallResult sys_waitid(GuestThread& thread, const SyscallArguments& arguments) {
    hide_own_children(thread, arguments.integer(3));
    return pass_to_host(thread, guest_syscall::waitid, arguments);
}

SyscallResult sys_set_tid_address(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_to_host(thread, SYS_set_tid_address, arguments);
}

SyscallResult sys_set_robust_list(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_to_host(thread, SYS_set_robust_list, arguments);
}

SyscallResult sys_arch_prctl(GuestThread& thread, const SyscallArguments& arguments) {
    switch (arguments[0]) {
        case ARCH_SET_FS:
            return set_segment_base(thread, Segment::fs, arguments[1]);
        case ARCH_SET_GS:
            return set_segment_base(thread, Segment::gs, arguments[1]);
        case ARCH_GET_FS:
            return write_guest(arguments.address(1), thread.fs_base);
        case ARCH_GET_GS:
            return write_guest(arguments.address(1), thread.gs_base);
        case ARCH_GET_CPUID:
            return SyscallResult::raw(1);  // CPUID does not fault
        case ARCH_SET_CPUID:
            return Errno{ENODEV};  // and cannot be made to
        default:
            return Errno{EINVAL};
    }
}

SyscallResult sys_execve(GuestThread& thread, const SyscallArguments& arguments) {
    return execute_program(thread, {.directory = AT_FDCWD,
                                    .path = arguments.address(0),
                                    .arguments = arguments.address(1),
                                    .environment = arguments.address(2),
                                    .flags = 0});
}

SyscallResult sys_execveat(GuestThread& thread, const SyscallArguments& arguments) {
    return execute_program(thread, {.directory = arguments.integer(0),
                                    .path = arguments.address(1),
                                    .arguments = arguments.address(2),
                                    .environment = arguments.address(3),
                                    .flags = arguments.integer(4)});
}

}  // namespace lxr
