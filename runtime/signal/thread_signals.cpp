// The mail box between the host's signal handler and delivery, and the alternate stack. Called by host_handler.cpp,
// delivery.cpp and the signal system calls.
#include "runtime/signal/thread_signals.h"

#include <algorithm>
#include <cerrno>

#include "lifter/support/check.h"

namespace lxr {

namespace {

std::size_t place_of(int synchronous_signal) {
    return static_cast<std::size_t>(std::ranges::find(synchronous_signals, synchronous_signal) - synchronous_signals.begin());
}

}  // namespace

bool AlternateStack::in_use(std::uint64_t stack_pointer) const {
    return (flags & autodisarm) == 0 && contains(stack_pointer);
}

std::uint32_t AlternateStack::status(std::uint64_t stack_pointer) const {
    if (size_bytes == 0) return SS_DISABLE;
    return in_use(stack_pointer) ? SS_ONSTACK : 0;
}

void AlternateStack::disable() {
    *this = {.begin = 0, .size_bytes = 0, .flags = SS_DISABLE};
}

Result<void> set_alternate_stack(ThreadSignals& signals, const AlternateStack& wanted, std::uint64_t stack_pointer) {
    constexpr std::uint64_t smallest_bytes = 2048;  // MINSIGSTKSZ
    AlternateStack& current = signals.alternate_stack;
    if (current.in_use(stack_pointer)) return error(EPERM);
    const std::uint32_t mode = wanted.flags & ~AlternateStack::autodisarm;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0) return error(EINVAL);
    if (wanted == current) return {};
    if (mode != SS_DISABLE && wanted.size_bytes < smallest_bytes) return error(ENOMEM);
    current = wanted;
    if (mode == SS_DISABLE) current.begin = current.size_bytes = 0;
    return {};
}

void ThreadSignals::file(const siginfo_t& info) {
    const SignalSet bit = signal_bit(info.si_signo);
    if ((bit & synchronous_set) == 0) {
        LXR_CHECK(!caught());
        caught_info_ = info;
        caught_.store(true, std::memory_order_release);
    } else if ((held() & bit) == 0) {  // a standard signal that is already pending is not queued again
        held_info_[place_of(info.si_signo)] = info;
        held_.fetch_or(bit, std::memory_order_release);
    }
}

std::optional<siginfo_t> ThreadSignals::take() {
    if (auto held_signal = take_held(~mask)) return held_signal;
    if (!caught_.load(std::memory_order_acquire)) return std::nullopt;
    const siginfo_t info = caught_info_;
    caught_.store(false, std::memory_order_release);
    return info;
}

std::optional<siginfo_t> ThreadSignals::take_held(SignalSet wanted) {
    const SignalSet available = held_.load(std::memory_order_acquire) & wanted;
    const auto* signal =
        std::ranges::find_if(synchronous_signals, [&](int each) { return (available & signal_bit(each)) != 0; });
    if (signal == synchronous_signals.end()) return std::nullopt;
    const siginfo_t info = held_info_[place_of(*signal)];
    forget_held(signal_bit(*signal));
    return info;
}

}  // namespace lxr
