// What executing guest bytes natively needs of the host machine.
#pragma once

#include "tools/difftest/machine_state.h"

namespace lxr::difftest::host {

/// The child's whole life: runs the tests of `batch` whenever its turn comes. Called right after fork.
[[noreturn]] void serve_batches(Batch& batch);

/// Installs the handlers through which faults of guest code that lxr runs come back to the engine.
void catch_faults_of_lxr();

/// Starts a timer that asks for the attention of what EngineRunner runs, as often as it ticks. After catch_faults_of_lxr.
void interrupt_endless_runs();

}  // namespace lxr::difftest::host
