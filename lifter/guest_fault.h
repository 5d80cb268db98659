// A fault that the guest's code caused: data for the runtime, which turns it into a signal. Not an error of lxr.
#pragma once

#include <cstdint>

#include "lifter/support/address.h"

namespace lxr {

/// Exception vectors (SDM Vol. 3A, "Exception and Interrupt Vectors").
enum class ExceptionVector : std::uint8_t {
    divide_error = 0,          // #DE
    debug = 1,                 // #DB
    breakpoint = 3,            // #BP
    overflow = 4,              // #OF
    bound_range = 5,           // #BR
    invalid_opcode = 6,        // #UD
    stack_segment = 12,        // #SS
    general_protection = 13,   // #GP
    page_fault = 14,           // #PF
    x87_floating_point = 16,   // #MF
    alignment_check = 17,      // #AC
    simd_floating_point = 19,  // #XM
};

/// Bits of a page fault's error code (SDM Vol. 3A, "Page-Fault Exceptions").
namespace page_fault {
inline constexpr std::uint32_t present = 1U << 0;
inline constexpr std::uint32_t write = 1U << 1;
inline constexpr std::uint32_t user = 1U << 2;
inline constexpr std::uint32_t instruction_fetch = 1U << 4;
}  // namespace page_fault

/// What went wrong at GuestState::rip (for traps: at the instruction before it).
struct GuestFault {
    ExceptionVector vector{};
    std::uint32_t error_code = 0;
    /// The address that faulted, for #PF.
    GuestAddress address{};
    /// What the host kernel said, where a host signal reported the fault (si_signo, si_code); 0 where lxr found it itself.
    int host_signal = 0;
    int host_code = 0;
};

}  // namespace lxr
