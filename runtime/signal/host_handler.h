// The host's side of signals: the one handler, the host's dispositions and mask. The only place that calls sigaction(2).
#pragma once

#include <csignal>

#include "runtime/signal/signal_actions.h"
#include "runtime/signal/signal_set.h"

namespace lxr {

class GuestThread;

/// True if the host's disposition of this signal is SIG_IGN (inherited over execve).
bool host_ignores(int signal);

/// Makes the host treat `signal` as the guest's action asks: its own default or ignoring, or lxr's handler.
void set_host_disposition(int signal, const SignalAction& action);

/// Sets the calling host thread's mask from a mask of the guest's. Signals that this lets in are filed before it returns.
void set_host_mask(SignalSet guest_mask);

/// The calling host thread's mask.
SignalSet host_mask();

/// Blocks every signal but the synchronous ones on the calling host thread, in one step with the look whether a signal has been
/// caught. @return false, with nothing changed, if one has: it must be delivered first.
bool block_host_signals(GuestThread& thread);

/// Queues a signal for the calling thread with exactly this siginfo. It is caught, or acts, once it is unblocked.
void queue_to_self(const siginfo_t& info);

/// Ends the process by the default action of a signal that lxr has caught, so that its parent sees that very signal.
[[noreturn]] void end_by_signal(const siginfo_t& info);

/// The alternate stack on which the calling host thread handles host signals; made at construction, gone at destruction.
class HostSignalStack {
public:
    HostSignalStack();
    ~HostSignalStack();
    HostSignalStack(const HostSignalStack&) = delete;
    HostSignalStack& operator=(const HostSignalStack&) = delete;

private:
    void* memory_;
};

}  // namespace lxr
