// The XSAVE image of signal frames: what goes in comes out, and what XRSTOR refuses is refused.
#include "runtime/signal/xsave_image.h"

#include <gtest/gtest.h>

namespace lxr {
namespace {

void set_values(GuestState& state) {
    for (std::uint64_t i = 0; i < 16; ++i) state.vector[i].words = {i, i + 100, i + 200, i + 300};
    state.mxcsr = 0x1fa0;
    state.x87.top = 6;
    state.x87.valid = 0xc0;
    state.x87.status = 0x0041;
    state.x87.registers[6] = {0x8000'0000'0000'0000, 0x3fff};
    state.x87.registers[7] = {0xc000'0000'0000'0000, 0xbfff};
}

TEST(XsaveImage, HoldsTheStackTopFirst) {
    GuestState state;
    set_values(state);
    const XsaveImage image = save_xsave_image(state);
    EXPECT_EQ(image.legacy.status, 0x3041);
    EXPECT_EQ(image.legacy.st[0][0], 0x8000'0000'0000'0000);
    EXPECT_EQ(image.legacy.st[1][1], 0xbfff);
    EXPECT_EQ(image.legacy.xmm[3][1], 103U);
    EXPECT_EQ(image.ymm_high[3][0], 203U);
    EXPECT_EQ(image.legacy.magic1, xsave_magic1);
    EXPECT_EQ(image.legacy.extended_size_bytes, 836U);
}

TEST(XsaveImage, ComesBackAsItWas) {
    GuestState before;
    set_values(before);
    GuestState after;
    ASSERT_TRUE(restore_xsave_image(after, save_xsave_image(before), xfeature::offered));
    EXPECT_EQ(after.mxcsr, before.mxcsr);
    EXPECT_EQ(after.x87.top, before.x87.top);
    EXPECT_EQ(after.x87.status, before.x87.status);
    EXPECT_EQ(after.x87.registers[7].significand, before.x87.registers[7].significand);
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(after.vector[i].words, before.vector[i].words);
}

TEST(XsaveImage, ComponentsThatAreNotPresentBecomeInitial) {
    GuestState state;
    set_values(state);
    XsaveImage image = save_xsave_image(state);
    image.xstate_bv = xfeature::sse;
    ASSERT_TRUE(restore_xsave_image(state, image, xfeature::offered));
    EXPECT_EQ(state.vector[3].words[1], 103U);
    EXPECT_EQ(state.vector[3].words[2], 0U);
    EXPECT_EQ(state.x87.control, 0x37f);
    EXPECT_EQ(state.x87.valid, 0);
}

TEST(XsaveImage, RefusesReservedBits) {
    GuestState state;
    XsaveImage image = save_xsave_image(state);
    image.legacy.mxcsr = 0x8000'0000;
    EXPECT_FALSE(restore_xsave_image(state, image, xfeature::offered));
    image = save_xsave_image(state);
    image.xstate_bv = 1U << 9;
    EXPECT_FALSE(restore_xsave_image(state, image, xfeature::offered));
    image = save_xsave_image(state);
    image.header_reserved[2] = 1;
    EXPECT_FALSE(restore_xsave_image(state, image, xfeature::offered));
}

}  // namespace
}  // namespace lxr
