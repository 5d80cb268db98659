// Turns IR into steps, and runs them.
#include "jit/interpreter/interpreter.h"

#include "jit/guest_code.h"
#include "jit/interpreter/exits.h"
#include "lifter/evaluator.h"

namespace lxr::interpreter {

namespace {

void append_steps(std::vector<Step>& steps, const ir::Block& block, ExitStyle style) {
    for (const auto& operation : block.operations) {
        if (operation.opcode != ir::Opcode::hint_call) steps.push_back({step_of(operation, style), operation});
    }
}

}  // namespace

StepFunction step_of(const ir::Operation& operation, ExitStyle style) {
    const auto exit = exit_function(operation, style);
    return exit != nullptr ? exit : step_function(operation);
}

std::vector<Step> steps_of(const ir::Block& block, ExitStyle style) {
    std::vector<Step> steps;
    steps.reserve(block.operations.size());
    append_steps(steps, block, style);
    return steps;
}

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
    append_steps(translation->steps, block, ExitStyle::chained);
    return translation;
}

void run(EngineThread& thread, const Step* steps) {
    const auto evaluate_steps = [](const void* first, void* guest, void* frame) {
        const auto* step = static_cast<const Step*>(first);
        step->function(step, static_cast<GuestState*>(guest), static_cast<EvaluationFrame*>(frame));
    };
    run_guest_code(thread, evaluate_steps, steps, static_cast<EvaluationFrame*>(&thread));
}

}  // namespace lxr::interpreter
