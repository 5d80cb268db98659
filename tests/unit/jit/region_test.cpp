// Requests and answers as bytes (jit/optimizing/region.h).
#include "jit/optimizing/region.h"

#include <gtest/gtest.h>

namespace lxr::optimizing {
namespace {

RegionRequest some_request() {
    return {.entry = GuestAddress(0x401000),
            .precise = false,
            .ordered = true,
            .show_stages = true,
            .blocks = {{.begin = GuestAddress(0x401000), .instructions = 1, .bytes = {std::byte{0x90}}},
                       {.begin = GuestAddress(0x401001),
                        .instructions = 2,
                        .bytes = {std::byte{0xeb}, std::byte{0xfd}},
                        .frame = 2,
                        .targets = {GuestAddress(0x401000), GuestAddress(0x402000)},
                        .callees = {3, 4}}}};
}

TEST(Region, RequestsSurviveTheWay) {
    const auto request = some_request();
    RegionRequest decoded;
    ASSERT_TRUE(decode(encode(request), decoded));
    EXPECT_EQ(decoded.entry, request.entry);
    EXPECT_EQ(decoded.precise, request.precise);
    EXPECT_EQ(decoded.ordered, request.ordered);
    EXPECT_EQ(decoded.show_stages, request.show_stages);
    ASSERT_EQ(decoded.blocks.size(), request.blocks.size());
    for (std::size_t i = 0; i < request.blocks.size(); ++i) {
        EXPECT_EQ(decoded.blocks[i].begin, request.blocks[i].begin);
        EXPECT_EQ(decoded.blocks[i].instructions, request.blocks[i].instructions);
        EXPECT_EQ(decoded.blocks[i].bytes, request.blocks[i].bytes);
        EXPECT_EQ(decoded.blocks[i].frame, request.blocks[i].frame);
        EXPECT_EQ(decoded.blocks[i].callees, request.blocks[i].callees);
        EXPECT_EQ(decoded.blocks[i].targets, request.blocks[i].targets);
    }
}

TEST(Region, AnswersSurviveTheWay) {
    const RegionAnswer answer{.refusal = "no",
                              .code = {std::byte{0xc3}},
                              .entry_offset = 7,
                              .lifted = "lifted",
                              .optimized = "optimized",
                              .assembly = "ret",
                              .cpu_ns = 5,
                              .stage_ns = {1, 2, 3, 4}};
    RegionAnswer decoded;
    ASSERT_TRUE(decode(encode(answer), decoded));
    EXPECT_EQ(decoded.refusal, answer.refusal);
    EXPECT_EQ(decoded.code, answer.code);
    EXPECT_EQ(decoded.entry_offset, answer.entry_offset);
    EXPECT_EQ(decoded.lifted, answer.lifted);
    EXPECT_EQ(decoded.optimized, answer.optimized);
    EXPECT_EQ(decoded.assembly, answer.assembly);
    EXPECT_EQ(decoded.cpu_ns, answer.cpu_ns);
    EXPECT_EQ(decoded.stage_ns, answer.stage_ns);
}

TEST(Region, WhatIsCutOffOrTooLongIsNoMessage) {
    auto bytes = encode(some_request());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        RegionRequest decoded;
        EXPECT_FALSE(decode(std::span(bytes).first(size), decoded)) << size << " of " << bytes.size() << " bytes";
    }
    bytes.push_back(std::byte{0});
    RegionRequest decoded;
    EXPECT_FALSE(decode(bytes, decoded));
}

}  // namespace
}  // namespace lxr::optimizing
