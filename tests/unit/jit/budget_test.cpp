// What the optimising tier may spend (jit/optimizing/budget.h).
#include "jit/optimizing/budget.h"

#include <gtest/gtest.h>

namespace lxr::optimizing {
namespace {

using namespace std::chrono_literals;

constexpr TierPolicy policy{.cpu_time_before_regions = 100ms, .share = 0.1, .share_when_it_pays = 0.5, .advance = 25ms};
constexpr auto look = Budget::Purpose::look;
constexpr auto region = Budget::Purpose::region;

TEST(Budget, IsAShareOfWhatWasUsed) {
    Budget budget(policy);
    EXPECT_FALSE(budget.reserve(20ms, 199ms, look));
    EXPECT_EQ(budget.missing(20ms, 150ms, look), 50ms);
    EXPECT_TRUE(budget.reserve(20ms, 200ms, look));
    EXPECT_FALSE(budget.reserve(20ms, 200ms, look));
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 200ms);
}

TEST(Budget, ShortProgramsHaveNone) {
    Budget budget(policy);
    EXPECT_FALSE(budget.reserve(1ms, 99ms, look));
    EXPECT_EQ(budget.missing(1ms, 99ms, look), 1ms);
    EXPECT_TRUE(budget.reserve(1ms, 100ms, look));
}

TEST(Budget, WhatCostsLessOrMoreThanBelievedCounts) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms, look));
    budget.settle(20ms, 5ms);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 50ms);
    budget.settle(0ms, 25ms);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 300ms);
}

TEST(Budget, IsMoreWhenItPays) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms, look));
    budget.note_outcome(true);
    EXPECT_EQ(budget.missing(80ms, 200ms, look), 0ms);
}

TEST(Budget, IsLessTheMoreRegionsWereSlow) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms, look));
    budget.note_outcome(false);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 600ms);
    budget.note_outcome(false);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 1000ms);
    budget.note_outcome(true);
    EXPECT_EQ(budget.missing(20ms, 100ms, look), 0ms);
}

TEST(Budget, IsLessTheMoreLooksWereInVain) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms, look));
    budget.note_look(false);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 400ms);
    budget.note_look(false);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 600ms);
    budget.note_look(true);
    EXPECT_EQ(budget.missing(20ms, 200ms, look), 200ms);
}

TEST(Budget, LendsForRegions) {
    Budget budget(policy);
    EXPECT_EQ(budget.missing(20ms, 99ms, region), 1ms);
    EXPECT_TRUE(budget.reserve(20ms, 100ms, region));
    EXPECT_EQ(budget.missing(20ms, 100ms, region), 50ms);
    EXPECT_EQ(budget.missing(20ms, 100ms, look), 300ms);
}

TEST(Budget, LendsAgainWhenItPays) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(35ms, 100ms, region));
    ASSERT_FALSE(budget.reserve(35ms, 100ms, region));
    budget.note_outcome(true);
    EXPECT_TRUE(budget.reserve(35ms, 100ms, region));
}

TEST(Budget, LendsNothingAfterASlowRegion) {
    Budget budget(policy);
    ASSERT_TRUE(budget.reserve(20ms, 200ms, region));
    budget.note_outcome(false);
    EXPECT_EQ(budget.missing(20ms, 200ms, region), budget.missing(20ms, 200ms, look));
}

}  // namespace
}  // namespace lxr::optimizing
