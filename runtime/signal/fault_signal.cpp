// From exception vector to siginfo, one row for each vector.
#include "runtime/signal/fault_signal.h"

#include <algorithm>
#include <array>

#include "lifter/support/check.h"

namespace lxr {

namespace {

struct CodeAndAddress {
    int code;
    std::uint64_t address;
};

CodeAndAddress kernel_code(const GuestState& /*state*/, const GuestFault& /*fault*/) {
    return {SI_KERNEL, 0};
}

template <int code>
CodeAndAddress code_at_rip(const GuestState& state, const GuestFault& /*fault*/) {
    return {code, state.rip};
}

CodeAndAddress alignment(const GuestState& /*state*/, const GuestFault& /*fault*/) {
    return {BUS_ADRALN, 0};
}

CodeAndAddress page_fault_code(const GuestState& /*state*/, const GuestFault& fault) {
    if (fault.host_signal != 0) return {fault.host_code, fault.address.value()};
    return {(fault.error_code & page_fault::present) != 0 ? SEGV_ACCERR : SEGV_MAPERR, fault.address.value()};
}

CodeAndAddress debug_code(const GuestState& state, const GuestFault& /*fault*/) {
    return {(state.control_flags & rflags::tf) != 0 ? TRAP_TRACE : TRAP_BRKPT, state.rip};
}

/// Linux arch/x86/kernel/fpu/core.c, fpu__exception_code: the unmasked exceptions, as IE DE ZE OE UE PE, by rank.
int floating_point_code(std::uint32_t exceptions) {
    struct Rank {
        std::uint32_t bits;
        int code;
    };
    constexpr std::array ranks = {Rank{0x01, FPE_FLTINV}, Rank{0x04, FPE_FLTDIV}, Rank{0x08, FPE_FLTOVF},
                                  Rank{0x12, FPE_FLTUND}, Rank{0x20, FPE_FLTRES}};
    const auto* found = std::ranges::find_if(ranks, [&](const Rank& rank) { return (exceptions & rank.bits) != 0; });
    return found == ranks.end() ? 0 : found->code;
}

CodeAndAddress x87_code(const GuestState& state, const GuestFault& /*fault*/) {
    return {floating_point_code(state.x87.status & ~std::uint32_t{state.x87.control}), state.rip};
}

CodeAndAddress simd_code(const GuestState& state, const GuestFault& /*fault*/) {
    return {floating_point_code(~(state.mxcsr >> 7) & state.mxcsr), state.rip};
}

struct Row {
    ExceptionVector vector;
    int signal;
    CodeAndAddress (*describe)(const GuestState&, const GuestFault&);
    bool fault_class;
};

// clang-format off
constexpr std::array rows = {
    //  vector                                 signal   si_code and si_addr        fault class
    Row{ExceptionVector::divide_error,         SIGFPE,  code_at_rip<FPE_INTDIV>,   true},
    Row{ExceptionVector::debug,                SIGTRAP, debug_code,                false},
    Row{ExceptionVector::breakpoint,           SIGTRAP, kernel_code,               false},
    Row{ExceptionVector::overflow,             SIGSEGV, kernel_code,               false},
    Row{ExceptionVector::bound_range,          SIGSEGV, kernel_code,               true},
    Row{ExceptionVector::invalid_opcode,       SIGILL,  code_at_rip<ILL_ILLOPN>,   true},
    Row{ExceptionVector::stack_segment,        SIGBUS,  kernel_code,               true},
    Row{ExceptionVector::general_protection,   SIGSEGV, kernel_code,               true},
    Row{ExceptionVector::page_fault,           SIGSEGV, page_fault_code,           true},
    Row{ExceptionVector::x87_floating_point,   SIGFPE,  x87_code,                  true},
    Row{ExceptionVector::alignment_check,      SIGBUS,  alignment,                 true},
    Row{ExceptionVector::simd_floating_point,  SIGFPE,  simd_code,                 true},
};
// clang-format on

const Row& row_of(ExceptionVector vector) {
    const auto* found = std::ranges::find(rows, vector, &Row::vector);
    LXR_CHECK(found != rows.end());
    return *found;
}

}  // namespace

siginfo_t siginfo_of_fault(const GuestState& state, const GuestFault& fault) {
    const Row& row = row_of(fault.vector);
    const CodeAndAddress what = row.describe(state, fault);
    siginfo_t info{};
    info.si_signo = row.signal;
    if (fault.vector == ExceptionVector::page_fault && fault.host_signal != 0) info.si_signo = fault.host_signal;
    info.si_code = what.code;
    info.si_addr = host_pointer<void>(GuestAddress(what.address));
    return info;
}

bool is_fault_class(ExceptionVector vector) {
    return row_of(vector).fault_class;
}

}  // namespace lxr
