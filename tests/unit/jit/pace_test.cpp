// Measuring pace, and what baseline code costs (jit/optimizing/pace.h, path.h).
#include "jit/optimizing/pace.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "jit/host/block_emitter.h"

namespace lxr::optimizing {
namespace {

using namespace std::chrono_literals;

TEST(PaceMeasurement, IsTheShortestTimeBetweenArrivals) {
    PaceMeasurement pace;
    EXPECT_FALSE(pace.arrive(1000, 5s));
    EXPECT_FALSE(pace.arrive(1050, 5s + 500us));  // too early to say
    EXPECT_TRUE(pace.arrive(1100, 5s + 2ms));
    EXPECT_TRUE(pace.arrive(1200, 5s + 3ms));
    EXPECT_FALSE(pace.arrive(1200, 5s + 5ms));  // it was not there in between
    EXPECT_TRUE(pace.arrive(1300, 5s + 6ms));
    EXPECT_FALSE(pace.pace());
    EXPECT_TRUE(pace.arrive(1400, 5s + 9ms));
    EXPECT_DOUBLE_EQ(pace.pace().value(), 10'000);
}

TEST(PaceMeasurement, LongSpansNeedNotBeMany) {
    PaceMeasurement pace;
    pace.arrive(0, 0s);
    EXPECT_TRUE(pace.arrive(100, 5ms));
    EXPECT_FALSE(pace.pace());
    EXPECT_TRUE(pace.arrive(200, 13ms));
    EXPECT_DOUBLE_EQ(pace.pace().value(), 50'000);
}

TEST(PaceMeasurement, AnotherThreadBeginsAnew) {
    PaceMeasurement pace;
    pace.arrive(0, 0s);
    std::thread([&] { EXPECT_FALSE(pace.arrive(10, 7s)); }).join();
    EXPECT_FALSE(pace.arrive(20, 8s));
    EXPECT_TRUE(pace.arrive(30, 8s + 20ms));
    EXPECT_DOUBLE_EQ(pace.pace().value(), 2'000'000);
}

template <typename... Bytes>
unsigned overhead_of(Bytes... bytes) {
    const std::array code{static_cast<std::byte>(bytes)...};
    return host::overhead_of(code, GuestAddress(0x10000));
}

TEST(Overhead, CopiedInstructionsHaveNone) {
    EXPECT_EQ(overhead_of(0xff, 0xc0), 0U);        // inc eax
    EXPECT_EQ(overhead_of(0x8b, 0x04, 0x24), 0U);  // mov eax, [rsp]
    EXPECT_EQ(overhead_of(0x74, 0x00), 0U);        // jz
}

TEST(Overhead, RegistersWithoutAHomeAreFetchedAndPutBack) {
    EXPECT_EQ(overhead_of(0x45, 0x89, 0xf7), 3U);                    // mov r15d, r14d
    EXPECT_EQ(overhead_of(0x8b, 0x05, 0x00, 0x10, 0x00, 0x00), 1U);  // mov eax, [rip + 0x1000]
}

TEST(Overhead, IndirectTransfersCostMoreThanDirectOnes) {
    const auto call = overhead_of(0xe8, 0x00, 0x00, 0x00, 0x00);
    EXPECT_GT(call, 0U);
    EXPECT_GT(overhead_of(0xff, 0xd0), call);                     // call rax
    EXPECT_GT(overhead_of(0xff, 0xe0), overhead_of(0xeb, 0x00));  // jmp rax
}

}  // namespace
}  // namespace lxr::optimizing
