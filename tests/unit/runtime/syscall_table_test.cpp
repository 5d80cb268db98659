// The table of system calls against the host's own headers.
#include "runtime/syscall/syscall_table.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <string>

namespace lxr {
namespace {

TEST(SyscallTable, NamesAreThoseOfTheKernelsHeader) {
    std::ifstream header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
    if (!header) GTEST_SKIP() << "no kernel headers for x86-64";
    const std::string prefix = "#define __NR_";
    int compared = 0;
    for (std::string line; std::getline(header, line);) {
        if (!line.starts_with(prefix)) continue;
        const std::size_t space = line.find(' ', prefix.size());
        const SyscallRow& row = syscall_row(std::stoul(line.substr(space)));
        ASSERT_NE(row.name, nullptr) << line;
        EXPECT_EQ(row.name, line.substr(prefix.size(), space - prefix.size()));
        ++compared;
    }
    EXPECT_GT(compared, 350);
}

TEST(SyscallTable, EveryRowIsComplete) {
    int rows = 0;
    for (std::uint64_t number = 0; number < 1000; ++number) {
        const SyscallRow& row = syscall_row(number);
        if (row.name == nullptr) continue;
        ++rows;
        EXPECT_EQ(row.handler != nullptr, row.disposition == Disposition::handled) << row.name;
        const bool refuses = row.disposition == Disposition::refused || row.disposition == Disposition::unsupported;
        EXPECT_EQ(row.reason != nullptr, refuses) << row.name;
        EXPECT_EQ(row.errno_value > 0, refuses || row.disposition == Disposition::absent) << row.name;
    }
    EXPECT_EQ(rows, 337 + 46);  // 0…336 and 424…469
}

TEST(SyscallTable, OtherNumbersAreAbsent) {
    for (const std::uint64_t number : {337UL, 400UL, 423UL, 470UL, 512UL, 0x40000000UL, ~0UL}) {
        const SyscallRow& row = syscall_row(number);
        EXPECT_EQ(row.name, nullptr);
        EXPECT_EQ(row.disposition, Disposition::absent);
        EXPECT_EQ(row.errno_value, ENOSYS);
    }
}

TEST(SyscallTable, KindsEndWithTheArguments) {
    EXPECT_EQ(syscall_row(guest_syscall::getpid).argument_kinds().size(), 0U);
    EXPECT_EQ(syscall_row(guest_syscall::read).argument_kinds().size(), 3U);
    EXPECT_EQ(syscall_row(guest_syscall::mmap).argument_kinds().size(), 6U);
}

}  // namespace
}  // namespace lxr
