// What the optimising tier may spend (jit/optimizing/budget.h).
#include "jit/optimizing/budget.h"

#include <gtest/gtest.h>

namespace lxr::optimizing {
namespace {

using namespace std::chrono_literals;

constexpr TierPolicy policy{.cpu_time_before_regions = 100ms, .share = 0.1, .share_when_it_pays = 0.5};

TEST(Budget, IsAShareOfWhatWasUsed) {
    Budget budget(policy);
    EXPECT_FALSE(budget.reserve(20ms, 199ms));
    EXPECT_EQ(budget.missing(20ms, 150ms), 50ms);
    EXPECT_TRUE(budget.reserve(20ms, 200ms));
    EXPECT_FALSE(budget.reserve(20ms, 200ms));
    EXPECT_EQ(budget.missing(20ms, 200ms), 200ms);
}

TEST(Budget, ShortProgramsHaveNone) {
    Budget budget(policy);
    EXPECT_FALSE(budget.reserve(1ms, 99ms));
    EXPECT_EQ(budget.missing(1ms, 99ms), 1ms);
    EXPECT_TRUE(budget.reserve(1ms, 100ms));
}

TEST(Budget, WhatCostsLessOrMoreThanBelievedCounts) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms));
    budget.settle(20ms, 5ms);
    EXPECT_EQ(budget.missing(20ms, 200ms), 50ms);
    budget.settle(0ms, 25ms);
    EXPECT_EQ(budget.missing(20ms, 200ms), 300ms);
}

TEST(Budget, IsMoreWhenItPays) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms));
    budget.note_outcome(true);
    EXPECT_EQ(budget.missing(80ms, 200ms), 0ms);
}

TEST(Budget, IsLessTheMoreRegionsWereSlow) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms));
    budget.note_outcome(false);
    EXPECT_EQ(budget.missing(20ms, 200ms), 600ms);
    budget.note_outcome(false);
    EXPECT_EQ(budget.missing(20ms, 200ms), 1000ms);
    budget.note_outcome(true);
    EXPECT_EQ(budget.missing(20ms, 100ms), 0ms);
}

TEST(Budget, IsLessTheMoreLooksWereInVain) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms));
    budget.note_look(false);
    EXPECT_EQ(budget.missing(20ms, 200ms), 400ms);
    budget.note_look(false);
    EXPECT_EQ(budget.missing(20ms, 200ms), 600ms);
    budget.note_look(true);
    EXPECT_EQ(budget.missing(20ms, 200ms), 200ms);
}

}  // namespace
}  // namespace lxr::optimizing
