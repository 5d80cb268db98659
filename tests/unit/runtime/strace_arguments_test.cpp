// Arguments as --strace prints them; the expectations are what strace(1) prints.
#include "runtime/syscall/strace_arguments.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

namespace lxr {
namespace {

std::string names(ArgumentKind kind, std::uint64_t value) {
    std::string out;
    print_names(out, kind, value);
    return out;
}

std::string quoted(std::string_view bytes, bool cut = false) {
    std::string out;
    print_quoted(out, bytes, cut);
    return out;
}

std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uint64_t>(pointer);
}

/// The argument of this index of a call.
std::string argument(ArgumentKind kind, std::size_t index, const SyscallArguments& arguments, std::int64_t result = 0) {
    std::string out;
    print_argument(out, {.arguments = arguments, .result = result}, index, kind);
    return out;
}

TEST(StraceArguments, Flags) {
    EXPECT_EQ(names(ArgumentKind::open_flags, O_RDONLY | O_CLOEXEC), "O_RDONLY|O_CLOEXEC");
    EXPECT_EQ(names(ArgumentKind::open_flags, O_WRONLY | O_CREAT | O_TRUNC), "O_WRONLY|O_CREAT|O_TRUNC");
    EXPECT_EQ(names(ArgumentKind::open_flags, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_DIRECTORY),
              "O_RDONLY|O_NONBLOCK|O_DIRECTORY|O_CLOEXEC");
    EXPECT_EQ(names(ArgumentKind::open_flags, O_RDWR | O_SYNC | 0x40000000), "O_RDWR|O_SYNC|0x40000000");
    EXPECT_EQ(names(ArgumentKind::protection, PROT_NONE), "PROT_NONE");
    EXPECT_EQ(names(ArgumentKind::protection, PROT_READ | PROT_WRITE), "PROT_READ|PROT_WRITE");
    EXPECT_EQ(names(ArgumentKind::map_flags, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), "MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS");
    EXPECT_EQ(names(ArgumentKind::at_flags, 0), "0");
    EXPECT_EQ(names(ArgumentKind::access_mode, 0), "F_OK");
    EXPECT_EQ(names(ArgumentKind::whence, SEEK_END), "SEEK_END");
    EXPECT_EQ(names(ArgumentKind::whence, 77), "0x4d");
    EXPECT_EQ(names(ArgumentKind::futex_operation, 0x81), "FUTEX_WAKE|FUTEX_PRIVATE_FLAG");
    EXPECT_EQ(names(ArgumentKind::socket_type, SOCK_STREAM | SOCK_CLOEXEC), "SOCK_STREAM|SOCK_CLOEXEC");
    EXPECT_EQ(argument(ArgumentKind::clone_flags, 0, {{0x01200011}}), "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD");
}

TEST(StraceArguments, Strings) {
    EXPECT_EQ(quoted("a\"b\\c\n\t"), R"("a\"b\\c\n\t")");
    EXPECT_EQ(quoted(std::string_view("\177ELF\2\1\1\0", 8)), R"("\177ELF\2\1\1\0")");
    EXPECT_EQ(quoted(std::string_view("\0001", 2)), R"("\0001")");
    EXPECT_EQ(quoted("x", true), R"("x"...)");
}

TEST(StraceArguments, BuffersAreCutAt32) {
    const std::string text(40, 'x');
    EXPECT_EQ(argument(ArgumentKind::buffer_in, 1, {{1, address(text.data()), 40}}), '"' + text.substr(0, 32) + "\"...");
    EXPECT_EQ(argument(ArgumentKind::buffer_out, 1, {{1, address(text.data()), 40}}, 3), "\"xxx\"");
    EXPECT_EQ(argument(ArgumentKind::buffer_out, 1, {{1, 0x1234, 40}}, -EFAULT), "0x1234");
    EXPECT_EQ(argument(ArgumentKind::path, 0, {{0}}), "NULL");
    EXPECT_EQ(argument(ArgumentKind::path, 0, {{1UL << 60}}), "0x1000000000000000");
}

TEST(StraceArguments, Structures) {
    struct stat status{};
    status.st_mode = S_IFREG | 0644;
    status.st_size = 22;
    EXPECT_EQ(argument(ArgumentKind::stat_out, 1, {{3, address(&status)}}), "{st_mode=S_IFREG|0644, st_size=22, ...}");
    status.st_mode = S_IFCHR | 0620;
    status.st_rdev = 0x8801;
    EXPECT_EQ(argument(ArgumentKind::stat_out, 1, {{3, address(&status)}}),
              "{st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x1), ...}");
    const int pair[2] = {3, 4};
    EXPECT_EQ(argument(ArgumentKind::fd_pair_out, 0, {{address(pair)}}), "[3, 4]");
    const rlimit limit{.rlim_cur = 8192 * 1024, .rlim_max = RLIM_INFINITY};
    EXPECT_EQ(argument(ArgumentKind::rlimit_out, 0, {{address(&limit)}}), "{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}");
    const int exited = 0x100;
    EXPECT_EQ(argument(ArgumentKind::wait_status_out, 1, {{0, address(&exited)}}, 77),
              "[{WIFEXITED(s) && WEXITSTATUS(s) == 1}]");
    sockaddr_in internet{};
    internet.sin_family = AF_INET;
    internet.sin_port = htons(80);
    internet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(argument(ArgumentKind::socket_address_in, 1, {{3, address(&internet), sizeof internet}}),
              R"({sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")})");
}

TEST(StraceArguments, Signals) {
    EXPECT_EQ(signal_name(SIGINT), "SIGINT");
    EXPECT_EQ(signal_name(32), "SIGRTMIN");
    EXPECT_EQ(signal_name(33), "SIGRT_1");
    EXPECT_EQ(signal_name(99), "99");
    std::uint64_t set = 1U << (SIGCHLD - 1) | 1U << (SIGINT - 1);
    EXPECT_EQ(argument(ArgumentKind::signal_set_in, 0, {{address(&set)}}), "[INT CHLD]");
    set = ~std::uint64_t{0};
    EXPECT_EQ(argument(ArgumentKind::signal_set_in, 0, {{address(&set)}}), "~[]");
}

TEST(StraceArguments, VectorsAndEnvironment) {
    const char* const arguments[] = {"ls", "-l", nullptr};
    EXPECT_EQ(argument(ArgumentKind::string_vector, 0, {{address(&arguments)}}), R"(["ls", "-l"])");
    EXPECT_TRUE(argument(ArgumentKind::environment_vector, 0, {{address(&arguments)}}).ends_with(" /* 2 vars */"));
}

TEST(StraceArguments, ModeOnlyWhereAFileMayBeCreated) {
    EXPECT_EQ(argument(ArgumentKind::creation_mode, 1, {{O_WRONLY, 0644}}), "");
    EXPECT_EQ(argument(ArgumentKind::creation_mode, 1, {{O_WRONLY | O_CREAT, 0644}}), "0644");
    EXPECT_EQ(argument(ArgumentKind::creation_mode, 1, {{O_WRONLY | O_CREAT, 0}}), "000");
}

}  // namespace
}  // namespace lxr
