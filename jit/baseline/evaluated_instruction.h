// A guest instruction that a baseline block has evaluated by the interpreter's steps, without leaving.
#pragma once

#include <cstddef>
#include <span>

#include "jit/baseline/arena.h"
#include "lifter/evaluator.h"
#include "lifter/support/address.h"

namespace lxr::baseline {

/// Lives as long as its block, whose code holds its address.
struct EvaluatedInstruction {
    GuestAddress next;   // where the guest goes on if the instruction does not jump
    bool falls_through;  // false if it never gets there
    const Step* steps;
};

/// The IR of the instruction at the beginning of `code`.
ir::Block lift_instruction(std::span<const std::byte> code, GuestAddress address);

const EvaluatedInstruction* evaluated_instruction(const ir::Block& instruction, Arena& arena);

}  // namespace lxr::baseline
