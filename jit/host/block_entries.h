// Code in front of a block that counts, or that runs a region of the optimising tier in its place. One implementation for each
// host machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "jit/baseline/block.h"
#include "jit/host/block_emitter.h"

namespace lxr::host {

/// Takes one from `left` and goes on at `next`, or leaves with `hot` where that makes it 0. Threads may count at the same time:
/// some arrivals are lost then, 0 is met all the same. @return how many bytes were written.
std::size_t emit_counting_entry(const std::byte* next, std::uint64_t& left, baseline::Exit& hot, const Placement& placement);

/// Calls the region by GuestState::translated.run_region, and goes on where that leaves to. @return how many bytes were
/// written.
std::size_t emit_region_entry(const void* region, const Placement& placement);

}  // namespace lxr::host
