// What the host's processor can do for the guest. Asked by lifter/cpu_model.cpp.
#pragma once

namespace lxr::host {

/// True if every instruction of x86-64-v3 (psABI 3.1.1) can be done here, as the guest's processor does it: the evaluator and
/// copied code use the host's own.
bool has_level_three();

}  // namespace lxr::host
