// The part of leaving guest code that knows the machine's signal context.
#include "jit/host/guest_entry.h"

#include <xmmintrin.h>

extern "C" void lxr_guest_left();

namespace lxr::host {

namespace {

constexpr std::uint32_t default_mxcsr = 0x1f80;

}  // namespace

void leave_guest(ucontext_t& context, RecoveryPoint& point) {
    constexpr std::uint64_t direction_flag = 1U << 10;
    auto& registers = context.uc_mcontext.gregs;
    registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&lxr_guest_left));
    registers[REG_RDI] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&point));
    registers[REG_EFL] &= ~static_cast<greg_t>(direction_flag);
}

void install_mxcsr(std::uint32_t mxcsr) {
    _mm_setcsr(mxcsr);
}

std::uint32_t take_mxcsr() {
    const auto mxcsr = _mm_getcsr();
    _mm_setcsr(default_mxcsr);
    return mxcsr;
}

}  // namespace lxr::host
