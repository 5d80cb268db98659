// prlimit and its kin, personality and prctl: what would change the engine's own process is answered here.
#include "runtime/syscall/limits.h"

#include <linux/prctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "lifter/support/log.h"
#include "runtime/guest_memory.h"
#include "runtime/process.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {
namespace {

constinit std::atomic<bool> guest_has_set_stack_limit = false;

bool is_success(const SyscallResult& result) {
    return result.kind() == SyscallResult::Kind::value && result.value() == 0;
}

/// getrlimit, setrlimit and prlimit64 are one; `limit` holds their `old` in guest memory, or 0.
SyscallResult show_stack_limit(const Process& process, GuestAddress limit) {
    const std::optional<std::uint64_t> soft = lowered_stack_limit(process);
    if (!soft || limit.value() == 0) return SyscallResult::raw(0);
    return write_guest(limit, *soft);  // rlim_cur comes first
}

struct PrctlRefusal {
    int option;
    int errno_value;
    const char* reason;
};

/// Options that lxr cannot grant; each fails as on a kernel that was built without it.
// clang-format off
constexpr PrctlRefusal prctl_refusals[] = {
    {PR_SET_SECCOMP,               EINVAL, "PR_SET_SECCOMP: a filter of the guest in the kernel would see the engine's own calls"},
    {PR_SET_TSC,                   EINVAL, "PR_SET_TSC: would stop the engine's own RDTSC"},
    {PR_SET_SYSCALL_USER_DISPATCH, EINVAL, "PR_SET_SYSCALL_USER_DISPATCH: the kernel would dispatch the engine's own calls"},
    {65 /* PR_SET_MDWE */,         EINVAL, "PR_SET_MDWE: the map of guest memory does not enforce it"},
    {PR_SET_MM,                    EPERM,  "PR_SET_MM: the kernel's break and code range are the engine's own"},
};
// clang-format on

constexpr int query_personality = -1;

}  // namespace

std::optional<std::uint64_t> lowered_stack_limit(const Process& process) {
    if (guest_has_set_stack_limit) return std::nullopt;
    return process.options.guest_stack_limit_bytes;
}

SyscallResult sys_getrlimit(GuestThread& thread, const SyscallArguments& arguments) {
    const SyscallResult result = pass_to_host(thread, guest_syscall::getrlimit, arguments);
    if (!is_success(result) || arguments.integer(0) != RLIMIT_STACK) return result;
    return show_stack_limit(thread.process, arguments.address(1));
}

SyscallResult sys_setrlimit(GuestThread& thread, const SyscallArguments& arguments) {
    const SyscallResult result = pass_to_host(thread, guest_syscall::setrlimit, arguments);
    if (is_success(result) && arguments.integer(0) == RLIMIT_STACK) guest_has_set_stack_limit = true;
    return result;
}

SyscallResult sys_prlimit64(GuestThread& thread, const SyscallArguments& arguments) {
    const SyscallResult result = pass_to_host(thread, guest_syscall::prlimit64, arguments);
    const int pid = arguments.integer(0);
    const bool own = pid == 0 || pid == getpid();
    if (!is_success(result) || !own || arguments.integer(1) != RLIMIT_STACK) return result;
    const SyscallResult shown = show_stack_limit(thread.process, arguments.address(3));
    if (arguments[2] != 0) guest_has_set_stack_limit = true;
    return shown;
}

SyscallResult sys_personality(GuestThread& thread, const SyscallArguments& arguments) {
    const bool asks_exec = arguments.integer(0) != query_personality && (arguments[0] & READ_IMPLIES_EXEC) != 0;
    if (asks_exec) {
        log(LogCategory::syscall, LogLevel::warning,
            "personality: READ_IMPLIES_EXEC would make the guest's pages executable for the host; see "
            "runtime/syscall/limits.cpp");
        return Errno{EINVAL};
    }
    return pass_to_host(thread, guest_syscall::personality, arguments);
}

SyscallResult sys_prctl(GuestThread& thread, const SyscallArguments& arguments) {
    const auto* refusal = std::ranges::find(prctl_refusals, arguments.integer(0), &PrctlRefusal::option);
    if (refusal == std::end(prctl_refusals)) return pass_to_host(thread, guest_syscall::prctl, arguments);
    log(LogCategory::syscall, LogLevel::warning, "prctl: {}; see runtime/syscall/limits.cpp", refusal->reason);
    return Errno{refusal->errno_value};
}

}  // namespace lxr
