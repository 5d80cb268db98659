// Sets of processor features as `--cpu` names them (lifter/cpu_features.h).
#include "lifter/cpu_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxr {
namespace {

using testing::HasSubstr;

CpuFeatures parsed(std::string_view text) {
    const auto features = parse_cpu(text);
    EXPECT_TRUE(features.has_value()) << text;
    return features.value_or(CpuFeatures());
}

void expect_refused(std::string_view text, const std::string& part) {
    const auto features = parse_cpu(text);
    ASSERT_FALSE(features.has_value()) << text;
    EXPECT_THAT(features.error(), HasSubstr(part));
}

TEST(CpuFeatures, LevelsContainEachOther) {
    EXPECT_TRUE((cpu_level(CpuLevel::v1) & ~cpu_level(CpuLevel::v2)).none());
    EXPECT_TRUE((cpu_level(CpuLevel::v2) & ~cpu_level(CpuLevel::v3)).none());
    EXPECT_TRUE(cpu_level(CpuLevel::v3)[cpu_avx2]);
    EXPECT_FALSE(cpu_level(CpuLevel::v2)[cpu_avx]);
    EXPECT_FALSE(cpu_level(CpuLevel::v3)[cpu_aes]);
    EXPECT_TRUE(cpu_level(CpuLevel::extra).all());
}

TEST(CpuFeatures, BothSpellingsOfALevel) {
    EXPECT_EQ(parsed("v2"), cpu_level(CpuLevel::v2));
    EXPECT_EQ(parsed("x86-64-v3"), cpu_level(CpuLevel::v3));
    EXPECT_EQ(parsed("host"), host_cpu());
}

TEST(CpuFeatures, AFeatureBringsWhatItBuildsOn) {
    const auto features = parsed("v2,+vaes");
    EXPECT_TRUE(features[cpu_vaes] && features[cpu_avx] && features[cpu_aes] && features[cpu_osxsave] && features[cpu_xsave]);
    EXPECT_FALSE(features[cpu_avx2]);
}

TEST(CpuFeatures, AFeatureTakesAwayWhatBuildsOnIt) {
    const auto features = parsed("v3,+vaes,-avx");
    EXPECT_FALSE(features[cpu_avx] || features[cpu_avx2] || features[cpu_fma] || features[cpu_f16c] || features[cpu_vaes]);
    EXPECT_TRUE(features[cpu_xsave] && features[cpu_bmi2] && features[cpu_aes]);
}

TEST(CpuFeatures, TheLastWordCounts) {
    EXPECT_TRUE(parsed("v2,-ssse3,+ssse3")[cpu_ssse3]);
    EXPECT_FALSE(parsed("v2,+aes,-aes")[cpu_aes]);
}

TEST(CpuFeatures, WhatIsNoProcessorIsRefused) {
    expect_refused("", "'' is not a processor");
    expect_refused("v5", "'v5' is not a processor");
    expect_refused("x86-64-host", "is not a processor");
    expect_refused("v4", "AVX-512");
    expect_refused("x86-64-v4", "AVX-512");
    expect_refused("v2,", "'' is not a change");
    expect_refused("v2,aes", "'aes' is not a change");
    expect_refused("v2,+avx512f", "'avx512f' is not a feature");
    expect_refused("v2,-sse2", "every x86-64 processor");
}

TEST(CpuFeatures, TheHostLacksNothingOfItsOwn) {
    EXPECT_TRUE(lacking_on_host(host_cpu(), true).none());
    EXPECT_TRUE(
        (lacking_on_host(cpu_level(CpuLevel::extra), false) & ~lacking_on_host(cpu_level(CpuLevel::extra), true)).none());
}

TEST(CpuFeatures, NamesStandInTheOrderOfTheTable) {
    EXPECT_EQ(cpu_feature_names(parsed("v2,+aes") & ~cpu_level(CpuLevel::v2)), "aes");
    EXPECT_THAT(cpu_feature_names(cpu_level(CpuLevel::v3)), HasSubstr(" avx f16c "));
    EXPECT_THAT(cpu_help(), HasSubstr("v3, x86-64-v3"));
}

}  // namespace
}  // namespace lxr
