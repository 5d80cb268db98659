// The guest's vDSO: an ELF image of guest code that is part of lxr (runtime/loader/vdso/).
#pragma once

#include "lifter/support/result.h"
#include "runtime/address_space.h"

namespace lxr {

/// Maps a copy. @return its address, for AT_SYSINFO_EHDR.
Result<GuestAddress> map_vdso(AddressSpace& memory);

}  // namespace lxr
