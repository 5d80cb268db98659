// The clock behind RDTSC.
#pragma once

#include <cstdint>

namespace lxr::host {

/// A counter that runs at the constant rate that the guest's CPUID promises.
std::uint64_t timestamp();

}  // namespace lxr::host
