// System calls that change the guest's address space: unpacked here, done by AddressSpace. The rows that name this file:
// syscalls.inc.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/process.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {

namespace {

/// Advice after which the memory may hold something else.
constexpr std::array discarding_advice = {MADV_DONTNEED, MADV_FREE, MADV_REMOVE, 24 /* MADV_DONTNEED_LOCKED */};

}  // namespace

SyscallResult sys_mmap(GuestThread& thread, const SyscallArguments& arguments) {
    const int type = arguments.integer(3) & MAP_TYPE;
    if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) thread.process.engine.expect_onlookers();
    return thread.process.memory.map(arguments.address(0), arguments[1], arguments.integer(2), arguments.integer(3),
                                     arguments.integer(4), arguments[5]);
}

SyscallResult sys_munmap(GuestThread& thread, const SyscallArguments& arguments) {
    return thread.process.memory.unmap(arguments.address(0), arguments[1]);
}

SyscallResult sys_mprotect(GuestThread& thread, const SyscallArguments& arguments) {
    return thread.process.memory.protect(arguments.address(0), arguments[1], arguments.integer(2));
}

SyscallResult sys_pkey_mprotect(GuestThread& thread, const SyscallArguments& arguments) {
    return thread.process.memory.protect(arguments.address(0), arguments[1], arguments.integer(2), arguments.integer(3));
}

SyscallResult sys_mremap(GuestThread& thread, const SyscallArguments& arguments) {
    return thread.process.memory.remap(arguments.address(0), arguments[1], arguments[2], arguments.integer(3),
                                       arguments.address(4));
}

SyscallResult sys_brk(GuestThread& thread, const SyscallArguments& arguments) {
    return Result<GuestAddress>(thread.process.memory.set_break(arguments.address(0)));
}

SyscallResult sys_madvise(GuestThread& thread, const SyscallArguments& arguments) {
    AddressSpace& memory = thread.process.memory;
    if (!memory.in_window(arguments.address(0), arguments[1])) return Errno{ENOMEM};
    const SyscallResult result = pass_to_host(thread, guest_syscall::madvise, arguments);
    if (std::ranges::find(discarding_advice, arguments.integer(2)) != discarding_advice.end()) {
        memory.contents_changed(arguments.address(0), arguments[1]);
    }
    return result;
}

SyscallResult sys_shmat(GuestThread& thread, const SyscallArguments& arguments) {
    thread.process.engine.expect_onlookers();
    return thread.process.memory.attach_shared_memory(arguments.integer(0), arguments.address(1), arguments.integer(2));
}

SyscallResult sys_shmdt(GuestThread& thread, const SyscallArguments& arguments) {
    return thread.process.memory.detach_shared_memory(arguments.address(0));
}

}  // namespace lxr
