// Which blocks a region is made of (jit/optimizing/region_formation.h).
#include "jit/optimizing/region_formation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace lxr::optimizing {
namespace {

constexpr std::uint64_t code_begin = 0x10000;

class Code : public Services {
public:
    Code(std::initializer_list<unsigned> code) {
        for (const unsigned byte : code) code_.push_back(static_cast<std::byte>(byte));
    }

    /// Where the blocks of the region at `offset` begin, as offsets.
    std::vector<std::uint64_t> blocks_at(std::uint64_t offset, const RegionLimits& limits = {},
                                         std::initializer_list<unsigned> watched = {}) {
        Path path;
        for (const auto each : watched) path.emplace_back(code_begin + each);
        const auto ends_at = [this](GuestAddress address) { return other_region == address.value() - code_begin; };
        request = form_region(*this, GuestAddress(code_begin + offset), limits, path, ends_at);
        std::vector<std::uint64_t> found;
        found.reserve(request.blocks.size());
        for (const auto& block : request.blocks) found.push_back(block.begin.value() - code_begin);
        return found;
    }

    bool jumps_to_many_places(const std::vector<unsigned>& watched) {
        Path path;
        for (const auto each : watched) path.emplace_back(code_begin + each);
        return optimizing::jumps_to_many_places(path, *this);
    }

    std::uint64_t loop_of(std::initializer_list<unsigned> watched) {
        Path path;
        for (const auto each : watched) path.emplace_back(code_begin + each);
        loop = optimizing::loop_of(path, most_instructions, *this);
        return loop.header.value() - code_begin;
    }

    RegionRequest request;
    Loop loop;
    std::size_t most_instructions = 300;
    bool may_change = false;
    std::uint64_t other_region = ~std::uint64_t{0};

private:
    CodeBytes code_at(GuestAddress address) override {
        const auto offset = address.value() - code_begin;
        if (offset >= code_.size()) return {};
        return {.bytes = std::span(code_).subspan(offset), .may_change = may_change};
    }
    void syscall(GuestState&) override {}
    void syscall_int80(GuestState&) override {}
    void fault(GuestState&, const GuestFault&) override {}
    void attention(GuestState&) override {}
    bool thread_should_exit(const GuestState&) override { return true; }

    std::vector<std::byte> code_;
};

using testing::ElementsAre;
using testing::IsEmpty;

Code loop_with_branch() {
    return {0xff, 0xc0,   // 0: inc eax
            0x74, 0x02,   // 2: jz 6
            0xff, 0xc1,   // 4: inc ecx
            0xff, 0xca,   // 6: dec edx
            0x75, 0xf6,   // 8: jnz 0
            0x0f, 0x05};  // 10: syscall
}

TEST(RegionFormation, FollowsBranchesBothWays) {
    auto code = loop_with_branch();
    EXPECT_THAT(code.blocks_at(0), ElementsAre(0, 4, 6, 10));
    EXPECT_EQ(code.request.entry, GuestAddress(code_begin));
}

TEST(RegionFormation, BlocksAreInAscendingOrderWhereverItIsEntered) {
    auto code = loop_with_branch();
    EXPECT_THAT(code.blocks_at(6), ElementsAre(0, 4, 6, 10));
    EXPECT_EQ(code.request.entry, GuestAddress(code_begin + 6));
}

TEST(RegionFormation, FollowsCallsAndWhereTheyReturnTo) {
    Code code{0xe8, 0x01, 0x00, 0x00, 0x00,  // 0: call 6
              0xf4,                          // 5: hlt
              0xc3};                         // 6: ret
    EXPECT_THAT(code.blocks_at(0), ElementsAre(0, 6, 5));
}

TEST(RegionFormation, WhatIsBehindACallIsReachedByAReturnOnly) {
    Code calls_exit{0xe8, 0x01, 0x00, 0x00, 0x00,  // 0: call 6
                    0x90,                          // 5: nop
                    0xf4};                         // 6: hlt
    EXPECT_THAT(calls_exit.blocks_at(0), ElementsAre(0, 6));
    Code calls_somewhere{0xff, 0xd0,  // 0: call rax
                         0xf4};       // 2: hlt
    EXPECT_THAT(calls_somewhere.blocks_at(0), ElementsAre(0));
}

TEST(RegionFormation, EndsWhereAnotherRegionBegins) {
    auto code = loop_with_branch();
    code.other_region = 6;
    EXPECT_THAT(code.blocks_at(0), ElementsAre(0, 4, 10));  // 4 runs on into 6
    code.other_region = 0;
    EXPECT_THAT(code.blocks_at(4), ElementsAre(4, 10));
}

TEST(RegionFormation, EachCallHasItsOwnCopyOfTheCallee) {
    Code code{0xe8, 0x06, 0x00, 0x00, 0x00,  // 0: call 11
              0xe8, 0x01, 0x00, 0x00, 0x00,  // 5: call 11
              0xf4,                          // 10: hlt
              0x90, 0xc3};                   // 11: nop; ret
    EXPECT_THAT(code.blocks_at(0), ElementsAre(0, 11, 5, 11, 10));
    const auto& blocks = code.request.blocks;
    EXPECT_EQ(blocks[0].frame, first_frame);
    EXPECT_EQ(blocks[2].frame, first_frame);
    EXPECT_NE(blocks[1].frame, first_frame);
    EXPECT_NE(blocks[3].frame, blocks[1].frame);
    EXPECT_EQ(blocks[0].callees.at(0), blocks[1].frame);
    EXPECT_EQ(blocks[2].callees.at(0), blocks[3].frame);
}

TEST(RegionFormation, ARecursionGoesToTheBlocksThatAreActive) {
    Code code{0xe8, 0x00, 0x00, 0x00, 0x00,  // 0: call 5
              0x74, 0x05,                    // 5: jz 12
              0xe8, 0xf9, 0xff, 0xff, 0xff,  // 7: call 5
              0xc3};                         // 12: ret
    EXPECT_THAT(code.blocks_at(5), ElementsAre(5, 7, 12));
    EXPECT_EQ(code.request.blocks[1].callees.at(0), first_frame);
    // As the first call returns to where it leads, the function is in the first frame, too.
    EXPECT_THAT(code.blocks_at(0), ElementsAre(0, 5, 7, 12, 5, 7, 5, 7, 12, 12));
}

TEST(RegionFormation, StopsAtTheLimits) {
    auto code = loop_with_branch();
    EXPECT_THAT(code.blocks_at(0, {.blocks = 2}), ElementsAre(0, 6));
    EXPECT_THAT(code.blocks_at(0, {.blocks = 24, .instructions = 3}), ElementsAre(0, 6));
    EXPECT_EQ(code.request.blocks[1].instructions, 1U);
    EXPECT_THAT(code.blocks_at(0, {.blocks = 1, .instructions = 64, .instructions_in_a_block = 1}), ElementsAre(0));
    EXPECT_EQ(code.request.blocks[0].bytes.size(), 2U);
}

TEST(RegionFormation, WhatThePathCameToGoesFirst) {
    auto code = loop_with_branch();
    EXPECT_THAT(code.blocks_at(0, {.blocks = 3}, {0, 2, 4, 6, 8, 0}), ElementsAre(0, 4, 6));
    EXPECT_THAT(code.blocks_at(0, {.instructions_off_the_path = 0}, {0, 2, 6, 8, 0}), ElementsAre(0, 6));
    EXPECT_THAT(code.blocks_at(0, {.instructions_off_the_path = 1}, {0, 2, 6, 8, 0}), ElementsAre(0, 4, 6));
}

TEST(RegionFormation, IndirectJumpsAndReturnsLeadWhereTheyDidOnThePath) {
    Code code{0xff, 0xe0,   // 0: jmp rax
              0x90, 0xc3,   // 2: nop; ret
              0x0f, 0x05};  // 4: syscall
    const auto at = [](std::uint64_t offset) { return GuestAddress(code_begin + offset); };
    EXPECT_THAT(code.blocks_at(0), ElementsAre(0));
    EXPECT_THAT(code.blocks_at(0, {}, {0, 4, 0, 2, 3, 4, 0, 2, 3, 0}), ElementsAre(0, 2, 4));
    EXPECT_THAT(code.request.blocks[0].targets, ElementsAre(at(2), at(4)));
    EXPECT_THAT(code.request.blocks[1].targets, ElementsAre(at(4), at(0)));
    EXPECT_THAT(code.request.blocks[2].targets, IsEmpty());
}

TEST(RegionFormation, AnIndirectCallHasAFrameForEachCallee) {
    Code code{0xff, 0xd0,         // 0: call rax
              0xeb, 0xfc,         // 2: jmp 0
              0x90, 0xc3,         // 4: nop; ret
              0x90, 0x90, 0xc3};  // 6: nop; nop; ret
    EXPECT_THAT(code.blocks_at(0, {}, {0, 4, 5, 2, 0, 6, 7, 8, 2, 0, 4, 5, 2, 0}), ElementsAre(0, 4, 6, 2));
    const auto& blocks = code.request.blocks;
    EXPECT_THAT(blocks[0].targets, ElementsAre(GuestAddress(code_begin + 4), GuestAddress(code_begin + 6)));
    EXPECT_THAT(blocks[0].callees, ElementsAre(blocks[1].frame, blocks[2].frame));
    EXPECT_NE(blocks[1].frame, blocks[2].frame);
    EXPECT_EQ(blocks[3].frame, first_frame);
}

TEST(RegionFormation, LeavesOutWhatCannotBeHadOrMayChange) {
    auto code = loop_with_branch();
    EXPECT_THAT(code.blocks_at(0x1000), IsEmpty());
    code.may_change = true;
    EXPECT_THAT(code.blocks_at(0), IsEmpty());
}

TEST(LoopOf, IsTheWidestOneOfTheOutermostFunction) {
    Code code({0x90,                          // 0: nop
               0xe8, 0x05, 0x00, 0x00, 0x00,  // 1: call 11
               0x75, 0xf8,                    // 6: jnz 0
               0xeb, 0xf6,                    // 8: jmp 0
               0xf4,                          // 10: hlt
               0x75, 0xfe,                    // 11: jnz 11
               0x90, 0x75, 0xfb,              // 13: nop; jnz 11
               0xc3});                        // 16: ret
    // Called in a loop: that loop, once it was seen to come back to the function.
    EXPECT_EQ(code.loop_of({11, 13, 14, 16, 6, 0, 1, 11, 13, 14, 16, 6, 0}), 0U);
    EXPECT_EQ(code.loop_of({11, 13, 14, 16, 6, 0, 1, 11, 13, 14, 16}), 11U);
    // The inner of two loops is part of the outer one.
    EXPECT_EQ(code.loop_of({0, 1, 11, 13, 14, 16, 6, 0, 1, 11, 13, 14, 16, 8, 0, 1, 11, 13, 14, 16, 8, 0}), 0U);
    // Loops of the callee are not those of the function.
    EXPECT_EQ(code.loop_of({13, 14, 11, 13, 14, 11, 13, 14, 11}), 11U);
    EXPECT_EQ(code.loop_of({1, 11, 13, 14, 11, 13, 14, 11, 13, 14}), 1U);
    // Its rounds are the part of the path that it was in, from the first that is whole.
    EXPECT_EQ(code.loop_of({11, 13, 14, 16, 6, 0, 1, 11, 13, 14, 16, 6, 0, 1, 11, 13, 14, 16, 8, 0, 1, 11, 16}), 0U);
    EXPECT_EQ(code.loop.rounds.size(), 14U);
    // One that is too long for a region is not taken.
    code.most_instructions = 3;
    EXPECT_EQ(code.loop_of({11, 13, 14, 11, 13, 14, 11, 13, 14, 16, 6, 0, 1, 11, 13, 14, 16, 6, 0}), 11U);
    EXPECT_THAT(optimizing::loop_of({}, 3, code).rounds, IsEmpty());
}

TEST(JumpsToManyPlaces, OnlyIndirectJumpsDo) {
    Code code({0x90,          // 0: nop
               0xff, 0xe0,    // 1: jmp rax
               0x74, 0xfe,    // 3: jz
               0xff, 0xd0,    // 5: call rax
               0xc3, 0x90});  // 7: ret
    const auto to_places = [&](unsigned from, unsigned places) {
        std::vector<unsigned> path;
        for (unsigned place = 0; place < places; ++place) path.insert(path.end(), {from, 100 + place, from, 100 + place});
        return code.jumps_to_many_places(path);
    };
    for (const unsigned indirect : {1U, 5U}) {
        EXPECT_FALSE(to_places(indirect, most_targets));
        EXPECT_TRUE(to_places(indirect, most_targets + 1));
    }
    for (const unsigned direct : {3U, 7U}) EXPECT_FALSE(to_places(direct, most_targets + 1));
}

}  // namespace
}  // namespace lxr::optimizing
