// System calls that translated code makes without going back to the engine's loop.
#pragma once

#include "lifter/guest_state.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// What SYSCALL itself does to the registers (SDM Vol. 2B, "SYSCALL"), before the kernel has its turn.
void go_past_syscall(GuestState& state, GuestAddress next);

}  // namespace lxr::baseline
