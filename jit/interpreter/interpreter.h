// The interpreter tier: IR to steps.
#pragma once

#include <memory>
#include <vector>

#include "jit/interpreter/exits.h"
#include "jit/services.h"
#include "jit/translation.h"
#include "lifter/ir.h"

namespace lxr::interpreter {

/// Makes the translation of a block. `code` are the bytes it was lifted from (they start at block.begin).
std::unique_ptr<Translation> translate(const ir::Block& block, const CodeBytes& code);

/// The step function of any operation but a hint.
StepFunction step_of(const ir::Operation& operation, ExitStyle style);

/// One step for each operation of the block; hints vanish.
std::vector<Step> steps_of(const ir::Block& block, ExitStyle style);

/// Runs guest code on the calling thread from `steps` on until it leaves; `thread.reason` says why. The state is canonical
/// before and after.
void run(EngineThread& thread, const Step* steps);

}  // namespace lxr::interpreter
