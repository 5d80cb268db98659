// States to run an encoding from.
#pragma once

#include <cstddef>
#include <span>

#include "lifter/instruction.h"
#include "tools/difftest/machine_state.h"
#include "tools/difftest/random.h"

namespace lxr::difftest {

/// Fills the batch's memory with what tests start from.
void fill_memory(std::span<std::byte> memory, Random& random);

/// A state in which every register is random, with values at the edges preferred, and in which the memory operands of
/// `instruction` mostly lie in the arena's data (their contents are pokes).
Test random_test(const Instruction& instruction, std::uint64_t entry, Random& random);

/// Chooses base and index registers (or a segment's base) so that the memory operand lies at `address`.
/// @return where it lies then: nearby, where one register is both, or only a scaled one is there to choose.
std::uint64_t aim_memory(MachineState& state, const Memory& memory, std::uint64_t address, Random& random);

}  // namespace lxr::difftest
