// Step functions of floating-point operations. They run with the guest's MXCSR in the host's, so that rounding, denormals and
// sticky flags are the processor's own.
#include "lifter/evaluate/step.h"

namespace lxr::evaluate {

StepFunction select_float(const ir::Operation&) {
    return nullptr;
}

}  // namespace lxr::evaluate
