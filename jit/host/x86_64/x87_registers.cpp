// Moves x87 state between GuestState and the registers by FNSAVE and FRSTOR, which keep the pointers to the last instruction
// (32 bits of them), and by FXSAVE64 and FXRSTOR64 while an exception is pending, when 64 bits of them can be seen (AMD APM
// Vol. 2, "FXSAVE and FXRSTOR Instructions").
#include "jit/host/x87_registers.h"

#include <array>

#include "jit/host/x86_64/state_offsets.h"

extern "C" void lxr_load_x87_in_translated();
extern "C" void lxr_x87_is_loaded();

namespace lxr::host {

namespace {

constexpr std::uint16_t exception_summary = 1U << 7;
constexpr unsigned top_shift = 11;
constexpr std::uint16_t top_mask = 7U << top_shift;
constexpr std::uint16_t opcode_mask = 0x7ff;

/// SDM Vol. 1, "Protected Mode x87 FPU State Image in Memory, 32-Bit Format".
struct [[gnu::packed]] SaveImage {
    struct [[gnu::packed]] Register {
        std::uint64_t significand;
        std::uint16_t sign_exponent;
    };
    std::uint32_t control;
    std::uint32_t status;
    std::uint32_t tags;  // two bits for each physical register; 3: empty
    std::uint32_t instruction_pointer;
    std::uint16_t code_selector;
    std::uint16_t opcode;
    std::uint32_t data_pointer;
    std::uint32_t data_selector;
    std::array<Register, 8> stack;
};
static_assert(sizeof(SaveImage) == 108);

/// SDM Vol. 2A, FXSAVE, "Layout of the 64-bit-mode FXSAVE64 Map".
struct alignas(16) FxsaveImage {
    std::uint16_t control;
    std::uint16_t status;
    std::uint16_t abridged_tags;
    std::uint16_t opcode;
    std::uint64_t instruction_pointer;
    std::uint64_t data_pointer;
    std::uint32_t mxcsr;
    std::uint32_t mxcsr_mask;
    std::array<std::byte, 480> registers;
};
static_assert(sizeof(FxsaveImage) == 512);

std::uint32_t full_tags(std::uint8_t valid) {
    std::uint32_t tags = 0;
    for (unsigned i = 0; i < 8; ++i) tags |= (valid >> i & 1U) != 0 ? 0 : 3U << (2 * i);
    return tags;
}

std::uint8_t abridged_tags(std::uint32_t tags) {
    unsigned valid = 0;
    for (unsigned i = 0; i < 8; ++i) valid |= (tags >> (2 * i) & 3U) != 3 ? 1U << i : 0;
    return static_cast<std::uint8_t>(valid);
}

/// The 64-bit pointer of which the unit knows the low half: the one that it was given, or another.
std::uint64_t widened(std::uint32_t low, std::uint64_t before) {
    return static_cast<std::uint32_t>(before) == low ? before : low;
}

/// Gives the unit, whose state is loaded already, the pointers in full.
void load_wide_pointers(const X87State& x87) {
    FxsaveImage image;
    asm volatile("fxsave64 %0" : "=m"(image));
    image.instruction_pointer = x87.instruction_pointer;
    image.data_pointer = x87.data_pointer;
    asm volatile("fxrstor64 %0" : : "m"(image));
}

}  // namespace

bool x87_is_loaded(const GuestState& state) {
    return state.translated.use_x87 == reinterpret_cast<std::uint64_t>(&lxr_x87_is_loaded);
}

void load_x87(GuestState& state) {
    const auto& x87 = state.x87;
    SaveImage image{.control = x87.control,
                    .status = static_cast<std::uint32_t>(x87.status | x87.top << top_shift),
                    .tags = full_tags(x87.valid),
                    .instruction_pointer = static_cast<std::uint32_t>(x87.instruction_pointer),
                    .code_selector = 0,
                    .opcode = x87.opcode,
                    .data_pointer = static_cast<std::uint32_t>(x87.data_pointer),
                    .data_selector = x87.data_selector,
                    .stack = {}};
    for (unsigned i = 0; i < 8; ++i) {
        const auto& reg = x87.registers[(x87.top + i) & 7U];
        image.stack[i] = {reg.significand, reg.sign_exponent};
    }
    asm volatile("frstor %0" : : "m"(image));
    if ((x87.status & exception_summary) != 0) load_wide_pointers(x87);
    state.translated.use_x87 = reinterpret_cast<std::uint64_t>(&lxr_x87_is_loaded);
}

void store_x87(GuestState& state) {
    auto& x87 = state.x87;
    FxsaveImage wide;
    std::uint16_t status = 0;
    asm volatile("fnstsw %0" : "=a"(status));
    const bool pending = (status & exception_summary) != 0;
    if (pending) asm volatile("fxsave64 %0" : "=m"(wide));
    SaveImage image;
    asm volatile("fnsave %0" : "=m"(image));
    x87.control = static_cast<std::uint16_t>(image.control);
    x87.status = status & static_cast<std::uint16_t>(~top_mask);
    x87.top = static_cast<std::uint8_t>((status & top_mask) >> top_shift);
    x87.valid = abridged_tags(image.tags);
    x87.opcode = image.opcode & opcode_mask;
    x87.instruction_pointer = pending ? wide.instruction_pointer : widened(image.instruction_pointer, x87.instruction_pointer);
    x87.data_pointer = pending ? wide.data_pointer : widened(image.data_pointer, x87.data_pointer);
    x87.data_selector = static_cast<std::uint16_t>(image.data_selector);
    for (unsigned i = 0; i < 8; ++i) {
        auto& reg = x87.registers[(x87.top + i) & 7U];
        reg.significand = image.stack[i].significand;
        reg.sign_exponent = image.stack[i].sign_exponent;
    }
    state.translated.use_x87 = reinterpret_cast<std::uint64_t>(&lxr_load_x87_in_translated);
}

}  // namespace lxr::host
