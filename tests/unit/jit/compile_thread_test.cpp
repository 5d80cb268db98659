// The order of jobs, and what becomes of them when the thread or the process must go (jit/optimizing/compile_thread.h). With
// the optimiser's real process, which lies beside this program.
#include "jit/optimizing/compile_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

namespace lxr::optimizing {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t code_begin = 0x401000;

/// A loop: dec rax; jnz; ret.
RegionRequest some_request(std::uint64_t number) {
    const GuestAddress begin(code_begin + number * 16);
    RegionRequest request{.entry = begin, .precise = false, .blocks = {}};
    RegionBlock block{.begin = begin, .instructions = 2, .bytes = {}};
    for (const unsigned byte : {0x48, 0xff, 0xc8, 0x75, 0xfb}) block.bytes.push_back(static_cast<std::byte>(byte));
    request.blocks.push_back(std::move(block));
    return request;
}

class CompileThreadTest : public testing::Test {
protected:
    bool add(std::uint64_t number) {
        return thread_.add({.request = some_request(number),
                            .is_wanted = [this, number] { return unwanted_ != number; },
                            .finish =
                                [this, number](const RegionRequest& request, const RegionAnswer& answer) {
                                    EXPECT_EQ(request.entry, some_request(number).entry);
                                    EXPECT_EQ(answer.refusal, "");
                                    EXPECT_FALSE(answer.code.empty());
                                    const std::scoped_lock lock(mutex_);
                                    finished_.push_back(number);
                                    done_.notify_all();
                                },
                            .wants_look = [this] { return look_ups_ < wanted_look_ups_; }});
    }
    std::vector<std::uint64_t> finished() {
        const std::scoped_lock lock(mutex_);
        return finished_;
    }
    std::vector<std::uint64_t> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        done_.wait_for(lock, std::chrono::seconds(60), [&] { return finished_.size() >= count; });
        return finished_;
    }

    std::uint64_t unwanted_ = ~std::uint64_t{0};
    std::atomic<int> wanted_look_ups_ = 0;
    std::atomic<int> look_ups_ = 0;
    std::chrono::milliseconds wait_{1};
    std::atomic<int> asked_for_time_ = 0;
    std::mutex mutex_;
    std::condition_variable done_;
    std::vector<std::uint64_t> finished_;
    int reminders_ = 0;
    CompileThread thread_{{.time_until_reminder =
                               [this] {
                                   // It has to wait once.
                                   return asked_for_time_++ == 0 ? wait_ : std::chrono::milliseconds(0);
                               },
                           .remind =
                               [this] {
                                   const std::scoped_lock lock(mutex_);
                                   ++reminders_;
                                   done_.notify_all();
                               },
                           .look_up = [this] { ++look_ups_; }}};
};

TEST_F(CompileThreadTest, JobsAreDoneInTheirOrder) {
    for (std::uint64_t number = 0; number < 3; ++number) ASSERT_TRUE(add(number));
    EXPECT_THAT(wait_for(3), ElementsAre(0, 1, 2));
}

TEST_F(CompileThreadTest, RemindsOnceWhenItIsTime) {
    thread_.remind();
    {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(done_.wait_for(lock, std::chrono::seconds(60), [&] { return reminders_ > 0; }));
    }
    ASSERT_TRUE(add(0));
    wait_for(1);
    EXPECT_EQ(reminders_, 1);
    EXPECT_EQ(asked_for_time_, 2);
}

TEST_F(CompileThreadTest, APauseInterruptsTheReminderAndKeepsIt) {
    wait_ = std::chrono::hours(1);
    thread_.remind();
    thread_.pause();
    EXPECT_EQ(reminders_, 0);
    asked_for_time_ = 1;  // so that the time has come
    thread_.resume();
    thread_.go_on();
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(done_.wait_for(lock, std::chrono::seconds(60), [&] { return reminders_ > 0; }));
}

TEST_F(CompileThreadTest, WhatIsNotWantedAnyMoreIsLeftOut) {
    unwanted_ = 1;
    for (std::uint64_t number = 0; number < 3; ++number) ASSERT_TRUE(add(number));
    EXPECT_THAT(wait_for(2), ElementsAre(0, 2));
}

TEST_F(CompileThreadTest, APauseInterruptsAndNothingIsLost) {
    constexpr std::uint64_t jobs = 30;
    for (std::uint64_t number = 0; number < jobs; ++number) ASSERT_TRUE(add(number));
    thread_.pause();
    const auto before = finished();
    EXPECT_LT(before.size(), jobs);
    ASSERT_TRUE(add(jobs));  // waits, too
    EXPECT_EQ(finished(), before);
    thread_.resume();
    const auto after = wait_for(jobs + 1);
    ASSERT_EQ(after.size(), jobs + 1);
    EXPECT_TRUE(std::ranges::is_sorted(after));
}

TEST_F(CompileThreadTest, AnotherProcessAnswersWhatTheEndedOneHasNot) {
    for (std::uint64_t number = 0; number < 5; ++number) ASSERT_TRUE(add(number));
    thread_.pause();
    thread_.end_process();
    thread_.resume();
    EXPECT_THAT(wait_for(5), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(CompileThreadTest, LooksUpAfterAJobThatWantsIt) {
    wanted_look_ups_ = 2;
    ASSERT_TRUE(add(0));
    ASSERT_TRUE(add(1));
    wait_for(2);
    EXPECT_EQ(look_ups_, 2);
}

TEST_F(CompileThreadTest, LooksUpAtOnceWhenItIsPaused) {
    wanted_look_ups_ = 100;
    ASSERT_TRUE(add(0));
    wait_for(1);
    thread_.pause();
    EXPECT_GE(look_ups_, 1);
    EXPECT_LE(look_ups_, CompileThread::most_looks);
    thread_.resume();
}

TEST_F(CompileThreadTest, AnswersAtOnceToWhoWaits) {
    const auto answer = thread_.ask(some_request(0));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->refusal, "");
    EXPECT_GT(answer->cpu_ns, 0U);
}

}  // namespace
}  // namespace lxr::optimizing
