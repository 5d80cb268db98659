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

/// Where a program counter is in translated code.
struct Place {
    const baseline::Block* block = nullptr;  // null if it is in none
    std::optional<baseline::Mark> mark;      // the last one at or before it; none in a check before the block's first
    bool at_mark = false;
};

Place place_of(const EngineThread& thread, const ucontext_t& context) {
    const auto* pc = host::program_counter(context);
    const auto* block = thread.baseline->block_of_host(pc);
    if (block == nullptr) return {};
    const auto offset = static_cast<std::uint32_t>(pc - block->code);
    Place place;
    place.block = block;
    baseline::MarkReader marks({block->marks, block->marks_bytes}, block->begin.value());
    while (marks.next() && marks.mark().host_offset <= offset) place.mark = marks.mark();
    place.at_mark = place.mark && place.mark->host_offset == offset;
    return place;
}

bool is_on_the_way_to_a_mark(host::StubPlace place) {
    return place == host::StubPlace::entering || place == host::StubPlace::transferring;
}

/// Where an interruption goes on from here: leaves at a boundary, else steps once more.
void interrupt_here(EngineThread& thread, ucontext_t& context) {
    const auto place = place_of(thread, context);
    if (place.at_mark) {
        thread.state.rip = place.mark->guest_address;
        thread.stepping = false;
        return host::leave_translated(context, thread.state, *place.mark, baseline::lxr_attention_exit);
    }
    thread.stepping = place.block != nullptr || is_on_the_way_to_a_mark(host::stub_place(context));
    host::set_host_single_step(context, thread.stepping);
}

bool redirect_translated(EngineThread& thread, ucontext_t& context, const GuestFault& fault) {
    const auto place = place_of(thread, context);
    if (place.block == nullptr) return false;
    if (thread.return_stack->is_full_at(fault.address)) {
        host::set_return_stack(context, thread.return_stack->empty());
        return true;
    }
    if (!place.mark) return false;
    const auto& mark = *place.mark;
    if (mark.compares_bytes) {
        host::leave_translated(context, thread.state, mark, *place.block->changed);
        return true;
    }
    thread.state.rip = mark.guest_address;
    thread.fault = fault;
    if (mark.reads_for_write && fault.vector == ExceptionVector::page_fault) thread.fault.error_code |= page_fault::write;
    thread.faulted_as_guest = !mark.from_ir;
    host::leave_translated(context, thread.state, mark, fault_exit);
    return true;
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
    // The state may be older than the instruction, so that this cannot wait until the region has been left. The thread holds no
    // lock here, for it is in the middle of guest code; and regions are made of no code that the guest may write.
    const bool is_write = fault.vector == ExceptionVector::page_fault && (fault.error_code & page_fault::write) != 0;
    if (thread.in_region && is_write && thread.services->let_write(fault)) return true;
    if (thread.in_translated) {
        return redirect_translated(thread, context, fault);
    }
    thread.fault = fault;
    thread.faulted = true;
    thread.in_guest = false;
    host::leave_guest(context, thread.recovery);
    return true;
}

}  // namespace lxr
