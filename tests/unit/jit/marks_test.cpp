// That what is written of marks is read again.
#include "jit/baseline/marks.h"

#include <gtest/gtest.h>

#include <vector>

namespace lxr::baseline {
namespace {

constexpr std::uint64_t begin = 0x7f00'1234'5678;

std::vector<Mark> read(const MarkWriter& writer) {
    std::vector<Mark> marks;
    MarkReader reader(writer.bytes(), begin);
    while (reader.next()) marks.push_back(reader.mark());
    return marks;
}

void expect_read_as_written(const std::vector<Mark>& written) {
    MarkWriter writer(begin);
    for (const auto& mark : written) writer.append(mark);
    const auto got = read(writer);
    ASSERT_EQ(got.size(), written.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].host_offset, written[i].host_offset) << i;
        EXPECT_EQ(got[i].guest_address, written[i].guest_address) << i;
        ASSERT_EQ(got[i].lent_count, written[i].lent_count) << i;
        EXPECT_EQ(got[i].from_ir, written[i].from_ir) << i;
        EXPECT_EQ(got[i].reads_for_write, written[i].reads_for_write) << i;
        for (unsigned lent = 0; lent < got[i].lent_count; ++lent) {
            EXPECT_EQ(got[i].lent[lent].reg, written[i].lent[lent].reg) << i;
            EXPECT_EQ(got[i].lent[lent].slot, written[i].lent[lent].slot) << i;
        }
    }
}

TEST(Marks, OfABlock) {
    expect_read_as_written({
        {.host_offset = 0, .guest_address = begin},
        {.host_offset = 3,
         .guest_address = begin + 3,
         .lent_count = 2,
         .lent = {{{.reg = 3, .slot = 0}, {.reg = 13, .slot = 1}}}},
        {.host_offset = 3, .guest_address = begin + 3},
        {.host_offset = 200, .guest_address = begin + 18, .lent_count = 1, .lent = {{{.reg = 1, .slot = 2}}}, .from_ir = true},
        {.host_offset = 65000, .guest_address = begin + 33},
    });
}

TEST(Marks, OfStubsAnywhere) {
    expect_read_as_written({
        {.host_offset = 0, .guest_address = begin},
        {.host_offset = 40, .guest_address = begin - 1},
        {.host_offset = 60, .guest_address = 0},
        {.host_offset = 80, .guest_address = ~std::uint64_t{0}},
        {.host_offset = 100, .guest_address = std::uint64_t{1} << 63},
        {.host_offset = 120, .guest_address = begin},
    });
}

TEST(Marks, NoneAreLeftOverWhereNoneWereWritten) {
    EXPECT_TRUE(read(MarkWriter(begin)).empty());
}

}  // namespace
}  // namespace lxr::baseline
