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
struct ThreadSignals;

/// Runs on the host thread of the same id, except that a CLONE_VM child that is not a thread runs on its own host stack.
class GuestThread : public GuestState {
public:
    GuestThread(Process& process, SignalActions& actions);
    ~GuestThread();
    GuestThread(const GuestThread&) = delete;
    GuestThread& operator=(const GuestThread&) = delete;

    static GuestThread& of(GuestState& state) { return static_cast<GuestThread&>(state); }
    /// The guest thread that the calling host thread runs; null on others. Async-signal-safe.
    static GuestThread* current();

    Process& process;
    /// The process's actions; a CLONE_VM child without CLONE_SIGHAND has its own copy.
    SignalActions* actions;
    /// Mask, caught signal, alternate stack: see runtime/signal/thread_signals.h.
    std::unique_ptr<ThreadSignals> signals;
    EngineThreadPointer engine_thread;
    pid_t tid = 0;
    /// Set when the thread ends without ending the process; Engine::run then returns.
    bool exiting = false;
    int exit_status = 0;
};

}  // namespace lxr
