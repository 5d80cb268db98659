// Instructions that blocks evaluate: made by the block emitter, run by the stub that translated code calls.
#include "jit/baseline/evaluated_instruction.h"

#include <memory>

#include "jit/baseline/block.h"
#include "jit/baseline/x87_use.h"
#include "jit/engine_thread.h"
#include "jit/interpreter/interpreter.h"
#include "lifter/lift.h"

namespace lxr::baseline {

constinit Exit lxr_attention_exit{.kind = ExitKind::attention};

namespace {

Exit evaluated_exit{.kind = ExitKind::evaluated};

bool falls_through(const ir::Block& block) {
    const auto& last = block.operations.back();
    return last.opcode == ir::Opcode::jump && last.wide == (block.begin + block.guest_bytes).value();
}

}  // namespace

ir::Block lift_instruction(std::span<const std::byte> code, GuestAddress address) {
    auto block = lift_block(code, address, {.instructions = 1});
    ir::simplify(block);
    return block;
}

const EvaluatedInstruction* evaluated_instruction(const ir::Block& block, Arena& arena) {
    const auto steps = interpreter::steps_of(block, interpreter::ExitStyle::leaving);
    auto* const kept_steps = reinterpret_cast<Step*>(arena.allocate(steps.size() * sizeof(Step), alignof(Step)));
    std::ranges::uninitialized_copy(steps, std::span(kept_steps, steps.size()));
    return arena.make<EvaluatedInstruction>(EvaluatedInstruction{
        .next = block.begin + block.guest_bytes, .falls_through = falls_through(block), .steps = kept_steps});
}

/// Called by the stub: the state is canonical before and after. @return where to leave to; null to go on behind the
/// instruction.
extern "C" Exit* lxr_evaluate_instruction(const EvaluatedInstruction* instruction) {
    auto& thread = *current_engine_thread();
    put_away_x87(thread);
    thread.in_translated = false;  // a fault goes the interpreter's way; an interruption is looked for when the steps are done
    interpreter::run(thread, instruction->steps);
    thread.in_translated = true;
    const bool goes_on =
        instruction->falls_through && thread.reason == LeaveReason::look_up && thread.state.rip == instruction->next.value();
    return goes_on ? nullptr : &evaluated_exit;
}

}  // namespace lxr::baseline
