// Evaluates the IR of a block, operation by operation: the reference for every other tier, and the heart of the interpreter.
// A block is evaluated as a chain of steps, each ending in a tail call of the next; the caller appends the exits' steps.
#pragma once

#include <array>
#include <cstdint>

#include "lifter/guest_state.h"
#include "lifter/ir.h"

namespace lxr {

struct Step;

/// How many slots a block may use; the lifter ends blocks in time.
inline constexpr std::size_t evaluation_slots = 2048;

/// Where the values of the block that is being evaluated live, and what it left behind. One per thread.
struct EvaluationFrame {
    std::array<std::uint64_t, evaluation_slots + 8> slots;
    /// Set when a step returned because the guest's instruction faulted: the state is as before the instruction.
    GuestFault fault;
    bool faulted = false;
};

using StepFunction = void (*)(const Step* step, GuestState* state, EvaluationFrame* frame);

/// One operation with the function that evaluates it. Ends with a tail call of (step + 1)->function, or returns to leave.
struct Step {
    StepFunction function;
    ir::Operation operation;
};

/// The function for any operation but an exit (of those only hint_call and exit-free ones are known here).
/// Aborts on an operation that no evaluator function exists for: the verifier lets none such through.
StepFunction step_function(const ir::Operation& operation);

/// The families of operations that lazy status flags come from; for what GuestState::lazy_flags holds of each, see flags.cpp.
enum class FlagsFamily : std::uint8_t { add, sub, logic, inc, dec, shl, shr, sar };

/// LazyFlags::kind of a family for an integer type (i8 … i64). 0 is none of them: status_flags holds the flags.
constexpr std::uint32_t lazy_flags_kind(FlagsFamily family, ir::Type type) {
    return 4 * static_cast<unsigned>(family) + static_cast<unsigned>(type) - static_cast<unsigned>(ir::Type::i8) + 1;
}

/// Evaluates lazy status flags into GuestState::status_flags, making the state canonical. Async-signal-safe.
void materialize_flags(GuestState& state);

/// True if the condition holds for these status flags (bits as in RFLAGS).
bool condition_holds(ir::Condition condition, std::uint32_t status_flags);

}  // namespace lxr
