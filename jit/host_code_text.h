// What the baseline tier makes of guest code, as text that is the same in every process.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "lifter/support/address.h"

namespace lxr {

namespace baseline {
struct Block;
}

/// The blocks of the guest code from `address` on, as the engine would meet them if no branch were taken: the host code of each
/// guest instruction, with names for exits and for fields of GuestState.
std::string describe_host_code(std::span<const std::byte> code, GuestAddress address);

/// The host code of one block. @param guest_code  from the block's first byte on.
std::string describe_block(const baseline::Block& block, std::span<const std::byte> guest_code);

}  // namespace lxr
