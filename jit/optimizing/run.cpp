// Into a region and out of it.
#include "jit/optimizing/run.h"

#include "jit/baseline/x87_use.h"
#include "jit/guest_code.h"
#include "jit/host/translated_code.h"
#include "jit/optimizing/tier.h"
#include "lifter/helpers.h"

namespace lxr::optimizing {

namespace {

std::uint64_t call_helper(GuestState* state, std::uint64_t number, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return helper_row(static_cast<Helper>(number)).function(*state, a, b, c);
}

void take_exit(EngineThread& thread, std::uint64_t exit_word) {
    switch (static_cast<RegionExit>(exit_word & 0xff)) {
        case RegionExit::look_up:
        case RegionExit::returned:
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

/// @return an index of exit_names. A region does not say that it was asked for attention: it finds the word set as it goes, and
/// leaves as if for what is not in it.
std::size_t exit_taken(const EngineThread& thread, std::uint64_t exit_word) {
    if (thread.faulted) return static_cast<std::size_t>(RegionExit::fault);
    const auto exit = static_cast<RegionExit>(exit_word & 0xff);
    const bool is_asked = thread.state.attention.load(std::memory_order_relaxed) != 0;
    return exit == RegionExit::look_up && is_asked ? attention_exit : static_cast<std::size_t>(exit);
}

}  // namespace

bool can_run(const GuestState& state) {
    constexpr std::uint32_t all_masked = 0x1f80;
    return (state.mxcsr & all_masked) == all_masked;
}

std::uint64_t run(EngineThread& thread, const Region& region) {
    std::uint64_t exit_word = 0;
    const auto call = [](const void* entered, void* guest, void* result) {
        const auto code = static_cast<const Region*>(entered)->code;
        *static_cast<std::uint64_t*>(result) = code(static_cast<GuestState*>(guest), &call_helper);
    };
    thread.visits.enter();
    run_guest_code(thread, call, &region, &exit_word);
    thread.visits.leave(exit_taken(thread, exit_word));
    if (!thread.faulted) take_exit(thread, exit_word);
    return exit_word;
}

namespace {

baseline::Exit evaluated_exit{.kind = baseline::ExitKind::evaluated};

std::uint64_t run_measured(EngineThread& thread, const Region& region) {
    thread.optimizing->note_visit(region);
    const auto exit_word = run(thread, region);
    if (!thread.faulted) region.arrivals += rounds_of(exit_word);
    return exit_word;
}

}  // namespace

/// Called by the stub that translated code calls: the state is canonical but for rip. @return where to leave to; null to go on
/// at rip.
extern "C" baseline::Exit* lxr_run_region(const Region* region) {
    auto& thread = *current_engine_thread();
    baseline::put_away_x87(thread);
    thread.state.rip = region->entry.value();
    thread.reason = LeaveReason::look_up;
    if (!can_run(thread.state)) return &evaluated_exit;  // the engine enters the baseline block itself
    thread.in_translated = false;                        // a fault goes the interpreter's way; the region looks for attention
    thread.in_region = true;
    const auto exit_word = region->judged ? run(thread, *region) : run_measured(thread, *region);
    thread.in_region = false;
    thread.in_translated = true;
    if (thread.reason != LeaveReason::look_up) return &evaluated_exit;
    host::set_way_out_of_region(thread.state, static_cast<RegionExit>(exit_word & 0xff) == RegionExit::returned);
    return nullptr;
}

}  // namespace lxr::optimizing
