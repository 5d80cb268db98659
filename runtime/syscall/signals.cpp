// The system calls of signals. Called by perform_syscall through syscalls.inc.
#include <sys/syscall.h>

#include <cerrno>
#include <optional>

#include "runtime/guest_memory.h"
#include "runtime/process.h"
#include "runtime/signal/delivery.h"
#include "runtime/signal/signal_actions.h"
#include "runtime/signal/signal_frame.h"
#include "runtime/signal/thread_signals.h"
#include "runtime/syscall/syscall.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {

namespace {

/// What most of these calls check first: the size of the kernel's sigset_t.
bool is_set_size(std::uint64_t size_bytes) {
    return size_bytes == sizeof(SignalSet);
}

// ---- sending: a synchronous signal to the calling thread stays in lxr, so that no siginfo can pass for a fault of lxr's

/// Files a signal that the thread sends itself as if it had come through the kernel.
void send_to_self(GuestThread& thread, const siginfo_t& info) {
    if (thread.actions->get(info.si_signo).handler == SignalAction::ignore) return;
    thread.signals->file(info);
    if (thread.signals->deliverable()) thread.attention.store(1, std::memory_order_relaxed);
}

bool is_synchronous(std::uint64_t signal) {
    return is_signal(signal) && (signal_bit(static_cast<int>(signal)) & synchronous_set) != 0;
}

/// A siginfo for the thread itself whose si_code says that the kernel has sent it.
bool poses_as_fault(const GuestThread& thread, std::uint64_t target, std::uint64_t signal, const siginfo_t& info) {
    return is_synchronous(signal) && info.si_code > 0 && static_cast<pid_t>(target) == thread.tid;
}

/// rt_sigqueueinfo and rt_tgsigqueueinfo: `first` is the index of the target's id.
SyscallResult queue_siginfo(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments, std::size_t first) {
    siginfo_t info;
    const std::uint64_t signal = arguments[first + 1];
    if (!copy_from_guest(&info, arguments.address(first + 2), sizeof info)) return Errno{EFAULT};
    if (!poses_as_fault(thread, arguments[first], signal, info)) return pass_to_host(thread, number, arguments);
    info.si_signo = static_cast<int>(signal);
    send_to_self(thread, info);
    return SyscallResult::raw(0);
}

/// Whether the kernel would let the thread send this siginfo to the process behind the descriptor: with an si_code of the
/// kernel's, only to itself (pidfd_send_signal(2)).
SyscallResult try_pidfd(GuestThread& thread, const SyscallArguments& arguments, siginfo_t info) {
    info.si_signo = 0;
    SyscallArguments probe = arguments;
    probe.values[1] = 0;
    probe.values[2] = reinterpret_cast<std::uint64_t>(&info);
    return pass_to_host(thread, SYS_pidfd_send_signal, probe);
}

// ---- waiting

/// The result of sigtimedwait if a signal of this set is held in lxr.
std::optional<SyscallResult> take_held_signal(GuestThread& thread, SignalSet wanted, GuestAddress place) {
    const auto info = thread.signals->take_held(wanted & thread.signals->mask);
    if (!info) return std::nullopt;
    if (place.value() != 0 && !copy_to_guest(place, &*info, sizeof *info)) return SyscallResult(Errno{EFAULT});
    return SyscallResult::raw(info->si_signo);
}

/// Runs `call` with the host's form of a temporary mask, as rt_sigsuspend and its kin do (Linux kernel/signal.c,
/// set_user_sigmask): a signal that ends the wait is delivered under that mask, and its frame restores the old one.
template <typename Call>
SyscallResult wait_with_mask(GuestThread& thread, SignalSet wanted, Call call) {
    ThreadSignals& signals = *thread.signals;
    signals.saved_mask = signals.mask;
    signals.mask = wanted & ~unblockable_signals;
    SignalSet host_set = host_mask_of(signals.mask);
    const bool already_interrupted = signals.deliverable();
    const SyscallResult result = already_interrupted ? SyscallResult(Errno{EINTR}) : call(&host_set);
    const bool interrupted = result.kind() == SyscallResult::Kind::value && result.value() == -EINTR && signals.deliverable();
    if (interrupted) {
        thread.attention.store(1, std::memory_order_relaxed);
    } else {
        signals.mask = *signals.saved_mask;
        signals.saved_mask.reset();
    }
    return result;
}

/// A wait whose arguments hold the address and the size of a mask, or a null pointer.
SyscallResult wait_with_mask_at(GuestThread& thread, std::uint64_t number, SyscallArguments arguments, std::size_t mask_index) {
    if (arguments[mask_index] == 0) return pass_to_host(thread, number, arguments);
    if (!is_set_size(arguments[mask_index + 1])) return Errno{EINVAL};
    const auto wanted = read_guest<SignalSet>(arguments.address(mask_index));
    if (!wanted) return Errno{EFAULT};
    return wait_with_mask(thread, *wanted, [&](const SignalSet* host_set) {
        arguments.values[mask_index] = reinterpret_cast<std::uint64_t>(host_set);
        return pass_to_host(thread, number, arguments);
    });
}

}  // namespace

SyscallResult sys_rt_sigaction(GuestThread& thread, const SyscallArguments& arguments) {
    const GuestAddress wanted = arguments.address(1);
    const GuestAddress before = arguments.address(2);
    if (!is_set_size(arguments[3])) return Errno{EINVAL};
    SignalAction action;
    if (wanted.value() != 0 && !copy_from_guest(&action, wanted, sizeof action)) return Errno{EFAULT};
    const auto signal = static_cast<std::uint32_t>(arguments[0]);
    const bool changes = wanted.value() != 0;
    if (!is_signal(signal) || (changes && (signal_bit(arguments.integer(0)) & unblockable_signals) != 0)) return Errno{EINVAL};
    const int number = arguments.integer(0);
    if (changes && action.has_handler() && is_synchronous(arguments[0])) thread.process.engine.expect_fault_handlers();
    const SignalAction old = changes ? thread.actions->set(number, action) : thread.actions->get(number);
    if (changes && action.handler == SignalAction::ignore) thread.signals->forget_held(signal_bit(number));
    if (before.value() != 0 && !copy_to_guest(before, &old, sizeof old)) return Errno{EFAULT};
    return SyscallResult::raw(0);
}

SyscallResult sys_rt_sigprocmask(GuestThread& thread, const SyscallArguments& arguments) {
    const GuestAddress wanted = arguments.address(1);
    const GuestAddress before = arguments.address(2);
    if (!is_set_size(arguments[3])) return Errno{EINVAL};
    const SignalSet old = thread.signals->mask;
    if (wanted.value() != 0) {
        const auto set = read_guest<SignalSet>(wanted);
        if (!set) return Errno{EFAULT};
        const SignalSet changed = *set & ~unblockable_signals;
        SignalSet mask = old;
        switch (arguments.integer(0)) {
            case SIG_BLOCK:
                mask |= changed;
                break;
            case SIG_UNBLOCK:
                mask &= ~changed;
                break;
            case SIG_SETMASK:
                mask = changed;
                break;
            default:
                return Errno{EINVAL};
        }
        if (!change_mask(thread, mask)) return SyscallResult::restart();
    }
    if (before.value() != 0 && !copy_to_guest(before, &old, sizeof old)) return Errno{EFAULT};
    return SyscallResult::raw(0);
}

SyscallResult sys_rt_sigpending(GuestThread& thread, const SyscallArguments& arguments) {
    if (arguments[1] > sizeof(SignalSet)) return Errno{EINVAL};
    SignalSet pending = 0;
    host_syscall(SYS_rt_sigpending, reinterpret_cast<std::uint64_t>(&pending), sizeof pending);
    pending |= thread.signals->held() & thread.signals->mask;
    if (!copy_to_guest(arguments.address(0), &pending, arguments[1])) return Errno{EFAULT};
    return SyscallResult::raw(0);
}

SyscallResult sys_rt_sigtimedwait(GuestThread& thread, const SyscallArguments& arguments) {
    if (!is_set_size(arguments[3])) return Errno{EINVAL};
    const auto wanted = read_guest<SignalSet>(arguments.address(0));
    if (!wanted) return Errno{EFAULT};
    if (const auto held = take_held_signal(thread, *wanted, arguments.address(1))) return *held;
    const SyscallResult result = pass_to_host(thread, SYS_rt_sigtimedwait, arguments);
    const bool interrupted = result.kind() == SyscallResult::Kind::value && result.value() == -EINTR;
    if (!interrupted) return result;
    return take_held_signal(thread, *wanted, arguments.address(1)).value_or(result);  // one that arrived meanwhile
}

SyscallResult sys_rt_sigreturn(GuestThread& thread, const SyscallArguments& /*arguments*/) {
    const PoppedFrame frame = pop_signal_frame(thread);
    if (frame.mask) thread.signals->mask = *frame.mask;
    if (!frame.good) {
        thread[Gpr::rax] = 0;
        force_segmentation_fault(thread);
    }
    settle_signals(thread);
    return SyscallResult::no_result();
}

SyscallResult sys_sigaltstack(GuestThread& thread, const SyscallArguments& arguments) {
    struct {
        std::uint64_t begin;
        std::int32_t flags;
        std::uint32_t padding;
        std::uint64_t size_bytes;
    } stack{};
    static_assert(sizeof stack == sizeof(stack_t));
    const GuestAddress wanted = arguments.address(0);
    const GuestAddress before = arguments.address(1);
    const AlternateStack old = thread.signals->alternate_stack;
    const std::uint64_t sp = thread[Gpr::rsp];
    if (wanted.value() != 0) {
        if (!copy_from_guest(&stack, wanted, sizeof stack)) return Errno{EFAULT};
        const auto flags = static_cast<std::uint32_t>(stack.flags);
        const auto set =
            set_alternate_stack(*thread.signals, {.begin = stack.begin, .size_bytes = stack.size_bytes, .flags = flags}, sp);
        if (!set) return set;
    }
    stack = {.begin = old.begin,
             .flags = static_cast<std::int32_t>(old.status(sp) | (old.flags & AlternateStack::autodisarm)),
             .padding = 0,
             .size_bytes = old.size_bytes};
    if (before.value() != 0 && !copy_to_guest(before, &stack, sizeof stack)) return Errno{EFAULT};
    return SyscallResult::raw(0);
}

SyscallResult sys_rt_sigqueueinfo(GuestThread& thread, const SyscallArguments& arguments) {
    return queue_siginfo(thread, SYS_rt_sigqueueinfo, arguments, 0);
}

SyscallResult sys_rt_tgsigqueueinfo(GuestThread& thread, const SyscallArguments& arguments) {
    return queue_siginfo(thread, SYS_rt_tgsigqueueinfo, arguments, 1);
}

SyscallResult sys_pidfd_send_signal(GuestThread& thread, const SyscallArguments& arguments) {
    siginfo_t info;
    const bool with_info = is_synchronous(arguments[1]) && arguments[2] != 0;
    if (!with_info) return pass_to_host(thread, SYS_pidfd_send_signal, arguments);
    if (!copy_from_guest(&info, arguments.address(2), sizeof info)) return Errno{EFAULT};
    const bool poses = info.si_code > 0 && info.si_signo == arguments.integer(1);
    if (!poses) return pass_to_host(thread, SYS_pidfd_send_signal, arguments);
    const SyscallResult allowed = try_pidfd(thread, arguments, info);
    const bool to_itself = allowed.kind() == SyscallResult::Kind::value && allowed.value() == 0;
    if (to_itself) send_to_self(thread, info);
    return allowed;
}

SyscallResult sys_rt_sigsuspend(GuestThread& thread, const SyscallArguments& arguments) {
    if (!is_set_size(arguments[1])) return Errno{EINVAL};
    if (arguments[0] == 0) return Errno{EFAULT};
    return wait_with_mask_at(thread, SYS_rt_sigsuspend, arguments, 0);
}

SyscallResult sys_ppoll(GuestThread& thread, const SyscallArguments& arguments) {
    return wait_with_mask_at(thread, SYS_ppoll, arguments, 3);
}

SyscallResult sys_epoll_pwait(GuestThread& thread, const SyscallArguments& arguments) {
    return wait_with_mask_at(thread, SYS_epoll_pwait, arguments, 4);
}

SyscallResult sys_epoll_pwait2(GuestThread& thread, const SyscallArguments& arguments) {
    return wait_with_mask_at(thread, SYS_epoll_pwait2, arguments, 4);
}

SyscallResult sys_pselect6(GuestThread& thread, const SyscallArguments& arguments) {
    struct MaskArgument {
        std::uint64_t mask;
        std::uint64_t size_bytes;
    };
    if (arguments[5] == 0) return pass_to_host(thread, SYS_pselect6, arguments);
    const auto given = read_guest<MaskArgument>(arguments.address(5));
    if (!given) return Errno{EFAULT};
    if (given->mask == 0) return pass_to_host(thread, SYS_pselect6, arguments);
    if (!is_set_size(given->size_bytes)) return Errno{EINVAL};
    const auto wanted = read_guest<SignalSet>(GuestAddress(given->mask));
    if (!wanted) return Errno{EFAULT};
    return wait_with_mask(thread, *wanted, [&](const SignalSet* host_set) {
        const MaskArgument host_argument{.mask = reinterpret_cast<std::uint64_t>(host_set), .size_bytes = sizeof *host_set};
        SyscallArguments host_arguments = arguments;
        host_arguments.values[5] = reinterpret_cast<std::uint64_t>(&host_argument);
        return pass_to_host(thread, SYS_pselect6, host_arguments);
    });
}

}  // namespace lxr
