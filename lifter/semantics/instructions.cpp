// The table of semantics functions by mnemonic.
#include <array>

#include "lifter/lift.h"
#include "lifter/semantics/functions.h"

namespace lxr {

SemanticsFunction semantics_function(Mnemonic mnemonic) {
    static constexpr std::array<SemanticsFunction, static_cast<std::size_t>(Mnemonic::count)> functions = {
        nullptr,
#define LXR_INSTRUCTION(mnemonic, function, undefined_flags, reference) &semantics::function,
#include "lifter/semantics/instructions.inc"
#undef LXR_INSTRUCTION
    };
    return functions[static_cast<std::size_t>(mnemonic)];
}

bool always_faults(Mnemonic mnemonic) {
    const auto function = semantics_function(mnemonic);
    return function == &semantics::undefined || function == &semantics::privileged;
}

}  // namespace lxr
