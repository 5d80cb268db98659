// The helpers that translated code may call, generated from lifter/helpers.inc.
#pragma once

#include <cstdint>
#include <string_view>

#include "lifter/guest_state.h"

namespace lxr {

enum class Helper : std::uint16_t {
#define LXR_HELPER(name, faults, varies, writes, file, meaning) name,
#include "lifter/helpers.inc"
#undef LXR_HELPER
    count
};

/// Arguments and result are integers; see the helper's row. No helper throws.
using HelperFunction = std::uint64_t (*)(GuestState& state, std::uint64_t a, std::uint64_t b, std::uint64_t c);

/// What a helper writes in guest memory: at most the b bytes at a, an x87 operand at b, an area at a (as XSAVE's), or the
/// string at RDI of the elements that a names.
enum class HelperWrites : std::uint8_t { nothing, bytes_b, x87_at_b, area, string };

struct HelperRow {
    std::string_view name;
    HelperFunction function;
    bool faults;
    bool varies;
    HelperWrites writes;
};
const HelperRow& helper_row(Helper helper);

}  // namespace lxr
