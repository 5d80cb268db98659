// The table of signal actions. Called by the signal system calls and by delivery.
#include "runtime/signal/signal_actions.h"

#include "runtime/signal/host_handler.h"

namespace lxr {

namespace {

/// The flags that the kernel keeps (Linux include/linux/signal_types.h, UAPI_SA_FLAGS; uapi asm-generic/signal-defs.h).
constexpr std::uint64_t kept_flags = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |
                                     static_cast<std::uint32_t>(SA_RESETHAND) | 0x00000800 /* SA_EXPOSE_TAGBITS */ |
                                     0x04000000 /* SA_RESTORER */;

SignalAction as_kept(SignalAction action) {
    action.flags &= kept_flags;
    action.mask &= ~unblockable_signals;
    return action;
}

}  // namespace

SignalActions::SignalActions(SignalSet also_ignored) {
    for (int signal = 1; signal <= signal_count; ++signal) {
        const bool ignored = (also_ignored & synchronous_set & signal_bit(signal)) != 0 || host_ignores(signal);
        if (ignored) entry(signal).handler = SignalAction::ignore;
    }
    for (const int signal : synchronous_signals) set_host_disposition(signal, entry(signal));
}

SignalActions::SignalActions(const SignalActions& other) {
    const std::scoped_lock lock(other.mutex_);
    actions_ = other.actions_;
}

SignalAction SignalActions::get(int signal) const {
    const std::scoped_lock lock(mutex_);
    return actions_[static_cast<std::size_t>(signal - 1)];
}

SignalAction SignalActions::set(int signal, const SignalAction& action) {
    const std::scoped_lock lock(mutex_);
    const SignalAction before = entry(signal);
    store(signal, as_kept(action));
    return before;
}

SignalSet SignalActions::ignored(SignalSet of) const {
    const std::scoped_lock lock(mutex_);
    SignalSet found = 0;
    for (int signal = 1; signal <= signal_count; ++signal) {
        if (actions_[static_cast<std::size_t>(signal - 1)].handler == SignalAction::ignore) found |= signal_bit(signal);
    }
    return found & of;
}

SignalAction SignalActions::take_for_delivery(int signal) {
    const std::scoped_lock lock(mutex_);
    const SignalAction action = entry(signal);
    if (action.has_handler() && (action.flags & static_cast<std::uint32_t>(SA_RESETHAND)) != 0) {
        SignalAction reset = action;  // the kernel changes the handler only
        reset.handler = SignalAction::default_action;
        store(signal, reset);
    }
    return action;
}

void SignalActions::clear_handlers() {
    const std::scoped_lock lock(mutex_);
    for (int signal = 1; signal <= signal_count; ++signal) {
        if (entry(signal).has_handler()) store(signal, {});
    }
}

void SignalActions::store(int signal, const SignalAction& action) {
    entry(signal) = action;
    set_host_disposition(signal, action);
}

}  // namespace lxr
