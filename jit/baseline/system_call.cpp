// The call is the runtime's; what is found out here is whether the block may go on afterwards.
#include "jit/baseline/system_call.h"

#include "jit/baseline/block.h"
#include "jit/baseline/x87_use.h"
#include "jit/engine_thread.h"

namespace lxr::baseline {

namespace {

Exit interrupted_exit{.kind = ExitKind::evaluated};

}  // namespace

void go_past_syscall(GuestState& state, GuestAddress next) {
    state.rip = next.value();
    state[Gpr::rcx] = state.rip;
    state[Gpr::r11] = state.rflags_image();
}

/// Called by the stub that translated code calls: the state is canonical but for rip before, and canonical after.
/// @return where to leave to; null to go on at `next`.
extern "C" Exit* lxr_make_system_call(std::uint64_t next) {
    auto*& current = current_engine_thread();
    auto& thread = *current;
    auto& state = thread.state;
    auto& tier = *thread.baseline;
    put_away_x87(thread);
    go_past_syscall(state, GuestAddress(next));
    thread.in_translated = false;  // the call looks for an interruption itself
    thread.reason = LeaveReason::look_up;
    const auto retirements = tier.retirements();
    Tier::end_execution(*thread.tier_thread);  // it may take long
    thread.services->syscall(state);
    current = &thread;  // a CLONE_VM child may have borrowed this host thread in between
    if (!tier.begin_execution(*thread.tier_thread, thread.seen_flushes)) return &interrupted_exit;
    thread.in_translated = true;
    // The call may have retired this very block, or given the thread another state.
    constexpr std::uint32_t evaluated_otherwise = rflags::tf | rflags::ac;
    const bool goes_on = state.rip == next && tier.retirements() == retirements &&
                         (state.control_flags & evaluated_otherwise) == 0 && !thread.services->thread_should_exit(state);
    return goes_on ? nullptr : &interrupted_exit;
}

}  // namespace lxr::baseline
