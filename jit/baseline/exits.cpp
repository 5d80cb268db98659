// One case for each kind of exit.
#include "jit/baseline/exits.h"

#include "jit/baseline/system_call.h"
#include "jit/engine_thread.h"

namespace lxr::baseline {

namespace {

Exit arrival_by_transfer{.kind = ExitKind::transfer};

/// A jump to a non-canonical address is #GP of the jump: as if it had not been made.
void undo_if_impossible(EngineThread& thread) {
    auto& state = thread.state;
    if (is_canonical(state.rip)) return;
    const auto& transfer = thread.baseline->transfer_at(state.translated.transfer);
    state.rip = transfer.instruction.value();
    if (transfer.rsp_change < 0) *host_pointer<std::uint64_t>(GuestAddress(state[Gpr::rsp])) = state.translated.overwritten;
    state[Gpr::rsp] -= static_cast<std::uint64_t>(static_cast<std::int64_t>(transfer.rsp_change));
    thread.reason = LeaveReason::fault;
    thread.fault = {.vector = ExceptionVector::general_protection};
}

}  // namespace

void take_exit(EngineThread& thread, Exit& exit) {
    auto& state = thread.state;
    switch (exit.kind) {
        case ExitKind::direct:
            state.rip = exit.target.value();
            thread.last_exit = &exit;
            thread.reason = LeaveReason::look_up;
            return;
        case ExitKind::transfer:
            thread.last_exit = &exit;
            thread.reason = LeaveReason::look_up;
            return undo_if_impossible(thread);
        case ExitKind::syscall:
            go_past_syscall(state, exit.target);
            thread.reason = LeaveReason::syscall;
            return;
        case ExitKind::changed:
            state.rip = exit.target.value();
            // The block that takes its place is entered in the same ways.
            thread.last_exit = thread.baseline->retire_changed(exit.target) ? &arrival_by_transfer : nullptr;
            thread.reason = LeaveReason::look_up;
            return;
        case ExitKind::fault:
            thread.reason = LeaveReason::fault;
            return;
        case ExitKind::attention:
            thread.reason = LeaveReason::attention;
            return;
        case ExitKind::hot:
            state.rip = exit.target.value();
            thread.reason = LeaveReason::look_up;
            return;
        case ExitKind::evaluated:
            return;  // the steps have told why
    }
}

}  // namespace lxr::baseline
