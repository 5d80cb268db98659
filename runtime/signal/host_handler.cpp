// The one signal handler of the host, and everything that changes the host's dispositions and masks. Called by SignalActions,
// delivery and the threads; the handler itself by the kernel.
#include "runtime/signal/host_handler.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>

#include "jit/fault_recovery.h"
#include "lifter/support/check.h"
#include "runtime/guest_memory.h"
#include "runtime/guest_thread.h"
#include "runtime/host/signal_context.h"
#include "runtime/host/system_call.h"
#include "runtime/signal/crash_report.h"
#include "runtime/signal/thread_signals.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

constexpr std::uint64_t restorer_flag = 0x04000000;  // SA_RESTORER
/// The guest's flags that change what the kernel itself does.
constexpr std::uint64_t flags_of_the_kernel = SA_RESTART | SA_NOCLDSTOP | SA_NOCLDWAIT;

std::int64_t host_rt_sigaction(int signal, const SignalAction* action, SignalAction* before) {
    return host_syscall(SYS_rt_sigaction, static_cast<std::uint64_t>(signal), reinterpret_cast<std::uint64_t>(action),
                        reinterpret_cast<std::uint64_t>(before), sizeof(SignalSet));
}

void set_mask(SignalSet host_set) {
    host_syscall(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<std::uint64_t>(&host_set), 0, sizeof host_set);
}

/// A fault: of a copy from or to guest memory, of guest code, or of lxr itself.
void handle_fault(const siginfo_t& info, ucontext_t& context) {
    if (info.si_signo == SIGTRAP && info.si_code == TRAP_TRACE && continue_interruption(context)) return;
    if (redirect_guest_copy_fault(context)) return;
    if (redirect_to_fault(context, fault_from_signal(info, context))) return;
    report_crash(info, context);
    const SignalAction default_action{};
    host_rt_sigaction(info.si_signo, &default_action, nullptr);  // the instruction is run again and ends lxr
}

/// A synchronous signal came to a host thread that runs no guest code: the first thread of the process shall have it.
void hand_to_leader(const siginfo_t& info) {
    const auto process_id = static_cast<std::uint64_t>(getpid());
    if (host_syscall(SYS_gettid) == getpid()) end_by_signal(info);  // the guest has not begun
    host_syscall(SYS_rt_tgsigqueueinfo, process_id, process_id, static_cast<std::uint64_t>(info.si_signo),
                 reinterpret_cast<std::uint64_t>(&info));
}

/// A signal that was sent. The thread finds it in its mail box at the next block boundary or system call.
void handle_sent(const siginfo_t& info, ucontext_t& context) {
    GuestThread* thread = GuestThread::current();
    if (thread == nullptr) return hand_to_leader(info);
    const bool synchronous = (signal_bit(info.si_signo) & synchronous_set) != 0;
    thread->signals->file(info);
    if (synchronous && (signal_bit(info.si_signo) & thread->signals->mask) != 0) return;
    // No second signal may come before this one is delivered: delivery opens the mask again. (Only the first word of
    // uc_sigmask exists in the kernel's frame.)
    if (!synchronous) context.uc_sigmask.__val[0] = host_mask_of(all_signals);
    thread->attention.store(1, std::memory_order_release);
    interrupt_system_call(context);
    interrupt_translated_code(context);
}

void handle_host_signal(int signal, siginfo_t* info, void* context_pointer) {
    auto& context = *static_cast<ucontext_t*>(context_pointer);
    if ((signal_bit(signal) & synchronous_set) != 0 && info->si_code > 0) {
        handle_fault(*info, context);
    } else {
        handle_sent(*info, context);
    }
}

}  // namespace

bool host_ignores(int signal) {
    SignalAction action;
    if (host_rt_sigaction(signal, nullptr, &action) != 0) return false;
    return action.handler == SignalAction::ignore;
}

void set_host_disposition(int signal, const SignalAction& action) {
    if ((signal_bit(signal) & unblockable_signals) != 0) return;
    const bool synchronous = (signal_bit(signal) & synchronous_set) != 0;
    SignalAction host{.handler = action.handler,
                      .flags = (action.flags & flags_of_the_kernel) | SA_SIGINFO | SA_ONSTACK | restorer_flag,
                      .restorer = reinterpret_cast<std::uint64_t>(&lxr_signal_return),
                      .mask = all_signals};
    if (action.has_handler() || synchronous) host.handler = reinterpret_cast<std::uint64_t>(&handle_host_signal);
    if (synchronous && !action.has_handler()) host.flags |= SA_RESTART;  // what is ignored must not interrupt a call
    LXR_CHECK(host_rt_sigaction(signal, &host, nullptr) == 0);
}

void set_host_mask(SignalSet guest_mask) {
    set_mask(host_mask_of(guest_mask));
}

SignalSet host_mask() {
    SignalSet mask = 0;
    host_syscall(SYS_rt_sigprocmask, SIG_SETMASK, 0, reinterpret_cast<std::uint64_t>(&mask), sizeof mask);
    return mask;
}

bool block_host_signals(GuestThread& thread) {
    const SignalSet everything = host_mask_of(all_signals);
    const SyscallArguments arguments{{SIG_SETMASK, reinterpret_cast<std::uint64_t>(&everything), 0, sizeof everything, 0, 0}};
    return pass_to_host(thread, SYS_rt_sigprocmask, arguments).kind() == SyscallResult::Kind::value;
}

void queue_to_self(const siginfo_t& info) {
    host_syscall(SYS_rt_tgsigqueueinfo, static_cast<std::uint64_t>(getpid()),
                 static_cast<std::uint64_t>(host_syscall(SYS_gettid)), static_cast<std::uint64_t>(info.si_signo),
                 reinterpret_cast<std::uint64_t>(&info));
}

void end_by_signal(const siginfo_t& info) {
    const SignalAction default_action{};
    set_mask(all_signals);
    host_rt_sigaction(info.si_signo, &default_action, nullptr);
    queue_to_self(info);
    set_mask(all_signals & ~signal_bit(info.si_signo));
    // Only the first process of a PID namespace gets here: the kernel spares it its own default actions.
    for (;;) host_syscall(SYS_exit_group, 128 + static_cast<std::uint64_t>(info.si_signo));
}

namespace {
constexpr std::size_t host_signal_stack_bytes = 64 * 1024;  // the kernel's frame with AVX-512 is 3.5 KB, with AMX 11 KB
}

HostSignalStack::HostSignalStack()
    : memory_(
          mmap(nullptr, host_signal_stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    LXR_CHECK(memory_ != MAP_FAILED);
    const stack_t stack{.ss_sp = memory_, .ss_flags = 0, .ss_size = host_signal_stack_bytes};
    LXR_CHECK(sigaltstack(&stack, nullptr) == 0);
}

HostSignalStack::~HostSignalStack() {
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    sigaltstack(&none, nullptr);
    munmap(memory_, host_signal_stack_bytes);
}

}  // namespace lxr
