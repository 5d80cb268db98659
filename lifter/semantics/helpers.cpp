// The table of helpers as data.
#include "lifter/helpers.h"

#include <array>

#include "lifter/semantics/helper_functions.h"

namespace lxr {

namespace {

constexpr std::array helper_rows = {
#define LXR_HELPER(name, faults, varies, writes, file, meaning) \
    HelperRow{#name, &helpers::name, faults, varies, HelperWrites::writes},
#include "lifter/helpers.inc"
#undef LXR_HELPER
};

}  // namespace

const HelperRow& helper_row(Helper helper) {
    return helper_rows[static_cast<std::size_t>(helper)];
}

}  // namespace lxr
