// Exits set rip (the state is then canonical but for lazy flags) and go on through the thread's jump cache without returning.
#include "jit/interpreter/exits.h"

#include <cstring>

#include "lifter/support/check.h"

namespace lxr::interpreter {

namespace {

EngineThread& thread_of(EvaluationFrame* frame) {
    return static_cast<EngineThread&>(*frame);
}

/// The steps at state->rip, or null with the reason to leave set.
const Step* next_steps(GuestState* state, EvaluationFrame* frame) {
    auto& thread = thread_of(frame);
    // Relaxed: whoever set them also made what they announce visible to the slow path, which re-reads with acquire.
    if (state->attention.load(std::memory_order_relaxed) != 0 ||
        thread.generation->load(std::memory_order_relaxed) != thread.seen_generation) [[unlikely]] {
        thread.reason = LeaveReason::attention;
        return nullptr;
    }
    const auto& entry = (*thread.jump_cache)[EngineThread::jump_cache_slot(state->rip)];
    if (entry.rip == state->rip) return entry.steps;
    thread.reason = LeaveReason::look_up;
    return nullptr;
}

#define LXR_NEXT_BLOCK(style)                                          \
    if constexpr ((style) == ExitStyle::leaving) {                     \
        thread_of(frame).reason = LeaveReason::look_up;                \
        return;                                                        \
    } else {                                                           \
        const Step* const next = next_steps(state, frame);             \
        if (next == nullptr) return;                                   \
        [[clang::musttail]] return next->function(next, state, frame); \
    }

template <ExitStyle style>
void jump(const Step* step, GuestState* state, EvaluationFrame* frame) {
    state->rip = step->operation.wide;
    LXR_NEXT_BLOCK(style);
}

template <ExitStyle style>
void jump_indirect(const Step* step, GuestState* state, EvaluationFrame* frame) {
    state->rip = frame->slots[step->operation.a];
    LXR_NEXT_BLOCK(style);
}

template <ExitStyle style>
void exit_if(const Step* step, GuestState* state, EvaluationFrame* frame) {
    if ((frame->slots[step->operation.a] & 0xff) == 0) {
        [[clang::musttail]] return (step + 1)->function(step + 1, state, frame);
    }
    state->rip = step->operation.wide;
    LXR_NEXT_BLOCK(style);
}

template <LeaveReason reason>
void leave(const Step* step, GuestState* state, EvaluationFrame* frame) {
    state->rip = step->operation.wide;
    thread_of(frame).reason = reason;
}

void raise(const Step* step, GuestState* state, EvaluationFrame* frame) {
    state->rip = step->operation.wide;
    frame->fault = {.vector = static_cast<ExceptionVector>(step->operation.aux)};
    frame->faulted = true;
}

void check_bytes(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& translation = *reinterpret_cast<const Translation*>(step->operation.wide);
    const auto& expected = translation.checked_bytes;
    if (std::memcmp(host_pointer(translation.begin), expected.data(), expected.size()) != 0) [[unlikely]] {
        thread_of(frame).reason = LeaveReason::stale;
        thread_of(frame).stale = &translation;
        return;
    }
    [[clang::musttail]] return (step + 1)->function(step + 1, state, frame);
}

}  // namespace

namespace {

template <ExitStyle style>
StepFunction styled_exit_function(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
        case Opcode::exit_if:
            return &exit_if<style>;
        case Opcode::jump:
            return &jump<style>;
        case Opcode::jump_indirect:
        case Opcode::return_indirect:
            return &jump_indirect<style>;
        case Opcode::syscall:
            return &leave<LeaveReason::syscall>;
        case Opcode::syscall_int80:
            return &leave<LeaveReason::syscall_int80>;
        case Opcode::fetch_fault:
            return &leave<LeaveReason::fetch_fault>;
        case Opcode::raise:
            return &raise;
        default:
            return nullptr;
    }
}

}  // namespace

StepFunction exit_function(const ir::Operation& operation, ExitStyle style) {
    return style == ExitStyle::chained ? styled_exit_function<ExitStyle::chained>(operation)
                                       : styled_exit_function<ExitStyle::leaving>(operation);
}

StepFunction check_bytes_function() {
    return &check_bytes;
}

}  // namespace lxr::interpreter
