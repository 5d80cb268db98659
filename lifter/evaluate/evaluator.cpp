// Finds the step function of an operation by asking each group.
#include "lifter/evaluator.h"

#include "lifter/evaluate/step.h"
#include "lifter/support/check.h"

namespace lxr {

StepFunction step_function(const ir::Operation& operation) {
    using namespace evaluate;
    for (const auto select :
         {select_state, select_integer, select_memory, select_flags, select_vector, select_shape, select_float}) {
        if (const auto function = select(operation)) return function;
    }
    LXR_CHECK(!"every operation of lifter/ir.inc has a step function for the types that semantics use");
    return nullptr;
}

}  // namespace lxr
