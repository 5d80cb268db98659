// Checks that stay on in release builds: a failed one means that lxr itself is wrong.
#pragma once

namespace lxr {

/// Prints the failed condition, the place and the guest's position (if one is known), then aborts. Async-signal-safe.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace lxr

/// Aborts with a report if `condition` is false. On in every build type.
#define LXR_CHECK(condition) \
    (__builtin_expect(!!(condition), 1) ? (void)0 : ::lxr::check_failed(#condition, __FILE__, __LINE__))
