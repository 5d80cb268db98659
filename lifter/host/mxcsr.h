// The host's control and status register of floating point, which is the guest's while guest code runs.
#pragma once

#include <cstdint>

namespace lxr::host {

std::uint32_t mxcsr();
void set_mxcsr(std::uint32_t value);

}  // namespace lxr::host
