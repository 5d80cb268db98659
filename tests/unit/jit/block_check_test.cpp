// --check (jit/check/block_check.h): finds what differs, and nothing where all is well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/jit/small_world.h"

namespace lxr {
namespace {

std::string& last_report() {
    static std::string report;
    return report;
}

EngineOptions checking() {
    return {
        .tier = Tier::baseline, .check = true, .difference_found = [](const std::string& report) { last_report() = report; }};
}

class BlockCheck : public testing::Test {
protected:
    void SetUp() override { last_report().clear(); }
};

TEST_F(BlockCheck, SeesNoDifferenceWhereThereIsNone) {
    std::array<std::uint64_t, 8> memory{1, 2, 3, 4, 5, 6, 7, 8};
    SmallWorld world(checking(), {0x48, 0x01, 0x07,                    // add [rdi], rax
                                  0xf0, 0x48, 0x0f, 0xc1, 0x47, 0x08,  // lock xadd [rdi + 8], rax
                                  0x48, 0x0f, 0xaf, 0xc0,              // imul rax, rax
                                  0xd9, 0xe8, 0xdd, 0x5f, 0x10,        // fld1; fstp qword [rdi + 16]
                                  0x57, 0x48, 0x83, 0xc7, 0x18,        // push rdi; add rdi, 24
                                  0xf3, 0x48, 0xab, 0x5f,              // rep stosq; pop rdi
                                  0x0f, 0x05});                        // syscall
    std::array<std::uint64_t, 2> stack{};
    world.state[Gpr::rax] = 5;
    world.state[Gpr::rcx] = 3;
    world.state[Gpr::rdi] = reinterpret_cast<std::uint64_t>(memory.data());
    world.state[Gpr::rsp] = reinterpret_cast<std::uint64_t>(stack.data() + stack.size());
    world.run();
    EXPECT_TRUE(world.syscall_made);
    EXPECT_EQ(last_report(), "");
    EXPECT_THAT(memory, testing::ElementsAre(6, 7, 0x3ff0'0000'0000'0000, 4, 4, 4, 7, 8)) << "each store was made once";
    EXPECT_GT(world.statistics.baseline_entries, 0U);
}

TEST_F(BlockCheck, UndoesStoresToOnePlaceInTheirOrder) {
    std::uint64_t memory = 3;
    SmallWorld world(checking(), {0x48, 0xff, 0x07, 0x48, 0xff, 0x0f, 0x0f, 0x05});  // inc [rdi]; dec [rdi]; syscall
    world.state[Gpr::rdi] = reinterpret_cast<std::uint64_t>(&memory);
    world.run();
    EXPECT_EQ(last_report(), "");
    EXPECT_EQ(memory, 3U);
}

TEST_F(BlockCheck, ComparesMoreThanOneBlock) {
    SmallWorld world(checking(), {0xb9, 0x64, 0x00, 0x00, 0x00,        // mov ecx, 100
                                  0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa,  // again: add eax, ecx; dec ecx; jnz again
                                  0x0f, 0x05});                        // syscall
    world.run();
    EXPECT_EQ(last_report(), "");
    EXPECT_EQ(world.state[Gpr::rax], 5050U);
    EXPECT_GE(world.statistics.baseline_entries, 100U) << "a loop's turns went by unseen";
}

/// The check lifts the code again: what has changed in between without an invalidation is a difference.
class ChangingWorld : public SmallWorld {
public:
    ChangingWorld(std::initializer_list<unsigned> code, std::size_t offset, unsigned value)
        : SmallWorld(checking(), code), offset_(offset), value_(value) {}

private:
    CodeBytes code_at(GuestAddress address) override {
        const auto code = SmallWorld::code_at(address);
        if (asked_++ == 1) change_code(offset_, value_);
        return code;
    }
    std::size_t offset_;
    unsigned value_;
    unsigned asked_ = 0;
};

TEST_F(BlockCheck, FindsAPlantedDifferenceInARegister) {
    ChangingWorld world({0xb8, 0x07, 0x00, 0x00, 0x00, 0x0f, 0x05}, 1, 0x08);  // mov eax, 7 becomes mov eax, 8
    world.run();
    EXPECT_THAT(last_report(), testing::HasSubstr("the block at 0x10000 differs"));
    EXPECT_THAT(last_report(), testing::ContainsRegex("\\* rax +0000000000000000  0000000000000008  0000000000000007"));
    EXPECT_THAT(last_report(), testing::HasSubstr("0x10000  mov eax, 0x08"));
    EXPECT_THAT(last_report(), testing::Not(testing::HasSubstr("* rbx")));
}

TEST_F(BlockCheck, FindsAPlantedDifferenceInMemory) {
    std::uint32_t memory = 0;
    ChangingWorld world({0xc7, 0x07, 0x07, 0x00, 0x00, 0x00, 0x0f, 0x05}, 2, 0x09);  // mov dword [rdi], 7 becomes 9
    world.state[Gpr::rdi] = reinterpret_cast<std::uint64_t>(&memory);
    world.run();
    EXPECT_THAT(last_report(), testing::HasSubstr("interpreter 09 00 00 00, baseline 07 00 00 00"));
    EXPECT_EQ(memory, 7U);
}

}  // namespace
}  // namespace lxr
