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

/// Sets what the stubs want to find in GuestState::translated.
void prepare_translated_code(GuestState& state, std::uint64_t jump_table, EvaluationFrame& frame);

/// Runs translated code from `code` on until it leaves. The state is canonical before and after.
baseline::Exit* enter_translated(GuestState& state, const std::byte* code);

/// Where the interrupted program counter is, as far as the stubs go.
enum class StubPlace : std::uint8_t { none, entering, leaving };
StubPlace stub_place(const ucontext_t& context);
const std::byte* program_counter(const ucontext_t& context);

/// Makes the interrupted code trap after each host instruction, or no longer.
void set_host_single_step(ucontext_t& context, bool on);

/// Gives lent registers back, and makes the interrupted code leave through the stub with `exit`. The context must be at `mark`
/// or between it and the next one.
void leave_translated(ucontext_t& context, const GuestState& state, const baseline::Mark& mark, baseline::Exit& exit);

}  // namespace lxr::host
