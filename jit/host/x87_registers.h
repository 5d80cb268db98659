// The guest's x87 and MMX state in the host's registers, where the host has such; between translated code and C++.
#pragma once

#include "lifter/guest_state.h"

namespace lxr::host {

/// True if translated code has the guest's x87 state in the host's registers.
bool x87_is_loaded(const GuestState& state);

/// Moves GuestState::x87 into the host's registers. No C++ code may use the x87 unit until it has been stored again.
void load_x87(GuestState& state);

/// The reverse; the host's unit is in its initial state afterwards. Pointers come as the host has them: of an instruction, and
/// its opcode, see lxr::baseline::put_away_x87.
void store_x87(GuestState& state);

}  // namespace lxr::host
