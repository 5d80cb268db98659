// What the baseline tier makes of guest code, as text that is the same in every process.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "lifter/support/address.h"

namespace lxr {

/// The blocks of the guest code from `address` on, as the engine would meet them if no branch were taken: the host code of each
/// guest instruction, with names for exits and for fields of GuestState.
std::string describe_host_code(std::span<const std::byte> code, GuestAddress address);

}  // namespace lxr
