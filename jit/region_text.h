// The stages of the optimising tier in words, for lxr-dump.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "jit/dump.h"
#include "lifter/support/address.h"

namespace lxr {

/// The stages of the region that is entered at the first of the bytes; or why there is none.
std::string describe_region(std::span<const std::byte> code, GuestAddress address, DumpStages stages);

}  // namespace lxr
