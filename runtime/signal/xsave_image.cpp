// Guest state to XSAVE image and back (SDM Vol. 1, "Operation of XSAVE" and "Operation of XRSTOR").
#include "runtime/signal/xsave_image.h"

#include <algorithm>

namespace lxr {

namespace {

constexpr std::size_t xmm_count = 16;
constexpr unsigned top_shift = 11;
constexpr std::uint16_t top_mask = 7U << top_shift;

void save_x87(FxsaveArea& area, const X87State& x87) {
    area.control = x87.control;
    area.status = static_cast<std::uint16_t>((x87.status & ~top_mask) | (x87.top << top_shift));
    area.abridged_tags = x87.valid;
    area.opcode = x87.opcode;
    area.instruction_pointer = x87.instruction_pointer;
    area.data_pointer = x87.data_pointer;
    for (std::size_t i = 0; i < area.st.size(); ++i) {
        const X87Register& physical = x87.registers[(x87.top + i) & 7];
        area.st[i] = {physical.significand, physical.sign_exponent};
    }
}

void restore_x87(X87State& x87, const FxsaveArea& area) {
    x87.control = area.control;
    x87.top = static_cast<std::uint8_t>((area.status & top_mask) >> top_shift);
    x87.status = static_cast<std::uint16_t>(area.status & ~top_mask);
    x87.valid = area.abridged_tags;
    x87.opcode = area.opcode & 0x7ff;
    x87.instruction_pointer = area.instruction_pointer;
    x87.data_pointer = area.data_pointer;
    for (std::size_t i = 0; i < area.st.size(); ++i) {
        X87Register& physical = x87.registers[(x87.top + i) & 7];
        physical.significand = area.st[i][0];
        physical.sign_exponent = static_cast<std::uint16_t>(area.st[i][1]);
    }
}

const X87State initial_x87 = GuestState().x87;
constexpr std::uint32_t initial_mxcsr = 0x1f80;

}  // namespace

XsaveImage save_xsave_image(const GuestState& state) {
    XsaveImage image{};
    save_x87(image.legacy, state.x87);
    image.legacy.mxcsr = state.mxcsr;
    image.legacy.mxcsr_mask = mxcsr_mask;
    bool avx_in_use = false;
    for (std::size_t i = 0; i < xmm_count; ++i) {
        const auto& words = state.vector[i].words;
        image.legacy.xmm[i] = {words[0], words[1]};
        image.ymm_high[i] = {words[2], words[3]};
        avx_in_use |= (words[2] | words[3]) != 0;
    }
    image.legacy.magic1 = xsave_magic1;
    image.legacy.extended_size_bytes = xsave_frame_size_bytes;
    image.legacy.extended_features = xfeature::offered;
    image.legacy.xsave_size_bytes = sizeof(XsaveImage);
    // The kernel always claims the legacy components (Linux arch/x86/kernel/fpu/signal.c, save_xstate_epilog).
    image.xstate_bv = xfeature::x87 | xfeature::sse | (avx_in_use ? xfeature::avx : 0);
    return image;
}

bool restore_xsave_image(GuestState& state, const XsaveImage& image, std::uint64_t components) {
    const bool header_is_valid = (image.xstate_bv & ~xfeature::offered) == 0 && image.xcomp_bv == 0 &&
                                 image.header_reserved == decltype(image.header_reserved){};
    if (!header_is_valid || (image.legacy.mxcsr & ~mxcsr_mask) != 0) return false;
    const std::uint64_t present = image.xstate_bv & components;
    if ((components & xfeature::x87) != 0) {
        state.x87 = initial_x87;
        if ((present & xfeature::x87) != 0) restore_x87(state.x87, image.legacy);
    }
    if ((components & (xfeature::sse | xfeature::avx)) != 0) state.mxcsr = image.legacy.mxcsr;
    for (std::size_t i = 0; i < xmm_count; ++i) {
        auto& words = state.vector[i].words;
        const auto low = (present & xfeature::sse) != 0 ? image.legacy.xmm[i] : std::array<std::uint64_t, 2>{};
        const auto high = (present & xfeature::avx) != 0 ? image.ymm_high[i] : std::array<std::uint64_t, 2>{};
        if ((components & xfeature::sse) != 0) std::ranges::copy(low, words.begin());
        if ((components & xfeature::avx) != 0) std::ranges::copy(high, words.begin() + 2);
    }
    return true;
}

void reset_extended_state(GuestState& state) {
    state.vector = {};
    state.mask = {};
    state.x87 = initial_x87;
    state.mxcsr = initial_mxcsr;
}

}  // namespace lxr
