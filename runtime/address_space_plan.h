// Who lies where in the process: the guest below lxr's image, everything of lxr at or above it (docs/architecture.md,
// "Address-space plan").
#pragma once

#include "runtime/address_space.h"

namespace lxr {

/// From the lowest address that a guest may have to the begin of lxr's image.
GuestWindow guest_window();

/// Called first in main: sees that no library of lxr lies in the guest's window. Where the kernel has put them there (an
/// unlimited or huge stack limit, a layout with more randomness or from below), starts lxr again without the cause and
/// tells it by a hidden option what the guest shall see. Returns if all is well; costs no system call then.
void ensure_address_space_plan(int argc, char** argv);

}  // namespace lxr
