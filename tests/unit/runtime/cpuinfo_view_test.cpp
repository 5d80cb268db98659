// The guest's view of /proc/cpuinfo.
#include "runtime/proc/cpuinfo_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifter/cpu_model.h"

namespace lxr {
namespace {

TEST(CpuinfoView, ShowsTheModelOncePerProcessorOfTheHost) {
    const std::string text = guest_cpuinfo("processor\t: 0\nflags\t: avx512f\n\nprocessor\t: 1\nflags\t: avx512f\n\n");
    EXPECT_TRUE(text.starts_with("processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 60\n"));
    EXPECT_THAT(text, testing::HasSubstr("\nprocessor\t: 1\n"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("processor\t: 2")));
    EXPECT_THAT(text, testing::HasSubstr("\nflags\t\t: " + guest_cpu_flags() + "\n"));
    EXPECT_THAT(text, testing::HasSubstr("\nclflush size\t: 64\n"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("avx512f")));
    EXPECT_TRUE(text.ends_with("power management:\n\n"));
}

TEST(CpuinfoView, CountsNothingInNothing) {
    EXPECT_EQ(guest_cpuinfo(""), "");
}

}  // namespace
}  // namespace lxr
