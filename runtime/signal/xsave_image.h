// The XSAVE image in a signal frame: the guest's x87, SSE and AVX state in the standard format. Called by signal_frame.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lifter/guest_state.h"

namespace lxr {

/// State components (SDM Vol. 1, "XSAVE-Supported Features and State-Component Bitmaps").
namespace xfeature {
inline constexpr std::uint64_t x87 = 1U << 0;
inline constexpr std::uint64_t sse = 1U << 1;
inline constexpr std::uint64_t avx = 1U << 2;
/// What signal frames carry: what the guest's CPUID offers in XCR0.
inline constexpr std::uint64_t offered = x87 | sse | avx;
}  // namespace xfeature

/// FXSAVE's area in 64-bit mode (SDM Vol. 2A, FXSAVE, "Layout of the 64-bit-mode FXSAVE64 Map"); its last 48 bytes are the
/// kernel's (Linux uapi asm/sigcontext.h, struct _fpx_sw_bytes).
struct FxsaveArea {
    std::uint16_t control;
    std::uint16_t status;  // with TOP
    std::uint8_t abridged_tags;
    std::uint8_t reserved;
    std::uint16_t opcode;
    std::uint64_t instruction_pointer;
    std::uint64_t data_pointer;
    std::uint32_t mxcsr;
    std::uint32_t mxcsr_mask;
    std::array<std::array<std::uint64_t, 2>, 8> st;  // ST(0)–ST(7)
    std::array<std::array<std::uint64_t, 2>, 16> xmm;
    std::array<std::uint64_t, 6> unused;
    std::uint32_t magic1;
    std::uint32_t extended_size_bytes;
    std::uint64_t extended_features;
    std::uint32_t xsave_size_bytes;
    std::array<std::uint32_t, 7> padding;
};
static_assert(sizeof(FxsaveArea) == 512);

struct XsaveImage {
    FxsaveArea legacy;
    std::uint64_t xstate_bv;
    std::uint64_t xcomp_bv;
    std::array<std::uint64_t, 6> header_reserved;
    std::array<std::array<std::uint64_t, 2>, 16> ymm_high;
};
static_assert(sizeof(XsaveImage) == 832);

inline constexpr std::uint32_t xsave_magic1 = 0x46505853;
inline constexpr std::uint32_t xsave_magic2 = 0x46505845;
/// The image and the second magic word behind it.
inline constexpr std::size_t xsave_frame_size_bytes = sizeof(XsaveImage) + sizeof(std::uint32_t);

/// The image as the kernel leaves it in a signal frame.
XsaveImage save_xsave_image(const GuestState& state);

/// What XRSTOR with the requested components does. @return false where it would fault (#GP): reserved bits set.
bool restore_xsave_image(GuestState& state, const XsaveImage& image, std::uint64_t components);

/// The state in which a signal handler starts: everything initial.
void reset_extended_state(GuestState& state);

}  // namespace lxr
