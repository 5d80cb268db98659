// Running regions.
#pragma once

#include "jit/engine_thread.h"
#include "jit/optimizing/tier.h"

namespace lxr::optimizing {

/// False while the guest's MXCSR lets floating point trap, which regions do not expect.
bool can_run(const GuestState& state);

/// Runs a region on the calling thread until it leaves; `thread.reason` says why. The state is canonical before and after.
/// @return its exit word; 0 if it left by a fault.
std::uint64_t run(EngineThread& thread, const Region& region);

}  // namespace lxr::optimizing
