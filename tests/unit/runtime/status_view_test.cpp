// The guest's view of /proc/self/status.
#include "runtime/proc/status_view.h"

#include <gtest/gtest.h>

namespace lxr {
namespace {

TEST(StatusView, ReplacesOnlyTheSignalsThatAreLxrsOwn) {
    constexpr const char* host =
        "Name:\tprogram\n"
        "SigIgn:\t0000000000001000\n"
        "SigCgt:\t00000000400004d8\n"
        "Threads:\t1\n";
    EXPECT_EQ(guest_status(host, synchronous_set, signal_bit(SIGFPE), signal_bit(SIGSEGV)),
              "Name:\tprogram\n"
              "SigIgn:\t0000000000001080\n"
              "SigCgt:\t0000000000000400\n"
              "Threads:\t1\n");
}

}  // namespace
}  // namespace lxr
