// AddressSpace on real memory: what the guest is told, and that the host mappings agree.
#include "runtime/address_space.h"

#include <gtest/gtest.h>
#include <sys/shm.h>
#include <unistd.h>

#include <csignal>
#include <utility>
#include <vector>

#include "runtime/guest_memory.h"

namespace lxr {
namespace {

constexpr std::uint64_t kib = 1024;
constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int read_write = PROT_READ | PROT_WRITE;
constexpr int executable = PROT_READ | PROT_EXEC;

class AddressSpaceTest : public testing::Test {
protected:
    AddressSpaceTest() {
        struct sigaction action{};
        action.sa_sigaction = [](int, siginfo_t*, void* context) {
            if (!redirect_guest_copy_fault(*static_cast<ucontext_t*>(context))) abort();
        };
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGSEGV, &action, nullptr);
        sigaction(SIGBUS, &action, nullptr);
    }
    ~AddressSpaceTest() override {
        std::vector<Mapping> all;
        space.for_each([&](const Mapping& mapping) { all.push_back(mapping); });
        for (const Mapping& mapping : all) (void)space.unmap(GuestAddress(mapping.begin), mapping.size_bytes());
    }
    GuestAddress map(std::uint64_t size_bytes, int protection = read_write, int flags = anonymous, GuestAddress hint = {}) {
        const auto begin = space.map(hint, size_bytes, protection, flags, -1, 0);
        EXPECT_TRUE(begin.has_value());
        return begin.value_or(GuestAddress());
    }
    [[nodiscard]] bool writable(GuestAddress address) const { return copy_to_guest(address, "x", 1); }

    std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;
    /// Far from what the kernel uses; the upper quarter is free of AddressSanitizer's shadow too.
    AddressSpace space{{.begin = 0x10000, .end = 0x2000'0000'0000},
                       [this](GuestAddress begin, std::uint64_t size) { invalidated.emplace_back(begin.value(), size); }};
};

TEST_F(AddressSpaceTest, PlacesFromTheTopDown) {
    const auto first = map(4 * kib);
    const auto second = map(8 * kib);
    EXPECT_EQ(first.value() + 4 * kib, space.window().end);
    EXPECT_EQ(second + 8 * kib, first);
    EXPECT_TRUE(writable(second));
    ASSERT_TRUE(space.unmap(first, 1));
    EXPECT_EQ(map(4 * kib), first);
}

TEST_F(AddressSpaceTest, HonoursHintsThatAreFree) {
    const GuestAddress hint(0x1800'0000'0000);
    EXPECT_EQ(map(4 * kib, read_write, anonymous, hint), hint);
    EXPECT_NE(map(4 * kib, read_write, anonymous, hint), hint);
    const auto beyond = map(4 * kib, read_write, anonymous, GuestAddress(0x7fff'0000'0000));
    EXPECT_TRUE(space.in_window(beyond, 4 * kib));
}

TEST_F(AddressSpaceTest, RefusesWhatLeavesTheWindow) {
    const auto map_fixed = [&](std::uint64_t at) {
        return space.map(GuestAddress(at), 8 * kib, read_write, anonymous | MAP_FIXED, -1, 0);
    };
    EXPECT_EQ(map_fixed(space.window().end - 4 * kib), error(ENOMEM));
    EXPECT_EQ(map_fixed(0x1800'0000'0001), error(EINVAL));
    EXPECT_EQ(space.map({}, 0, read_write, anonymous, -1, 0), error(EINVAL));
    EXPECT_EQ(space.map({}, ~0ULL, read_write, anonymous, -1, 0), error(ENOMEM));
    EXPECT_EQ(space.map({}, 4 * kib, read_write, MAP_PRIVATE, -1, 0), error(EBADF));
    EXPECT_EQ(space.unmap(GuestAddress(space.window().end), 4 * kib), error(EINVAL));
    EXPECT_EQ(space.protect(GuestAddress(space.window().end), 4 * kib, PROT_NONE), error(ENOMEM));
}

TEST_F(AddressSpaceTest, FixedReplacesAndNoReplaceDoesNot) {
    const auto old = map(16 * kib);
    ASSERT_TRUE(writable(old));
    EXPECT_EQ(space.map(old, 4 * kib, read_write, anonymous | MAP_FIXED_NOREPLACE, -1, 0), error(EEXIST));
    EXPECT_EQ(space.map(old - 4 * kib, 8 * kib, PROT_READ, anonymous | MAP_FIXED, -1, 0), old - 4 * kib);
    EXPECT_FALSE(writable(old));
    EXPECT_TRUE(writable(old + 4 * kib));
}

TEST_F(AddressSpaceTest, LowAreaIsBelowTwoGib) {
    const auto low = map(4 * kib, read_write, anonymous | MAP_32BIT);
    EXPECT_LT(low.value(), 0x8000'0000U);
    EXPECT_GE(low.value(), 0x4000'0000U);
}

TEST_F(AddressSpaceTest, ProtectStopsAtTheFirstHole) {
    const auto begin = map(12 * kib);
    ASSERT_TRUE(space.unmap(begin + 4 * kib, 4 * kib));
    EXPECT_EQ(space.protect(begin, 12 * kib, PROT_READ), error(ENOMEM));
    EXPECT_FALSE(writable(begin));
    EXPECT_TRUE(writable(begin + 8 * kib));
    EXPECT_EQ(space.find(begin)->protection, PROT_READ);
}

TEST_F(AddressSpaceTest, ForgetsCodeWhoseRightsOrPlaceChange) {
    const auto code = map(8 * kib, executable);
    EXPECT_TRUE(invalidated.empty());
    ASSERT_TRUE(space.protect(code, 4 * kib, read_write));
    ASSERT_EQ(invalidated.size(), 1U);
    EXPECT_EQ(invalidated[0], std::pair(code.value(), 4 * kib));
    ASSERT_TRUE(space.unmap(code, 8 * kib));
    ASSERT_EQ(invalidated.size(), 2U);
    EXPECT_EQ(invalidated[1], std::pair(code.value() + 4 * kib, 4 * kib));
}

TEST_F(AddressSpaceTest, CodeIsWhatTheGuestMayExecute) {
    const auto code = map(12 * kib, PROT_EXEC);
    EXPECT_EQ(space.code_at(code + 100).bytes.size(), 8 * kib - 100);
    EXPECT_FALSE(space.code_at(code).may_change);
    EXPECT_EQ(space.code_at(code + 8 * kib).bytes.size(), 4 * kib);
    ASSERT_TRUE(space.protect(code + 4 * kib, 4 * kib, PROT_READ));
    EXPECT_EQ(space.code_at(code + 100).bytes.size(), 4 * kib - 100);

    const auto denied = space.code_at(code + 4 * kib);
    EXPECT_TRUE(denied.bytes.empty());
    EXPECT_EQ(denied.fault.host_code, SEGV_ACCERR);
    const auto absent = space.code_at(GuestAddress(0x1000));
    EXPECT_EQ(absent.fault.host_code, SEGV_MAPERR);
    EXPECT_EQ(absent.fault.error_code, page_fault::instruction_fetch | page_fault::user);

    ASSERT_TRUE(space.protect(code, 4 * kib, executable | PROT_WRITE));
    EXPECT_TRUE(space.code_at(code).may_change);
}

TEST_F(AddressSpaceTest, FileOpenForWritingMayChange) {
    std::FILE* file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(std::fwrite("\xc3", 1, 1, file), 1U);
    std::fflush(file);
    const auto code = space.map({}, 4 * kib, executable, MAP_PRIVATE, fileno(file), 0);
    ASSERT_TRUE(code);
    EXPECT_TRUE(space.code_at(*code).may_change);
    EXPECT_TRUE(space.code_to_keep(*code).may_change);
    std::fclose(file);
}

TEST_F(AddressSpaceTest, CodeThatIsKeptIsGuardedUntilItIsWritten) {
    const auto code = map(12 * kib, executable | PROT_WRITE);
    EXPECT_FALSE(space.let_write(code)) << "nothing stands in the way";
    const auto kept = space.code_to_keep(code + 100);
    EXPECT_FALSE(kept.may_change);
    EXPECT_EQ(kept.bytes.size(), 4 * kib - 100);
    EXPECT_FALSE(writable(code));
    EXPECT_TRUE(writable(code + 4 * kib));
    EXPECT_TRUE(space.guards_pages());

    EXPECT_TRUE(space.let_write(code + 7));
    EXPECT_TRUE(writable(code));
    EXPECT_FALSE(space.guards_pages());
    ASSERT_EQ(invalidated.size(), 1U);
    EXPECT_EQ(invalidated[0], std::pair(code.value(), 4 * kib));
    EXPECT_TRUE(space.let_write(code)) << "another thread's store that met the same guard";
}

TEST_F(AddressSpaceTest, InstructionOverTheEndOfAPageGuardsBoth) {
    const auto code = map(12 * kib, executable | PROT_WRITE);
    EXPECT_EQ(space.code_to_keep(code + 4 * kib - 5).bytes.size(), 4 * kib + 5);
    EXPECT_FALSE(writable(code));
    EXPECT_FALSE(writable(code + 4 * kib));
    EXPECT_TRUE(writable(code + 8 * kib));
}

TEST_F(AddressSpaceTest, KernelMayWriteFromAGuardedPageOn) {
    const auto code = map(12 * kib, executable | PROT_WRITE);
    for (const auto page : {0, 4, 8}) (void)space.code_to_keep(code + page * kib);
    EXPECT_TRUE(space.let_kernel_write(code + 5 * kib));
    EXPECT_FALSE(writable(code));
    EXPECT_TRUE(writable(code + 4 * kib));
    EXPECT_TRUE(writable(code + 8 * kib));
    EXPECT_FALSE(space.let_kernel_write(code + 5 * kib));
}

TEST_F(AddressSpaceTest, PageThatIsWrittenAgainAndAgainIsNotGuarded) {
    const auto code = map(4 * kib, executable | PROT_WRITE);
    unsigned guarded = 0;
    for (; guarded < 1000 && !space.code_to_keep(code).may_change; ++guarded) EXPECT_TRUE(space.let_write(code));
    EXPECT_GT(guarded, 1U);
    EXPECT_LT(guarded, 1000U);
    EXPECT_TRUE(writable(code));
}

TEST_F(AddressSpaceTest, GuardsGoWithTheirMappingOrItsRights) {
    const auto code = map(8 * kib, executable | PROT_WRITE);
    (void)space.code_to_keep(code);
    ASSERT_TRUE(space.protect(code, 8 * kib, read_write));
    EXPECT_TRUE(writable(code));
    ASSERT_TRUE(space.protect(code, 8 * kib, executable | PROT_WRITE));
    (void)space.code_to_keep(code);
    const auto moved = space.remap(code, 8 * kib, 16 * kib, MREMAP_MAYMOVE, {});
    ASSERT_TRUE(moved);
    EXPECT_TRUE(writable(*moved));
    (void)space.code_to_keep(*moved);
    ASSERT_TRUE(space.unmap(*moved, 16 * kib));
    EXPECT_FALSE(space.guards_pages());
    EXPECT_FALSE(space.let_write(*moved));
}

TEST_F(AddressSpaceTest, CodeBehindTheEndOfItsFileIsABusError) {
    std::FILE* file = std::tmpfile();
    ASSERT_EQ(std::fwrite("\xc3", 1, 1, file), 1U);
    std::fflush(file);
    const auto code = space.map({}, 8 * kib, executable, MAP_PRIVATE, fileno(file), 0);
    EXPECT_TRUE(code);
    EXPECT_EQ(space.code_at(*code).bytes.size(), 4 * kib);
    EXPECT_EQ(space.code_at(*code + 4 * kib).fault.host_signal, SIGBUS);
    std::fclose(file);
}

TEST_F(AddressSpaceTest, VsyscallPageHasThreeEntries) {
    EXPECT_EQ(space.code_at(GuestAddress(0xffffffffff600000)).bytes.size(), 8U);
    EXPECT_EQ(space.code_at(GuestAddress(0xffffffffff600407)).bytes.size(), 1U);
    EXPECT_TRUE(space.code_at(GuestAddress(0xffffffffff600010)).bytes.empty());
    EXPECT_TRUE(space.code_at(GuestAddress(0xffffffffff600c00)).bytes.empty());
}

TEST_F(AddressSpaceTest, BreakGrowsAndShrinks) {
    const GuestAddress begin(0x1800'0000'0123);
    space.set_initial_break(begin);
    EXPECT_EQ(space.set_break({}), begin);
    const auto grown = begin + 64 * kib * kib;
    EXPECT_EQ(space.set_break(grown), grown);
    EXPECT_TRUE(writable(grown - 1));
    EXPECT_EQ(space.find(grown - 1)->name, "[heap]");
    EXPECT_EQ(space.set_break(begin + 1), begin + 1);
    EXPECT_FALSE(writable(grown - 1));
    // Something in the way: the break stays.
    (void)map(4 * kib, read_write, anonymous, GuestAddress(0x1800'0000'4000));
    EXPECT_EQ(space.set_break(grown), begin + 1);
}

TEST_F(AddressSpaceTest, RemapGrowsInPlaceMovesAndShrinks) {
    const auto upper = map(4 * kib);
    const auto lower = map(4 * kib);
    ASSERT_EQ(lower + 4 * kib, upper);
    ASSERT_TRUE(copy_to_guest(lower, "moved", 5));
    EXPECT_EQ(space.remap(lower, 4 * kib, 8 * kib, 0, {}), error(ENOMEM));
    const auto moved = space.remap(lower, 4 * kib, 64 * kib, MREMAP_MAYMOVE, {});
    ASSERT_TRUE(moved);
    EXPECT_NE(*moved, lower);
    EXPECT_EQ(read_guest_string(*moved), "moved");
    EXPECT_FALSE(writable(lower));
    EXPECT_TRUE(writable(*moved + 64 * kib - 1));
    EXPECT_EQ(space.remap(*moved, 64 * kib, 4 * kib, 0, {}), *moved);
    EXPECT_FALSE(writable(*moved + 4 * kib));
    EXPECT_EQ(space.remap(*moved, 4 * kib, 32 * kib, 0, {}), *moved);
    const auto fixed = space.remap(*moved, 32 * kib, 4 * kib, MREMAP_MAYMOVE | MREMAP_FIXED, upper);
    EXPECT_EQ(fixed, upper);
    EXPECT_EQ(read_guest_string(upper), "moved");
    EXPECT_FALSE(space.find(*moved));
    EXPECT_EQ(space.remap(lower, 4 * kib, 8 * kib, MREMAP_MAYMOVE, {}), error(EFAULT));
    EXPECT_EQ(space.remap(upper, 4 * kib, 0, MREMAP_MAYMOVE, {}), error(EINVAL));
}

TEST_F(AddressSpaceTest, SharedMemoryComesAndGoes) {
    const int identifier = shmget(IPC_PRIVATE, 8 * kib, IPC_CREAT | 0600);
    ASSERT_GE(identifier, 0);
    const auto first = space.attach_shared_memory(identifier, {}, 0);
    const auto second = space.attach_shared_memory(identifier, {}, SHM_RDONLY);
    shmctl(identifier, IPC_RMID, nullptr);
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(copy_to_guest(*first, "shared", 7));
    EXPECT_EQ(read_guest_string(*second), "shared");
    EXPECT_FALSE(writable(*second));
    ASSERT_TRUE(space.protect(*first + 4 * kib, 4 * kib, PROT_NONE));
    EXPECT_TRUE(space.detach_shared_memory(*first));
    EXPECT_FALSE(space.find(*first + 4 * kib));
    EXPECT_TRUE(space.find(*second));
    EXPECT_EQ(space.detach_shared_memory(*first), error(EINVAL));
}

TEST_F(AddressSpaceTest, GrowingDownIsNoticed) {
#if __has_feature(address_sanitizer)
    GTEST_SKIP() << "the lowest mapped page below the stack is the sanitizer's shadow";
#endif
    const GuestAddress end(0x1800'0000'0000);
    const auto stack = map(8 * kib, read_write, anonymous | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, end - 8 * kib);
    ASSERT_TRUE(writable(stack - 40 * kib));
    EXPECT_LE(space.find(stack - 40 * kib)->begin, stack.value() - 40 * kib);
    ASSERT_TRUE(space.protect(stack - 40 * kib, 8 * kib, PROT_READ));
    EXPECT_FALSE(writable(stack - 40 * kib));
}

}  // namespace
}  // namespace lxr
