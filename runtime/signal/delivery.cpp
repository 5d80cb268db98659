// Delivery of signals (Linux kernel/signal.c, get_signal, and arch/x86/kernel/signal.c, handle_signal).
#include "runtime/signal/delivery.h"

#include <sys/syscall.h>

#include "lifter/support/log.h"
#include "runtime/process.h"
#include "runtime/signal/fault_signal.h"
#include "runtime/signal/host_handler.h"
#include "runtime/signal/signal_actions.h"
#include "runtime/signal/signal_frame.h"
#include "runtime/signal/thread_signals.h"
#include "runtime/syscall/strace.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

siginfo_t kernel_siginfo(int signal) {
    siginfo_t info{};
    info.si_signo = signal;
    info.si_code = SI_KERNEL;
    return info;
}

/// The default action of a signal that the host does not act on by itself.
[[noreturn]] void end_process(GuestThread& thread, const siginfo_t& info) {
    thread.process.report_statistics();
    end_by_signal(info);
}

void restore_saved_mask(ThreadSignals& signals) {
    if (signals.saved_mask) signals.mask = *signals.saved_mask;
    signals.saved_mask.reset();
}

void run_handler(GuestThread& thread, const SignalAction& action, const siginfo_t& info) {
    ThreadSignals& signals = *thread.signals;
    const SignalSet saved_mask = signals.saved_mask.value_or(signals.mask);
    if (!push_signal_frame(thread, action, info, saved_mask)) {
        // A handler of SIGSEGV that cannot be entered is not tried again (Linux kernel/signal.c, force_sigsegv).
        if (info.si_signo == SIGSEGV) end_process(thread, kernel_siginfo(SIGSEGV));
        force_segmentation_fault(thread);
        return;
    }
    signals.saved_mask.reset();
    signals.mask |= action.mask;
    if ((action.flags & SA_NODEFER) == 0) signals.mask |= signal_bit(info.si_signo);
    log(LogCategory::signal, LogLevel::debug, "thread {}: signal {} (code {}) goes to {:#x}", thread.tid, info.si_signo,
        info.si_code, action.handler);
}

/// Delivers one signal that is not blocked.
void deliver(GuestThread& thread, const siginfo_t& info) {
    const int signal = info.si_signo;
    const SignalAction action = thread.actions->take_for_delivery(signal);
    if (thread.process.options.strace) strace_signal(info);
    if (action.has_handler()) {
        run_handler(thread, action, info);
    } else if ((signal_bit(signal) & synchronous_set) != 0) {
        if (action.handler == SignalAction::default_action) end_process(thread, info);
    } else {
        // The action was changed after the signal was caught: the host's disposition is the guest's now.
        queue_to_self(info);
    }
}

/// force_sig_info_to_task: a signal that cannot be held back. Blocked or ignored, it ends the process.
void force(GuestThread& thread, const siginfo_t& info) {
    ThreadSignals& signals = *thread.signals;
    const SignalAction action = thread.actions->get(info.si_signo);
    const bool blocked = (signals.mask & signal_bit(info.si_signo)) != 0;
    if (blocked || !action.has_handler()) end_process(thread, info);
    deliver(thread, info);
}

}  // namespace

void settle_signals(GuestThread& thread) {
    ThreadSignals& signals = *thread.signals;
    for (;;) {
        while (const auto info = signals.take()) {
            if ((signals.mask & signal_bit(info->si_signo)) != 0) {
                queue_to_self(*info);  // the handler of a trap has blocked it meanwhile
            } else {
                deliver(thread, *info);
            }
        }
        restore_saved_mask(signals);
        set_host_mask(signals.mask);
        if (!signals.deliverable()) return;
    }
}

void deliver_signals(GuestThread& thread) {
    thread.attention.store(0, std::memory_order_relaxed);
    if (thread.signals->deliverable()) settle_signals(thread);
}

void deliver_fault(GuestThread& thread, const GuestFault& fault) {
    ThreadSignals& signals = *thread.signals;
    if (is_fault_class(fault.vector) && signals.deliverable()) {
        deliver_signals(thread);  // it came first; the faulting instruction will fault again after its handler
        return;
    }
    signals.trap_number = static_cast<std::uint64_t>(fault.vector);
    signals.trap_error_code = fault.error_code;
    if (fault.vector == ExceptionVector::page_fault) signals.trap_address = fault.address.value();
    signals.after_fault = is_fault_class(fault.vector);
    force(thread, siginfo_of_fault(thread, fault));
    signals.after_fault = false;
    settle_signals(thread);
}

void force_segmentation_fault(GuestThread& thread) {
    force(thread, kernel_siginfo(SIGSEGV));
}

bool change_mask(GuestThread& thread, SignalSet mask) {
    const SignalSet host_set = host_mask_of(mask);
    const SyscallArguments arguments{{SIG_SETMASK, reinterpret_cast<std::uint64_t>(&host_set), 0, sizeof host_set, 0, 0}};
    if (pass_to_host(thread, SYS_rt_sigprocmask, arguments).kind() != SyscallResult::Kind::value) return false;
    thread.signals->mask = mask & ~unblockable_signals;
    if (thread.signals->deliverable()) thread.attention.store(1, std::memory_order_relaxed);
    return true;
}

}  // namespace lxr
