// Arithmetic on 80-bit values as the x87 FPU does it, bit for bit: what the helpers of lifter/semantics/x87_*.cpp ask of the
// host.
#pragma once

#include <cstdint>

#include "lifter/guest_state.h"

namespace lxr::host {

/// The operations of lifter/host/x87_operations.inc.
enum class X87Operation : std::uint8_t {
#define LXR_X87(name, shape, instruction) name,
#include "lifter/host/x87_operations.inc"
#undef LXR_X87
    count
};

/// The words of the guest's that an operation depends on.
struct X87Modes {
    std::uint16_t control = 0;  // FCW: precision, rounding, masks
    std::uint16_t sticky = 0;   // FSW: an answer may repeat exception flags that are set here
};

/// What an operation left behind. Where `control` unmasks an exception that stops the operation, `result` means nothing.
struct X87Outcome {
    X87Register result{};  // stores: the operand's bytes, in memory order
    X87Register pushed{};  // operations of shape `push` that pushed
    bool has_pushed = false;
    std::uint16_t status = 0;  // exception flags and condition codes that this operation gave, at their places in FSW
};

/// Executes one operation in the guest's modes. Changes nothing but its result; the default control word is the host's before
/// and after. Async-signal-safe.
/// @param a  ST(0) where the operation has it as input.
/// @param b  ST(1), or the bytes of the memory operand in memory order.
X87Outcome x87_execute(X87Operation operation, X87Modes modes, const X87Register& a, const X87Register& b);

}  // namespace lxr::host
