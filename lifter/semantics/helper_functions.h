// Declarations of all helpers, generated from lifter/helpers.inc; each is defined in the file that its row names.
#pragma once

#include <cstdint>

#include "lifter/guest_state.h"

namespace lxr::helpers {

#define LXR_HELPER(name, faults, varies, writes, file, meaning) \
    std::uint64_t name(GuestState& state, std::uint64_t a, std::uint64_t b, std::uint64_t c);
#include "lifter/helpers.inc"
#undef LXR_HELPER

}  // namespace lxr::helpers
