// What the kernel would keep of signals in the task_struct of one thread, and the mail box in which the host's signal handler
// leaves what it has caught.
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <optional>

#include "lifter/support/result.h"
#include "runtime/signal/signal_set.h"

namespace lxr {

/// sigaltstack(2). Flags are kept as they were set (SS_AUTODISARM, SS_DISABLE or 0).
struct AlternateStack {
    static constexpr std::uint32_t autodisarm = 1U << 31;  // SS_AUTODISARM

    std::uint64_t begin = 0;
    std::uint64_t size_bytes = 0;
    std::uint32_t flags = 0;

    /// Whether a stack pointer lies on it, whatever the flags say.
    [[nodiscard]] bool contains(std::uint64_t stack_pointer) const {
        return stack_pointer > begin && stack_pointer - begin <= size_bytes;
    }
    /// Whether the thread runs on it now; never said with SS_AUTODISARM.
    [[nodiscard]] bool in_use(std::uint64_t stack_pointer) const;
    /// SS_DISABLE, SS_ONSTACK or 0, as sigaltstack reports it.
    [[nodiscard]] std::uint32_t status(std::uint64_t stack_pointer) const;
    void disable();

    bool operator==(const AlternateStack&) const = default;
};

/// Touched only by its thread and by the signal handler that interrupts that thread.
struct ThreadSignals {
    /// The guest's blocked signals. The host's mask is host_mask_of(mask), or everything while `caught` is full.
    SignalSet mask = 0;
    /// The mask that the next signal frame (or the end of the call) restores, while a call such as rt_sigsuspend has put
    /// another one into `mask` (Linux kernel/signal.c, saved_sigmask).
    std::optional<SignalSet> saved_mask;
    AlternateStack alternate_stack;

    /// The last trap of the thread, as signal frames show it for ever after (Linux thread_struct).
    std::uint64_t trap_number = 0;
    std::uint64_t trap_error_code = 0;
    std::uint64_t trap_address = 0;
    /// The frame that is about to be built is for a fault: RFLAGS.RF is set in it (SDM Vol. 3B, "Instruction-Breakpoint
    /// Exception Condition").
    bool after_fault = false;

    /// Files a signal that the host has caught. Async-signal-safe; called on this thread with every signal blocked.
    /// Of the synchronous signals each has a place of its own; of the others at most one is caught at a time.
    void file(const siginfo_t& info);
    /// Takes the next signal to deliver: an unblocked synchronous one first, then what was caught.
    std::optional<siginfo_t> take();
    /// Takes a blocked synchronous signal of this set (sigtimedwait).
    std::optional<siginfo_t> take_held(SignalSet wanted);
    /// Synchronous signals that arrived and were not yet delivered.
    [[nodiscard]] SignalSet held() const { return held_.load(std::memory_order_relaxed); }
    void forget_held(SignalSet set) { held_.fetch_and(~set, std::memory_order_relaxed); }
    [[nodiscard]] bool caught() const { return caught_.load(std::memory_order_relaxed); }
    /// Whether `take` would give something.
    [[nodiscard]] bool deliverable() const { return caught() || (held() & ~mask) != 0; }

private:
    std::atomic<bool> caught_ = false;
    siginfo_t caught_info_{};
    std::atomic<SignalSet> held_ = 0;
    std::array<siginfo_t, synchronous_signals.size()> held_info_{};
};

/// sigaltstack(2) with a new stack, for a thread whose stack pointer is given. Errors: EPERM, EINVAL, ENOMEM.
Result<void> set_alternate_stack(ThreadSignals& signals, const AlternateStack& wanted, std::uint64_t stack_pointer);

}  // namespace lxr
