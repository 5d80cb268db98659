// The frame that a signal leaves on the guest's stack, bit for bit as the kernel's, and the way back from it. Called by
// delivery.cpp and rt_sigreturn.
#pragma once

#include <csignal>
#include <optional>

#include "runtime/guest_thread.h"
#include "runtime/signal/signal_actions.h"

namespace lxr {

/// The largest frame, alignment included: what AT_MINSIGSTKSZ promises.
[[nodiscard]] std::size_t largest_signal_frame_bytes();

/// Pushes the frame and sets the registers for the guest's handler (Linux arch/x86/kernel/signal_64.c, x64_setup_rt_frame).
/// @param saved_mask  the mask that rt_sigreturn will restore.
/// @return false if the stack cannot take it; memory may then be half written, the registers are unchanged.
bool push_signal_frame(GuestThread& thread, const SignalAction& action, const siginfo_t& info, SignalSet saved_mask);

struct PoppedFrame {
    /// If not, the thread gets SIGSEGV; registers may then be half restored, as in the kernel.
    bool good;
    /// What the frame wants blocked, if that could be read.
    std::optional<SignalSet> mask;
};

/// rt_sigreturn(2): restores registers, extended state and alternate stack; the caller restores the mask.
PoppedFrame pop_signal_frame(GuestThread& thread);

}  // namespace lxr
