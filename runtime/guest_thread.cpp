// A guest thread and the host thread that runs it. Called by start.cpp for the first thread and by process_creation.cpp.
#include "runtime/guest_thread.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "runtime/execve.h"
#include "runtime/process.h"
#include "runtime/signal/host_handler.h"
#include "runtime/signal/thread_signals.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {
thread_local GuestThread* current_thread = nullptr;

/// Everything that clone(2) gives the child of the processor; the rest of GuestState is scratch or the thread's own.
void copy_processor_state(GuestState& to, const GuestState& from) {
    to.gpr = from.gpr;
    to.rip = from.rip;
    to.fs_base = from.fs_base;
    to.gs_base = from.gs_base;
    to.selectors = from.selectors;
    to.status_flags = from.status_flags;
    to.control_flags = from.control_flags;
    to.mxcsr = from.mxcsr;
    to.vector = from.vector;
    to.mask = from.mask;
    to.x87 = from.x87;
}

}  // namespace

GuestThread::GuestThread(Process& process_of_thread, SignalActions& actions_of_thread)
    : process(process_of_thread), actions(&actions_of_thread), signals(std::make_unique<ThreadSignals>()) {}

GuestThread::GuestThread(const GuestThread& parent, SignalActions& actions_of_thread)
    : GuestThread(parent.process, actions_of_thread) {
    copy_processor_state(*this, parent);
    signals->mask = parent.signals->mask;
    signals->alternate_stack = parent.signals->alternate_stack;
    tid = parent.tid;
}

GuestThread::~GuestThread() = default;

GuestThread* GuestThread::current() {
    return current_thread;
}

void GuestThread::set_current(GuestThread* thread) {
    current_thread = thread;
}

void GuestThread::adopt_initial_host_thread() {
    tid = static_cast<pid_t>(host_syscall(SYS_gettid));
    signals->mask = host_mask() | (process.options.blocked_synchronous_signals & synchronous_set);
    // libc has registered its own; the guest's thread has none yet (execve(2)).
    host_syscall(SYS_set_tid_address, 0);
    host_syscall(SYS_set_robust_list, 0, sizeof(robust_list_head));
    host_signal_stack = std::make_unique<HostSignalStack>();
    engine_thread = process.engine.make_thread(*this);
}

void GuestThread::run() {
    set_current(this);
    set_host_mask(signals->mask);
    process.engine.run(*engine_thread);
    set_current(nullptr);
}

}  // namespace lxr
