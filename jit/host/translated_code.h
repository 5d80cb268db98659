// Entering translated code, and what a signal handler may do to a context that was interrupted in it.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>

#include "jit/baseline/block.h"
#include "jit/baseline/marks.h"
#include "lifter/evaluator.h"
#include "lifter/guest_state.h"

namespace lxr::host {

/// Sets what translated code wants to find in GuestState::translated, but for the jump table and the return stack.
void prepare_translated_code(GuestState& state, EvaluationFrame& frame);

/// What a return stack has at its bottom.
std::uint64_t bottom_return_address();
/// Where transfers arrive that neither jump table has the target of.
std::uint64_t second_transfer_miss_address();

/// Where translated code goes on that has called a region: to GuestState::rip, with the host's return where the guest returned.
void set_way_out_of_region(GuestState& state, bool by_return);

/// Runs translated code from `code` on until it leaves. The state is canonical before and after. @return null if attention was
/// asked for before: nothing was run then.
baseline::Exit* enter_translated(GuestState& state, const std::byte* code);

/// Where the interrupted program counter is, as far as the stubs go.
enum class StubPlace : std::uint8_t { none, entering, transferring, leaving };
StubPlace stub_place(const ucontext_t& context);
const std::byte* program_counter(const ucontext_t& context);

/// Makes interrupted code go on with another return stack pointer.
void set_return_stack(ucontext_t& context, std::uint64_t stack_pointer);

/// Makes the interrupted code trap after each host instruction, or no longer.
void set_host_single_step(ucontext_t& context, bool on);

/// Gives lent registers back, and makes the interrupted code leave through the stub with `exit`. The context must be at `mark`
/// or between it and the next one.
void leave_translated(ucontext_t& context, const GuestState& state, const baseline::Mark& mark, baseline::Exit& exit);

}  // namespace lxr::host
