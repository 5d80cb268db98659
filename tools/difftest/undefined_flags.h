// Which flags the manual leaves undefined after one execution: the table's column, made precise where it depends on the count.
#pragma once

#include <cstdint>

#include "lifter/instruction.h"
#include "tools/difftest/machine_state.h"

namespace lxr::difftest {

std::uint32_t undefined_flags_after(const Instruction& instruction, const MachineState& before);

}  // namespace lxr::difftest
