// x87 arithmetic by the host's own x87. Two ways: with all exceptions masked the result is simply stored; otherwise it is taken
// from the image of FNSAVE, because every other store would itself raise the exception.
#include "lifter/host/x87_arithmetic.h"

#include <array>

namespace lxr::host {

namespace {

constexpr std::uint16_t default_control = 0x37f;
constexpr std::uint16_t exception_masks = 0x3f;
constexpr std::uint16_t answer_bits = 0x473f;  // C3 C2 C1 C0, and the six exception flags

#define LXR_X87_CLOBBERS "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "memory"

// What each shape puts on the stack before its instruction, and takes off after it.
#define LXR_BEFORE_pair "fldt %[b]\n\tfldt %[a]\n\t"
#define LXR_BEFORE_pair_pop LXR_BEFORE_pair
#define LXR_BEFORE_memory "fldt %[a]\n\t"
#define LXR_BEFORE_single LXR_BEFORE_memory
#define LXR_BEFORE_push LXR_BEFORE_memory
#define LXR_BEFORE_constant ""
#define LXR_BEFORE_load ""
#define LXR_BEFORE_store LXR_BEFORE_memory
#define LXR_BEFORE_compare LXR_BEFORE_pair
#define LXR_BEFORE_compare_memory LXR_BEFORE_memory
#define LXR_BEFORE_compare_single LXR_BEFORE_memory
#define LXR_AFTER_pair "fstpt %[result]\n\tfstp %%st(0)\n\t"
#define LXR_AFTER_pair_pop "fstpt %[result]\n\t"
#define LXR_AFTER_memory LXR_AFTER_pair_pop
#define LXR_AFTER_single LXR_AFTER_pair_pop
#define LXR_AFTER_push "fninit\n\t"  // never taken: these always go by the image
#define LXR_AFTER_constant LXR_AFTER_pair_pop
#define LXR_AFTER_load LXR_AFTER_pair_pop
#define LXR_AFTER_store ""
#define LXR_AFTER_compare "fstp %%st(0)\n\tfstp %%st(0)\n\t"
#define LXR_AFTER_compare_memory "fstp %%st(0)\n\t"
#define LXR_AFTER_compare_single LXR_AFTER_compare_memory

using MaskedFunction = void (*)(X87Outcome& outcome, const X87Register& a, const X87Register& b);

namespace masked {
#define LXR_X87(name, shape, instruction)                                                        \
    void name(X87Outcome& outcome, const X87Register& a, const X87Register& b) {                 \
        asm volatile(LXR_BEFORE_##shape instruction "\n\tfnstsw %[status]\n\t" LXR_AFTER_##shape \
                     : [result] "=m"(outcome.result), [status] "=m"(outcome.status)              \
                     : [a] "m"(a), [b] "m"(b)                                                    \
                     : LXR_X87_CLOBBERS);                                                        \
    }
#include "lifter/host/x87_operations.inc"
#undef LXR_X87
}  // namespace masked

/// What FNSAVE writes in 64-bit mode (SDM Vol. 1, "Protected Mode x87 FPU State Image in Memory, 32-Bit Format").
struct [[gnu::packed]] SaveImage {
    struct [[gnu::packed]] Register {
        std::uint64_t significand;
        std::uint16_t sign_exponent;
    };
    std::uint32_t control;
    std::uint32_t status;
    std::array<std::uint32_t, 5> tags_and_pointers;
    std::array<Register, 8> stack;
};
static_assert(sizeof(SaveImage) == 108);

using ImageFunction = void (*)(X87Outcome& outcome, SaveImage& image, std::uint16_t control, const X87Register& a,
                               const X87Register& b);

namespace by_image {
#define LXR_X87(name, shape, instruction)                                                                                 \
    void name(X87Outcome& outcome, SaveImage& image, std::uint16_t control, const X87Register& a, const X87Register& b) { \
        asm volatile(LXR_BEFORE_##shape "fnclex\n\tfldcw %[control]\n\t" instruction "\n\tfnsave %[image]\n\t"            \
                     : [result] "=m"(outcome.result), [image] "=m"(image)                                                 \
                     : [a] "m"(a), [b] "m"(b), [control] "m"(control)                                                     \
                     : LXR_X87_CLOBBERS);                                                                                 \
    }
#include "lifter/host/x87_operations.inc"
#undef LXR_X87
}  // namespace by_image

enum class Shape : std::uint8_t {
    pair,
    pair_pop,
    memory,
    single,
    push,
    constant,
    load,
    store,
    compare,
    compare_memory,
    compare_single
};

struct Row {
    Shape shape;
    MaskedFunction masked;
    ImageFunction by_image;
};

constexpr std::array rows = {
#define LXR_X87(name, shape, instruction) Row{Shape::shape, &masked::name, &by_image::name},
#include "lifter/host/x87_operations.inc"
#undef LXR_X87
};

/// Clears the host's exception flags if there are some beside the guest's. FNCLEX costs ten times what arithmetic does, and
/// most results are inexact, so that the guest has the flag already.
void clear_exceptions_but(std::uint16_t sticky) {
    std::uint16_t status = 0;
    asm volatile("fnstsw %0" : "=a"(status));
    if ((status & exception_masks & ~sticky) != 0) asm volatile("fnclex");
}

void load_control(std::uint16_t control) {
    asm volatile("fldcw %0" : : "m"(control));
}

X87Register stack_register(const SaveImage& image, unsigned number) {
    return {.significand = image.stack[number].significand, .sign_exponent = image.stack[number].sign_exponent};
}

X87Outcome execute_by_image(const Row& row, std::uint16_t control, const X87Register& a, const X87Register& b) {
    X87Outcome outcome;
    SaveImage image;
    row.by_image(outcome, image, control, a, b);
    outcome.status = static_cast<std::uint16_t>(image.status) & answer_bits;
    const auto top = (image.status >> 11) & 7;
    outcome.has_pushed = row.shape == Shape::push && top == 6;  // the input went to register 7
    if (outcome.has_pushed) outcome.pushed = stack_register(image, 0);
    if (row.shape != Shape::store) outcome.result = stack_register(image, outcome.has_pushed ? 1 : 0);
    return outcome;
}

}  // namespace

X87Outcome x87_execute(X87Operation operation, X87Modes modes, const X87Register& a, const X87Register& b) {
    const auto control = modes.control;
    const auto& row = rows[static_cast<std::size_t>(operation)];
    if (row.shape == Shape::push || (control & exception_masks) != exception_masks) {
        return execute_by_image(row, control, a, b);
    }
    X87Outcome outcome;
    clear_exceptions_but(modes.sticky);
    if (control != default_control) load_control(control);
    row.masked(outcome, a, b);
    if (control != default_control) load_control(default_control);
    outcome.status &= answer_bits;
    return outcome;
}

}  // namespace lxr::host
