// One guest thread: its processor state, and what the kernel would keep of it in task_struct.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <memory>

#include "jit/engine.h"
#include "lifter/guest_state.h"

namespace lxr {

class Process;
class SignalActions;
class HostSignalStack;
struct ExecveImage;
struct ThreadSignals;

/// Runs on the host thread of the same id, except that a CLONE_VM child that is not a thread runs on its own host stack.
class GuestThread : public GuestState {
public:
    /// A thread with the initial processor state.
    GuestThread(Process& process, SignalActions& actions);
    /// A child that clone(2) makes: the parent's processor state, signal mask and alternate stack.
    GuestThread(const GuestThread& parent, SignalActions& actions);
    ~GuestThread();
    GuestThread(const GuestThread&) = delete;
    GuestThread& operator=(const GuestThread&) = delete;

    static GuestThread& of(GuestState& state) { return static_cast<GuestThread&>(state); }
    /// The guest thread that the calling host thread runs; null on others. Async-signal-safe.
    static GuestThread* current();
    static void set_current(GuestThread* thread);

    /// Makes the process's first thread the calling host thread's: what execve left of masks and lists becomes the guest's.
    void adopt_initial_host_thread();

    /// Runs guest code on the calling host thread, opens the guest's signal mask, and returns when `exiting` is set.
    void run();

    Process& process;
    /// The process's actions; a CLONE_VM child without CLONE_SIGHAND has its own copy.
    SignalActions* actions;
    /// Mask, caught signal, alternate stack: see runtime/signal/thread_signals.h.
    std::unique_ptr<ThreadSignals> signals;
    EngineThreadPointer engine_thread;
    /// Where the host thread handles host signals; a borrowing child uses its parent's.
    std::unique_ptr<HostSignalStack> host_signal_stack;
    pid_t tid = 0;
    /// Set when the thread ends without ending the process; Engine::run then returns.
    bool exiting = false;
    int exit_status = 0;
    /// A CLONE_VM child that is not a thread: a process of its own in the memory of its parent, which owns this object.
    bool borrows_memory = false;
    /// What an execve under way holds: freed by whoever destroys the thread, for a borrowing child never comes back.
    std::unique_ptr<ExecveImage> execve_image;
};

}  // namespace lxr
