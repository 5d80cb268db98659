// The guest's processor: that the answers of CPUID agree with each other and with the levels of the psABI.
#include "lifter/cpu_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cstring>
#include <string>

namespace lxr {
namespace {

std::string text(std::initializer_list<std::uint32_t> words) {
    std::string result;
    for (const std::uint32_t word : words) result.append(reinterpret_cast<const char*>(&word), sizeof word);
    return result.c_str();
}

TEST(CpuModel, VendorIsOneWhoseCacheLeavesProgramsKnow) {
    const CpuidResult leaf = guest_cpuid(0, 0);
    EXPECT_EQ(text({leaf.ebx, leaf.edx, leaf.ecx}), "GenuineIntel");
    EXPECT_EQ(leaf.eax, 0xdU);
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v2), 0, 0).eax, 0xbU);
}

TEST(CpuModel, BrandString) {
    std::string brand;
    for (std::uint32_t leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
        const CpuidResult words = guest_cpuid(leaf, 0);
        brand += text({words.eax, words.ebx, words.ecx, words.edx});
    }
    EXPECT_EQ(brand, "x86-64 processor by lxr");
}

TEST(CpuModel, HypervisorLeafNamesLxr) {
    EXPECT_NE(guest_cpuid(1, 0).ecx & 1U << 31, 0U);
    const CpuidResult leaf = guest_cpuid(0x40000000, 0);
    EXPECT_EQ(text({leaf.ebx, leaf.ecx, leaf.edx}), "LXR");
}

TEST(CpuModel, LevelTwoIsComplete) {
    // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF (psABI 3.1.1).
    constexpr std::uint32_t level_two = 1U << 0 | 1U << 9 | 1U << 13 | 1U << 19 | 1U << 20 | 1U << 23;
    EXPECT_EQ(guest_cpuid(1, 0).ecx & level_two, level_two);
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v1), 1, 0).ecx & level_two, 0U);
    EXPECT_NE(guest_cpuid(0x80000001, 0).ecx & 1U, 0U);
}

TEST(CpuModel, LevelThreeAddsWhatItNamesAndNothingElseChanges) {
    // FMA, MOVBE, XSAVE, OSXSAVE, AVX, F16C.
    constexpr std::uint32_t level_three = 1U << 12 | 1U << 22 | 1U << 26 | 1U << 27 | 1U << 28 | 1U << 29;
    const CpuidResult two = cpuid_of(cpu_level(CpuLevel::v2), 1, 0);
    const CpuidResult three = cpuid_of(cpu_level(CpuLevel::v3), 1, 0);
    EXPECT_EQ(two.ecx & level_three, 0U);
    EXPECT_EQ(three.ecx ^ two.ecx, level_three);
    EXPECT_EQ(three.edx, two.edx);
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v3), 7, 0).ebx ^ cpuid_of(cpu_level(CpuLevel::v2), 7, 0).ebx,
              0x128U);  // BMI1 AVX2 BMI2
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v3), 0xd, 0).ebx, 832U);
}

TEST(CpuModel, LeafSevenTellsItsHighestSubleaf) {
    EXPECT_NE(guest_cpuid(7, 0).ebx, 0U);
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v3), 7, 0).eax, 0U);
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v3), 7, 1), CpuidResult{});
    EXPECT_EQ(cpuid_of(*parse_cpu("v3,+avx_vnni"), 7, 0).eax, 1U);
    EXPECT_EQ(cpuid_of(*parse_cpu("v3,+avx_vnni"), 7, 1).eax, 1U << 4);
    EXPECT_EQ(guest_cpuid(7, 2), CpuidResult{});
}

TEST(CpuModel, LeavesOutOfRangeAnswerAsTheHighestBasicOne) {
    const CpuidResult highest = guest_cpuid(guest_cpuid(0, 0).eax, 0);
    EXPECT_EQ(guest_cpuid(0x1000, 0).ebx, highest.ebx);
    EXPECT_EQ(guest_cpuid(0x8fffffff, 0).ebx, highest.ebx);
}

TEST(CpuModel, CacheSizesFollowFromWaysLinesAndSets) {
    std::uint32_t sizes_kb[4] = {};
    for (std::uint32_t i = 0; i < 4; ++i) {
        const CpuidResult leaf = guest_cpuid(4, i);
        ASSERT_NE(leaf.eax & 0x1f, 0U);
        sizes_kb[i] = ((leaf.ebx >> 22) + 1) * ((leaf.ebx & 0xfff) + 1) * (leaf.ecx + 1) / 1024;
    }
    EXPECT_THAT(sizes_kb, testing::ElementsAre(32, 32, 1024, 16384));
    EXPECT_EQ(guest_cpuid(4, 4).eax & 0x1f, 0U);
}

TEST(CpuModel, TopologyLevelsEndAndEveryProcessorHasItsOwnNumber) {
    EXPECT_EQ(guest_cpuid(0xb, 0).ecx >> 8, 1U);
    const CpuidResult cores = guest_cpuid(0xb, 1);
    EXPECT_EQ(cores.ecx >> 8, 2U);
    EXPECT_LE(cores.ebx, 1U << cores.eax);
    EXPECT_LT(cores.edx, 1U << cores.eax);
    EXPECT_EQ(guest_cpuid(0xb, 2).ecx, 2U);

    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    for (std::uint32_t cpu = 0; cpu < 64; ++cpu) {
        if (!CPU_ISSET(cpu, &before)) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        EXPECT_EQ(guest_cpuid(0xb, 1).edx, cpu);
        EXPECT_EQ(guest_cpuid(1, 0).ebx >> 24, cpu);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(CpuModel, WhatTheKernelTellsAgreesWithCpuid) {
    EXPECT_EQ(guest_hwcap(), guest_cpuid(1, 0).edx);
    EXPECT_EQ(guest_hwcap2() & 2, 2U);
    EXPECT_THAT(guest_cpu_flags(), testing::HasSubstr(" sse4_2 "));
    EXPECT_EQ(guest_cpu_flags().find(" avx2 ") != std::string::npos, (guest_cpuid(7, 0).ebx & 1U << 5) != 0);
    EXPECT_EQ(guest_xcr0(), (guest_cpuid(1, 0).ecx & 1U << 28) != 0 ? 7U : 3U);
}

TEST(CpuModel, SizesOfTheXsaveAreaFollowFromAvx) {
    const auto without = parse_cpu("v3,-avx,+xsavec");
    ASSERT_TRUE(without.has_value());
    EXPECT_EQ(cpuid_of(*without, 0xd, 0).eax, 3U);
    EXPECT_EQ(cpuid_of(*without, 0xd, 0).ebx, 576U);
    EXPECT_EQ(cpuid_of(*without, 0xd, 1).eax, 2U);
    EXPECT_EQ(cpuid_of(*without, 0xd, 1).ebx, 576U);
    EXPECT_EQ(cpuid_of(*without, 0xd, 2), CpuidResult{});
    EXPECT_EQ(cpuid_of(cpu_level(CpuLevel::v3), 0xd, 2).eax, 256U);
}

}  // namespace
}  // namespace lxr
