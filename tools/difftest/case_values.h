// The right-hand side of a case: "rax=0x7f cf=1 [data+8]=5". Used by cases.cpp.
#pragma once

#include <string>
#include <string_view>

#include "tools/difftest/machine_state.h"

namespace lxr::difftest {

/// Puts the values into the test. Names: 64-bit registers, flags (cf … id), fs_base, gs_base, mxcsr, fcw, xmm0–xmm15 (HIGH_LOW,
/// hexadecimal words), [address] for 8 bytes of memory and [address]:N for N of them. Numbers may be sums with `code`,
/// `entry`, `data`.
/// @return what is wrong, or nothing.
std::string apply_values(std::string_view values, Test& test);

}  // namespace lxr::difftest
