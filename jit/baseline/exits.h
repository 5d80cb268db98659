// What becomes of the thread when translated code has left by an exit.
#pragma once

#include "jit/baseline/block.h"

namespace lxr {

class EngineThread;

namespace baseline {

/// Sets rip, the reason to leave, and the exit to be linked (EngineThread::last_exit). To be called in a bracket of
/// Tier::begin_execution, on the thread itself.
void take_exit(EngineThread& thread, Exit& exit);

}  // namespace baseline
}  // namespace lxr
