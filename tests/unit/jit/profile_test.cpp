// Which of the hot blocks is measured, and which are given up (jit/optimizing/profile.h). In real CPU time.
#include "jit/optimizing/profile.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace lxr::optimizing {
namespace {

using namespace std::chrono_literals;
using Count = baseline::Tier::Count;

/// Two loops that count on the stack, which promises something.
class Loops : public Services {
public:
    static constexpr GuestAddress first{0x10000};
    static constexpr GuestAddress second{0x10008};

    CodeBytes code_at(GuestAddress address) override {
        return {.bytes = std::span(code_).subspan(address.value() - first.value())};
    }
    void syscall(GuestState&) override {}
    void syscall_int80(GuestState&) override {}
    void fault(GuestState&, const GuestFault&) override {}
    void attention(GuestState&) override {}
    bool thread_should_exit(const GuestState&) override { return true; }

    /// Of some rounds that have so many rounds inside.
    static Path path_of(GuestAddress loop, int inner_rounds) {
        Path path;
        for (int i = 0; i < 4; ++i) {
            path.push_back(loop);
            for (int k = 0; k < inner_rounds; ++k) path.insert(path.end(), {loop + 3, loop + 6});
        }
        return path;
    }

private:
    // inc dword [rsp]; inc dword [rsp]; jnz to the first
    static constexpr std::array<std::uint8_t, 16> bytes = {0xff, 0x04, 0x24, 0xff, 0x04, 0x24, 0x75, 0xf8,
                                                           0xff, 0x04, 0x24, 0xff, 0x04, 0x24, 0x75, 0xf8};
    std::vector<std::byte> code_ = [] {
        std::vector<std::byte> code;
        code.reserve(bytes.size());
        for (const auto byte : bytes) code.push_back(static_cast<std::byte>(byte));
        return code;
    }();
};

void use_cpu_time(std::chrono::nanoseconds time) {
    const auto end = thread_cpu_time() + time;
    while (thread_cpu_time() < end) {
    }
}

class ProfileTest : public testing::Test {
protected:
    /// The loop was met as often as was asked for. @return what is counted there now.
    Count meet(GuestAddress loop) {
        const auto count = profile_.heat(
            loop, loops_, {.run = [this, loop] { return Loops::path_of(loop, inner_rounds_); }, .stack_is_plain = true}, ripe_);
        counted_[loop.value()] = count;
        return count;
    }
    /// Until a region is wanted, or its time is known.
    void measure(GuestAddress loop) {
        for (int i = 0; i < 10 && !ripe_; ++i) {
            meet(loop);
            use_cpu_time(2ms);
        }
    }
    Count counted(GuestAddress loop) { return counted_.at(loop.value()); }

    Loops loops_;
    int inner_rounds_ = 400;
    std::map<std::uint64_t, Count> counted_;
    std::optional<Profile::Ripe> ripe_;
    GuestAddress given_up_;
    int reminders_ = 0;
    TierPolicy policy_{.cpu_time_before_regions = 0ms, .share = 1000};  // enough for everything
    Budget budget_{policy_};
    Profile profile_{{.count = [this](GuestAddress block, Count count) { counted_[block.value()] = count; },
                      .set_counting = [](bool) {},
                      .count_more = [](std::size_t) { return baseline::Tier::Recount{}; },
                      .remind = [this] { ++reminders_; },
                      .give_up = [this](GuestAddress block) { given_up_ = block; }},
                     policy_,
                     budget_};
};

TEST_F(ProfileTest, TheFirstThatIsMetOftenIsMeasured) {
    EXPECT_EQ(meet(Loops::first), Count::briefly);
    EXPECT_EQ(meet(Loops::second), Count::briefly);
    EXPECT_EQ(meet(Loops::second), Count::briefly);
    EXPECT_EQ(counted(Loops::first), Count::no_more);
    for (int i = 0; i < 4; ++i) {
        ASSERT_FALSE(ripe_);
        use_cpu_time(2ms);
        meet(Loops::second);
    }
    ASSERT_TRUE(ripe_);
    EXPECT_EQ(ripe_->path.front(), Loops::second);
    EXPECT_GE(ripe_->baseline_ns, 2e6 / static_cast<double>(policy_.arrivals_until_hot));
    EXPECT_EQ(counted(Loops::second), Count::no_more);
}

TEST_F(ProfileTest, NothingElseIsMeasuredUntilItIsMeasuredAgain) {
    EXPECT_EQ(meet(Loops::first), Count::briefly);
    measure(Loops::second);
    ASSERT_TRUE(ripe_);
    EXPECT_EQ(counted(Loops::first), Count::no_more);
    ripe_.reset();
    profile_.measure_again(Loops::second);
    EXPECT_EQ(counted(Loops::first), Count::no_more);
    EXPECT_EQ(counted(Loops::second), Count::briefly);
    measure(Loops::second);
    ASSERT_TRUE(ripe_);
    EXPECT_TRUE(ripe_->path.empty());
    EXPECT_EQ(counted(Loops::first), Count::briefly);
}

TEST_F(ProfileTest, ButNotForLong) {
    EXPECT_EQ(meet(Loops::first), Count::briefly);
    measure(Loops::second);
    use_cpu_time(101ms);
    profile_.look_again();
    EXPECT_EQ(counted(Loops::first), Count::briefly);
}

TEST_F(ProfileTest, WhoeverWaitsHasItLookedAgain) {
    measure(Loops::first);
    EXPECT_EQ(reminders_, 0);
    EXPECT_EQ(meet(Loops::second), Count::no_more);
    EXPECT_EQ(reminders_, 1);
    profile_.look_again();
    EXPECT_EQ(reminders_, 2);
    use_cpu_time(101ms);
    profile_.look_again();
    EXPECT_EQ(reminders_, 2);
    EXPECT_EQ(counted(Loops::second), Count::briefly);
}

TEST_F(ProfileTest, WhatIsMetVeryOftenIsCountedMoreAtATime) {
    meet(Loops::first);
    EXPECT_EQ(meet(Loops::first), Count::briefly);
    EXPECT_EQ(meet(Loops::first), Count::again);
}

TEST_F(ProfileTest, AShortLoopGetsASecondCounterOnce) {
    for (int i = 0; i < 3; ++i) meet(Loops::first);
    ASSERT_EQ(counted(Loops::first), Count::again);
    unsigned times_twice = 0;
    for (int i = 0; i < 30 && !ripe_; ++i) {
        if (meet(Loops::first) == Count::twice) ++times_twice;
        use_cpu_time(1ms);  // 15 ns for each of 65,536
    }
    ASSERT_TRUE(ripe_);
    EXPECT_EQ(times_twice, 1);
}

TEST_F(ProfileTest, WhatTakesMuchLongerThanItsInstructionsIsGivenUp) {
    inner_rounds_ = 1;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(meet(Loops::first), Count::briefly);
        use_cpu_time(2ms);
    }
    EXPECT_EQ(meet(Loops::first), Count::no_more);
    EXPECT_FALSE(ripe_);
}

TEST_F(ProfileTest, WhatIsNotMetAnyMoreKeepsOthersWaitingForAWhile) {
    meet(Loops::first);
    meet(Loops::first);
    EXPECT_EQ(meet(Loops::second), Count::no_more);
    use_cpu_time(101ms);
    profile_.look_again();
    EXPECT_EQ(counted(Loops::first), Count::no_more);
    EXPECT_EQ(counted(Loops::second), Count::briefly);
    for (int i = 0; i < 5; ++i) {
        meet(Loops::second);
        use_cpu_time(2ms);
    }
    ASSERT_TRUE(ripe_);
    EXPECT_EQ(ripe_->path.front(), Loops::second);
}

TEST_F(ProfileTest, WhatIsMeasuredAgainHasNoPath) {
    profile_.measure_again(Loops::first);
    EXPECT_EQ(counted(Loops::first), Count::briefly);
    for (int i = 0; i < 5; ++i) {
        meet(Loops::first);
        use_cpu_time(2ms);
    }
    ASSERT_TRUE(ripe_);
    EXPECT_TRUE(ripe_->path.empty());
    EXPECT_GE(ripe_->baseline_ns, 2e6 / static_cast<double>(policy_.arrivals_until_hot));
}

TEST_F(ProfileTest, ItIsToldWhatIsNotMeasuredAgain) {
    profile_.measure_again(Loops::first);
    use_cpu_time(101ms);
    EXPECT_EQ(meet(Loops::second), Count::briefly);
    EXPECT_EQ(given_up_, Loops::first);
}

TEST_F(ProfileTest, WhatWasNeverMetAgainIsGivenUp) {
    meet(Loops::first);
    use_cpu_time(101ms);
    EXPECT_EQ(meet(Loops::second), Count::briefly);
    EXPECT_EQ(counted(Loops::first), Count::no_more);
}

}  // namespace
}  // namespace lxr::optimizing
