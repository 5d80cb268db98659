// lxr's own descriptors: out of the way, and giving way.
#include "lifter/support/engine_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace lxr {
namespace {

TEST(EngineDescriptors, LieHighAndAreKnown) {
    EXPECT_FALSE(any_engine_descriptor());
    const int low = open("/dev/null", O_RDONLY);
    {
        const EngineDescriptor mine(low);
        EXPECT_GE(mine.get(), 56);
        EXPECT_LT(mine.get(), 64);
        EXPECT_TRUE(is_engine_descriptor(mine.get()));
        EXPECT_FALSE(is_engine_descriptor(low));
        EXPECT_EQ(fcntl(low, F_GETFD), -1);
        EXPECT_EQ(fcntl(mine.get(), F_GETFD), FD_CLOEXEC);
        int seen = 0;
        for_each_engine_descriptor([&](int fd) { seen += fd == mine.get() ? 1 : 100; });
        EXPECT_EQ(seen, 1);
    }
    EXPECT_FALSE(any_engine_descriptor());
}

TEST(EngineDescriptors, GiveWay) {
    const EngineDescriptor mine(open("/dev/null", O_RDONLY));
    const int before = mine.get();
    vacate_descriptor(before);
    EXPECT_NE(mine.get(), before);
    EXPECT_EQ(fcntl(before, F_GETFD), -1);
    EXPECT_EQ(fcntl(mine.get(), F_GETFD), FD_CLOEXEC);
}

TEST(EngineDescriptors, KeepTheirNumberWhileTheyAreUsed) {
    const EngineDescriptor mine(open("/dev/null", O_RDONLY));
    const int before = mine.get();
    std::atomic<bool> has_moved = false;
    std::thread guest;
    mine.with([&](int number) {
        guest = std::thread([&] {
            vacate_descriptor(before);
            has_moved = true;
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        EXPECT_FALSE(has_moved);
        EXPECT_EQ(number, before);
    });
    guest.join();
    EXPECT_NE(mine.get(), before);
}

TEST(EngineDescriptors, StayUnderALowLimit) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit low{.rlim_cur = 64, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    {
        const EngineDescriptor mine(open("/dev/null", O_RDONLY));
        EXPECT_GE(mine.get(), 56);
    }
    setrlimit(RLIMIT_NOFILE, &before);
}

TEST(EngineDescriptors, GiveWayForTheLastNumber) {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const EngineDescriptor mine(open("/dev/null", O_RDONLY));
    const int number = mine.get();
    // No number above it may be used, and those below are taken.
    const rlimit narrow{.rlim_cur = static_cast<rlim_t>(number) + 1, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &narrow), 0);
    std::vector<int> others;
    for (int other = open("/dev/null", O_RDONLY); other >= 0; other = dup(other)) others.push_back(other);
    vacate_descriptor(number);
    EXPECT_LT(mine.get(), 0);
    EXPECT_FALSE(is_engine_descriptor(number));
    EXPECT_EQ(dup2(others.front(), number), number);
    close(number);
    for (const int other : others) close(other);
    setrlimit(RLIMIT_NOFILE, &before);
}

TEST(EngineDescriptors, EmptyOneIsNone) {
    const EngineDescriptor none(-1);
    EXPECT_EQ(none.get(), -1);
    EXPECT_FALSE(is_engine_descriptor(-1));
}

}  // namespace
}  // namespace lxr
