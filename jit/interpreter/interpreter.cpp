// One step for each operation; hints vanish.
#include "jit/interpreter/interpreter.h"

#include "jit/interpreter/exits.h"
#include "lifter/evaluator.h"

namespace lxr::interpreter {

namespace {

StepFunction function_of(const ir::Operation& operation) {
    const auto exit = exit_function(operation);
    return exit != nullptr ? exit : step_function(operation);
}

}  // namespace

std::unique_ptr<Translation> translate(const ir::Block& block, const CodeBytes& code) {
    auto translation = std::make_unique<Translation>();
    translation->begin = block.begin;
    translation->guest_bytes = block.guest_bytes;
    translation->guest_instructions = block.guest_instructions;
    translation->steps.reserve(block.operations.size() + 1);
    if (code.may_change && block.guest_bytes > 0) {
        const auto bytes = code.bytes.first(block.guest_bytes);
        translation->checked_bytes.assign(bytes.begin(), bytes.end());
        ir::Operation check;
        check.wide = reinterpret_cast<std::uint64_t>(translation.get());
        translation->steps.push_back({check_bytes_function(), check});
    }
    for (const auto& operation : block.operations) {
        if (operation.opcode != ir::Opcode::hint_call) translation->steps.push_back({function_of(operation), operation});
    }
    return translation;
}

}  // namespace lxr::interpreter
