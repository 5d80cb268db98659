// What signal each fault becomes.
#include "runtime/signal/fault_signal.h"

#include <gtest/gtest.h>

namespace lxr {
namespace {

TEST(FaultSignal, PageFaultsThatLxrFindsItself) {
    GuestState state;
    GuestFault fault{.vector = ExceptionVector::page_fault, .error_code = page_fault::user, .address = GuestAddress(0x1234)};
    EXPECT_EQ(siginfo_of_fault(state, fault).si_code, SEGV_MAPERR);
    fault.error_code |= page_fault::present;
    EXPECT_EQ(siginfo_of_fault(state, fault).si_code, SEGV_ACCERR);
    EXPECT_EQ(siginfo_of_fault(state, fault).si_addr, reinterpret_cast<void*>(0x1234));
}

TEST(FaultSignal, WhatTheHostSaidStands) {
    GuestState state;
    const GuestFault fault{.vector = ExceptionVector::page_fault, .host_signal = SIGBUS, .host_code = BUS_ADRERR};
    EXPECT_EQ(siginfo_of_fault(state, fault).si_signo, SIGBUS);
    EXPECT_EQ(siginfo_of_fault(state, fault).si_code, BUS_ADRERR);
}

TEST(FaultSignal, FloatingPointCodesByRank) {
    GuestState state;
    state.mxcsr = 0x1f80 & ~(1U << 9) & ~(1U << 12);  // division by zero and precision unmasked
    state.mxcsr |= 0x24;                              // both raised
    EXPECT_EQ(siginfo_of_fault(state, {.vector = ExceptionVector::simd_floating_point}).si_code, FPE_FLTDIV);
    state.x87.control = 0x37f & ~0x08;
    state.x87.status = 0x08;
    EXPECT_EQ(siginfo_of_fault(state, {.vector = ExceptionVector::x87_floating_point}).si_code, FPE_FLTOVF);
}

TEST(FaultSignal, TrapsLeaveTheResumeFlagAlone) {
    EXPECT_TRUE(is_fault_class(ExceptionVector::page_fault));
    EXPECT_FALSE(is_fault_class(ExceptionVector::breakpoint));
    EXPECT_FALSE(is_fault_class(ExceptionVector::debug));
}

}  // namespace
}  // namespace lxr
