// The guest's view of /proc/self/status.
#include "runtime/proc/status_view.h"

#include <gtest/gtest.h>

namespace lxr {
namespace {

TEST(StatusView, ReplacesOnlyWhatIsLxrsOwn) {
    constexpr const char* host =
        "Name:\tprogram\n"
        "SigIgn:\t0000000000001000\n"
        "SigCgt:\t00000000400004d8\n"
        "Threads:\t12\n";
    EXPECT_EQ(
        guest_status(host,
                     {.own = synchronous_set, .ignored = signal_bit(SIGFPE), .caught = signal_bit(SIGSEGV), .engine_tasks = 1}),
        "Name:\tprogram\n"
        "SigIgn:\t0000000000001080\n"
        "SigCgt:\t0000000000000400\n"
        "Threads:\t11\n");
}

TEST(StatView, TakesLxrsThreadsOff) {
    EXPECT_EQ(guest_stat("12 (a (b) c) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 3 21 22\n", 1),
              "12 (a (b) c) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 2 21 22\n");
    EXPECT_EQ(guest_stat("no such file", 1), "no such file");
}

}  // namespace
}  // namespace lxr
