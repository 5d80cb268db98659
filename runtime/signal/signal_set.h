// Sets of signals as the kernel keeps them, and the sets that lxr treats alike.
#pragma once

#include <array>
#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace lxr {

/// The kernel's sigset_t: bit n-1 stands for signal n.
using SignalSet = std::uint64_t;

inline constexpr int signal_count = 64;

constexpr SignalSet signal_bit(int signal) {
    return SignalSet{1} << (signal - 1);
}

constexpr SignalSet signal_set(std::initializer_list<int> signals) {
    SignalSet set = 0;
    for (const int signal : signals) set |= signal_bit(signal);
    return set;
}

inline constexpr SignalSet all_signals = ~SignalSet{0};
inline constexpr SignalSet unblockable_signals = signal_set({SIGKILL, SIGSTOP});

/// The signals that a fault of the guest's code raises in the kernel's order of delivery (Linux kernel/signal.c,
/// SYNCHRONOUS_MASK). The host never blocks them and always catches them, because lxr's own work needs them.
inline constexpr std::array<int, 6> synchronous_signals = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
inline constexpr SignalSet synchronous_set = signal_set({SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS});

/// What a mask of the guest's means for the host's thread.
constexpr SignalSet host_mask_of(SignalSet guest_mask) {
    return guest_mask & ~synchronous_set;
}

/// signal(7), "Standard signals": what SIG_DFL ignores.
inline constexpr SignalSet ignored_by_default = signal_set({SIGCHLD, SIGCONT, SIGURG, SIGWINCH});

constexpr bool is_signal(std::uint64_t number) {
    return number >= 1 && number <= signal_count;
}

}  // namespace lxr
