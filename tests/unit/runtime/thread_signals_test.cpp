// The mail box of caught signals and the alternate stack's rules.
#include "runtime/signal/thread_signals.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lxr {
namespace {

siginfo_t info_of(int signal, int value = 0) {
    siginfo_t info{};
    info.si_signo = signal;
    info.si_value.sival_int = value;
    return info;
}

TEST(ThreadSignals, SynchronousSignalsComeFirst) {
    ThreadSignals signals;
    signals.file(info_of(SIGUSR1));
    signals.file(info_of(SIGSEGV));
    EXPECT_EQ(signals.take()->si_signo, SIGSEGV);
    EXPECT_EQ(signals.take()->si_signo, SIGUSR1);
    EXPECT_FALSE(signals.take());
}

TEST(ThreadSignals, BlockedSynchronousSignalsAreHeldOnce) {
    ThreadSignals signals;
    signals.mask = signal_bit(SIGSEGV);
    signals.file(info_of(SIGSEGV, 1));
    signals.file(info_of(SIGSEGV, 2));
    EXPECT_FALSE(signals.deliverable());
    EXPECT_FALSE(signals.take());
    EXPECT_EQ(signals.held(), signal_bit(SIGSEGV));
    signals.mask = 0;
    EXPECT_EQ(signals.take()->si_value.sival_int, 1);
    EXPECT_FALSE(signals.take());
}

TEST(AlternateStack, FollowsTheKernelsRules) {
    ThreadSignals signals;
    constexpr std::uint64_t begin = 0x10000;
    const auto set = [&](std::uint32_t flags, std::uint64_t size_bytes, std::uint64_t stack_pointer) {
        return set_alternate_stack(signals, {.begin = begin, .size_bytes = size_bytes, .flags = flags}, stack_pointer);
    };
    EXPECT_EQ(set(0, 2047, 0).error().value, ENOMEM);
    EXPECT_EQ(set(8, 4096, 0).error().value, EINVAL);
    ASSERT_TRUE(set(0, 4096, 0));
    EXPECT_EQ(set(0, 8192, begin + 100).error().value, EPERM);
    EXPECT_EQ(signals.alternate_stack.status(begin + 4096), static_cast<std::uint32_t>(SS_ONSTACK));
    EXPECT_EQ(signals.alternate_stack.status(begin), 0U);
    ASSERT_TRUE(set(AlternateStack::autodisarm, 4096, 0));
    EXPECT_EQ(signals.alternate_stack.status(begin + 100), 0U);
    ASSERT_TRUE(set(SS_DISABLE, 0, begin + 100));
    EXPECT_EQ(signals.alternate_stack.status(begin + 100), static_cast<std::uint32_t>(SS_DISABLE));
}

}  // namespace
}  // namespace lxr
