// Copies to and from guest memory that is not there.
#include "runtime/guest_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <csignal>

namespace lxr {
namespace {

void on_fault(int, siginfo_t*, void* context) {
    if (!redirect_guest_copy_fault(*static_cast<ucontext_t*>(context))) abort();
}

/// Two pages, the second without access.
class GuestMemory : public testing::Test {
protected:
    GuestMemory() {
        struct sigaction action{};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGSEGV, &action, &old_action_);
        pages_ =
            static_cast<char*>(mmap(nullptr, 2 * page_size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(pages_ + page_size_bytes, page_size_bytes, PROT_NONE);
    }
    ~GuestMemory() override {
        munmap(pages_, 2 * page_size_bytes);
        sigaction(SIGSEGV, &old_action_, nullptr);
    }
    GuestAddress at(std::size_t offset) { return guest_address(pages_ + offset); }

    char* pages_;
    struct sigaction old_action_{};
};

TEST_F(GuestMemory, CopiesBothWays) {
    ASSERT_TRUE(write_guest(at(100), 0x1122334455667788ULL));
    EXPECT_EQ(read_guest<std::uint64_t>(at(100)), 0x1122334455667788ULL);
}

TEST_F(GuestMemory, FaultIsEfault) {
    EXPECT_EQ(read_guest<std::uint64_t>(at(page_size_bytes - 4)), error(EFAULT));
    EXPECT_EQ(read_guest<std::uint64_t>(GuestAddress(0)), error(EFAULT));
    EXPECT_FALSE(copy_to_guest(at(page_size_bytes), "x", 1));
    EXPECT_TRUE(copy_to_guest(at(page_size_bytes), "x", 0));
}

TEST_F(GuestMemory, WindowIsTheLimit) {
    EXPECT_EQ(read_guest<std::uint64_t>(GuestAddress(~0ULL - 3)), error(EFAULT));
    EXPECT_EQ(read_guest<std::uint64_t>(GuestAddress(0xffff'8000'0000'0000)), error(EFAULT));
}

TEST_F(GuestMemory, Strings) {
    memset(pages_, 'a', page_size_bytes);
    EXPECT_EQ(read_guest_string(at(0)), error(ENAMETOOLONG));
    EXPECT_EQ(read_guest_string(at(0), 5000), error(EFAULT));
    pages_[page_size_bytes - 1] = 0;
    EXPECT_EQ(read_guest_string(at(0)), std::string(page_size_bytes - 1, 'a'));
    EXPECT_EQ(read_guest_string(at(page_size_bytes - 1)), std::string());
    EXPECT_EQ(read_guest_string(at(page_size_bytes)), error(EFAULT));
}

}  // namespace
}  // namespace lxr
