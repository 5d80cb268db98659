// What the guest has asked to be done with each signal: sigaction(2), as the kernel's sighand_struct.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "lifter/support/result.h"
#include "runtime/signal/signal_set.h"

namespace lxr {

/// The kernel's struct sigaction (not libc's), as rt_sigaction takes it.
struct SignalAction {
    std::uint64_t handler = 0;
    std::uint64_t flags = 0;
    std::uint64_t restorer = 0;
    SignalSet mask = 0;

    static constexpr std::uint64_t default_action = 0;  // SIG_DFL
    static constexpr std::uint64_t ignore = 1;          // SIG_IGN
    [[nodiscard]] bool has_handler() const { return handler > ignore; }
};

/// Shared by the threads of a process; a CLONE_VM child without CLONE_SIGHAND has its own copy. Thread-safe. The host's
/// dispositions follow: default and ignored are the host's own, except for the synchronous signals, which lxr always catches.
class SignalActions {
public:
    /// Reads what execve has left (ignored or default) and installs lxr's handler for the synchronous signals.
    /// @param also_ignored  those of them that the guest ignored before its execve.
    explicit SignalActions(SignalSet also_ignored);
    /// The actions of a CLONE_VM child; the host's dispositions were copied by the kernel.
    SignalActions(const SignalActions& other);
    SignalActions& operator=(const SignalActions&) = delete;

    [[nodiscard]] SignalAction get(int signal) const;
    /// sigaction(2). @return the action before. `signal` must not be SIGKILL or SIGSTOP.
    SignalAction set(int signal, const SignalAction& action);
    /// The signals that are ignored, of this set.
    [[nodiscard]] SignalSet ignored(SignalSet of) const;
    /// What delivery needs: the action as it is now; one with SA_RESETHAND and a handler is the default action afterwards.
    SignalAction take_for_delivery(int signal);
    /// CLONE_CLEAR_SIGHAND: every handler becomes the default action; the host's dispositions were reset by the kernel, but for
    /// the synchronous signals.
    void clear_handlers();

    /// Held around fork so that the child's copy is whole.
    [[nodiscard]] std::mutex& mutex() const { return mutex_; }

private:
    SignalAction& entry(int signal) { return actions_[static_cast<std::size_t>(signal - 1)]; }
    void store(int signal, const SignalAction& action);

    mutable std::mutex mutex_;
    std::array<SignalAction, signal_count> actions_{};
};

}  // namespace lxr
