// What --dump takes, and the numbers of what it shows (jit/dump.h).
#include "jit/dump.h"

#include <gtest/gtest.h>

#include "jit/optimizing/region.h"

namespace lxr {
namespace {

using optimizing::RegionRequest;

RegionRequest request_at(std::uint64_t begin) {
    return {.entry = GuestAddress(begin),
            .blocks = {{.begin = GuestAddress(begin), .instructions = 1, .bytes = {std::byte{0x90}}},
                       {.begin = GuestAddress(begin - 8), .instructions = 1, .bytes = {std::byte{0xeb}, std::byte{0xfd}}}}};
}

TEST(Dump, StagesAreNames) {
    EXPECT_EQ(parse_dump_stages("guest,ir,lift,opt,asm,obj"), DumpStages().set());
    EXPECT_EQ(parse_dump_stages("obj"), DumpStages().set(static_cast<std::size_t>(DumpStage::object)));
    EXPECT_EQ(parse_dump_stages(""), std::nullopt);
    EXPECT_EQ(parse_dump_stages("ir,"), std::nullopt);
    EXPECT_EQ(parse_dump_stages("ir, opt"), std::nullopt);
}

TEST(Dump, TheNumberIsThatOfTheContentAlone) {
    const auto number = content_id(request_at(0x401000));
    EXPECT_EQ(content_id(request_at(0x7f0012345000)), number);
    auto changed = request_at(0x401000);
    changed.blocks[0].bytes[0] = std::byte{0xcc};
    EXPECT_NE(content_id(changed), number);
    changed = request_at(0x401000);
    changed.precise = !changed.precise;
    EXPECT_NE(content_id(changed), number);
    changed = request_at(0x401000);
    changed.blocks[1].begin = GuestAddress(0x400fff);
    EXPECT_NE(content_id(changed), number);
}

TEST(Dump, WantsWhatIsMadeOfTheByte) {
    const auto request = request_at(0x401000);
    const auto wants = [&](std::uint64_t at) {
        return Dump({.stages = DumpStages().set(), .at = GuestAddress(at), .symbol = {}, .folder = {}}).wants(request);
    };
    EXPECT_TRUE(wants(0x401000));
    EXPECT_FALSE(wants(0x401001));
    EXPECT_TRUE(wants(0x400ff8));
    EXPECT_TRUE(wants(0x400ff9));
    EXPECT_FALSE(wants(0x400ffa));
    EXPECT_FALSE(wants(0x400ff7));
    Dump by_symbol({.stages = DumpStages().set(), .at = {}, .symbol = "main", .folder = {}});
    EXPECT_FALSE(by_symbol.wants(request));
    by_symbol.set_address(GuestAddress(0x401000));
    EXPECT_TRUE(by_symbol.wants(request));
}

}  // namespace
}  // namespace lxr
