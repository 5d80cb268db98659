// What the runtime's signal handler does to a thread that was interrupted in guest code. Everything here is async-signal-safe.
#include "jit/fault_recovery.h"

#include <optional>

#include "jit/baseline/marks.h"
#include "jit/engine_thread.h"
#include "jit/host/guest_entry.h"
#include "jit/host/translated_code.h"

namespace lxr {

namespace {

baseline::Exit fault_exit{.kind = baseline::ExitKind::fault};  // what a signal handler makes translated code leave with

/// The last mark at or before the interrupted program counter; none if it is not in translated code.
std::optional<baseline::Mark> mark_at(const EngineThread& thread, const ucontext_t& context, bool& exactly) {
    const auto* pc = host::program_counter(context);
    const auto* block = thread.baseline->block_of_host(pc);
    if (block == nullptr) return std::nullopt;
    const auto offset = static_cast<std::uint32_t>(pc - block->code);
    std::optional<baseline::Mark> last;
    baseline::MarkReader marks({block->marks, block->marks_bytes}, block->begin.value());
    while (marks.next() && marks.mark().host_offset <= offset) last = marks.mark();
    exactly = last && last->host_offset == offset;
    return last;
}

/// Where an interruption goes on from here: leaves at a boundary, else steps once more.
void interrupt_here(EngineThread& thread, ucontext_t& context) {
    bool exactly = false;
    const auto mark = mark_at(thread, context, exactly);
    if (mark && exactly) {
        thread.state.rip = mark->guest_address;
        thread.stepping = false;
        return host::leave_translated(context, thread.state, *mark, baseline::lxr_attention_exit);
    }
    thread.stepping = mark.has_value() || host::stub_place(context) == host::StubPlace::entering;
    host::set_host_single_step(context, thread.stepping);
}

}  // namespace

void interrupt_translated_code(ucontext_t& context) {
    auto* thread = current_engine_thread();
    if (thread != nullptr && thread->in_translated) interrupt_here(*thread, context);
}

bool continue_interruption(ucontext_t& context) {
    auto* thread = current_engine_thread();
    if (thread == nullptr || !thread->stepping) return false;
    interrupt_here(*thread, context);
    return true;
}

bool in_guest_code() {
    const auto* thread = current_engine_thread();
    return thread != nullptr && (thread->in_guest || thread->in_translated);
}

bool redirect_to_fault(ucontext_t& context, const GuestFault& fault) {
    if (!in_guest_code()) return false;
    auto& thread = *current_engine_thread();
    if (thread.in_translated) {
        bool exactly = false;
        const auto mark = mark_at(thread, context, exactly);
        if (!mark) return false;
        thread.state.rip = mark->guest_address;
        thread.fault = fault;
        thread.faulted_as_guest = !mark->from_ir;
        host::leave_translated(context, thread.state, *mark, fault_exit);
        return true;
    }
    thread.fault = fault;
    thread.faulted = true;
    thread.in_guest = false;
    host::leave_guest(context, thread.recovery);
    return true;
}

}  // namespace lxr
