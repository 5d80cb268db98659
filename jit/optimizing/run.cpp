// Into a region and out of it.
#include "jit/optimizing/run.h"

#include "jit/guest_code.h"
#include "lifter/helpers.h"

namespace lxr::optimizing {

namespace {

std::uint64_t call_helper(GuestState* state, std::uint64_t number, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return helper_row(static_cast<Helper>(number)).function(*state, a, b, c);
}

void take_exit(EngineThread& thread, std::uint64_t exit_word) {
    switch (static_cast<RegionExit>(exit_word & 0xff)) {
        case RegionExit::look_up:
            thread.reason = LeaveReason::look_up;
            return;
        case RegionExit::syscall:
            thread.reason = LeaveReason::syscall;
            return;
        case RegionExit::syscall_int80:
            thread.reason = LeaveReason::syscall_int80;
            return;
        case RegionExit::fault:
            thread.fault = {.vector = static_cast<ExceptionVector>(exit_word >> 8)};
            thread.reason = LeaveReason::fault;
            return;
        case RegionExit::helper_fault:
            thread.state.fault_pending = false;
            thread.fault = thread.state.pending_fault;
            thread.reason = LeaveReason::fault;
            return;
    }
}

}  // namespace

bool can_run(const GuestState& state) {
    constexpr std::uint32_t all_masked = 0x1f80;
    return (state.mxcsr & all_masked) == all_masked;
}

void run(EngineThread& thread, const Region& region) {
    std::uint64_t exit_word = 0;
    const auto call = [](const void* entered, void* guest, void* result) {
        const auto code = static_cast<const Region*>(entered)->code;
        *static_cast<std::uint64_t*>(result) = code(static_cast<GuestState*>(guest), &call_helper);
    };
    run_guest_code(thread, call, &region, &exit_word);
    if (!thread.faulted) take_exit(thread, exit_word);
}

}  // namespace lxr::optimizing
