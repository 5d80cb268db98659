// Where guest registers live in translated code; baseline_stubs.S loads and stores them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "jit/host/x86_64/reencoder.h"
#include "lifter/guest_state.h"

namespace lxr::host {

constexpr std::uint16_t bit(unsigned reg) {
    return static_cast<std::uint16_t>(1U << reg);
}

inline constexpr unsigned guest_rsp = 4;
inline constexpr Reg home_of_guest_rsp = r15;
inline constexpr Reg scratch = r14;
/// Guest registers without a home: in GuestState, borrowed where needed.
inline constexpr std::uint16_t homeless = bit(14) | bit(15);
/// Host registers that may be lent: each is the home of the guest register of its number.
inline constexpr std::uint16_t lendable = 0x3fff & ~bit(guest_rsp);

inline constexpr RegisterMap homes = {rax, rcx, rdx, rbx, home_of_guest_rsp, rbp, rsi, rdi, r8, r9, r10, r11,
                                      r12, r13, r14, r15};

/// Offsets in GuestState of a guest register, and of a place for a host register that is lent.
constexpr std::size_t gpr_offset(unsigned number) {
    return offsetof(GuestState, gpr) + number * sizeof(std::uint64_t);
}
constexpr std::size_t spill_offset(unsigned slot) {
    return offsetof(GuestState, translated.spilled) + slot * sizeof(std::uint64_t);
}

/// Where RCX is kept while JRCXZ counts in front of a block.
inline constexpr std::size_t saved_rcx = spill_offset(3);

}  // namespace lxr::host
