// The steps with which the interpreter leaves a block: to the next block, or to the engine.
#pragma once

#include "jit/engine_thread.h"
#include "lifter/ir.h"

namespace lxr::interpreter {

/// What a jump does: goes on to the next block if the thread's jump cache knows it, or always comes back to who ran the steps.
enum class ExitStyle : std::uint8_t { chained, leaving };

/// The step function of an exit operation; null if it is none.
StepFunction exit_function(const ir::Operation& operation, ExitStyle style);

/// First step of a translation with checked bytes: leaves with LeaveReason::stale if the guest's bytes differ. The step's
/// operation holds the address of the Translation as its immediate.
StepFunction check_bytes_function();

}  // namespace lxr::interpreter
