// The world as tested code sees it through lxr: code and data of the arena, and everything else is an ending.
#include "tools/difftest/engine_runner.h"

#include <algorithm>
#include <cstring>

namespace lxr::difftest {

namespace {

constexpr std::uint64_t most_visits = 100000;

void put(GuestState& state, const MachineState& machine) {
    state.gpr = machine.gpr;
    state.rip = machine.rip;
    state.set_rflags_image(machine.rflags);
    state.fs_base = machine.fs_base;
    state.gs_base = machine.gs_base;
    state.selectors = machine.selectors;
    state.mxcsr = machine.mxcsr;
    state.x87 = machine.x87;
    for (std::size_t i = 0; i < machine.ymm.size(); ++i) {
        state.vector[i] = {};
        std::ranges::copy(machine.ymm[i], state.vector[i].words.begin());
    }
}

void take(MachineState& machine, const GuestState& state) {
    machine.gpr = state.gpr;
    machine.rip = state.rip;
    machine.rflags = state.rflags_image() & compared_flags;
    machine.fs_base = state.fs_base;
    machine.gs_base = state.gs_base;
    machine.selectors = state.selectors;
    clear_rpl_of_null(machine.selectors);
    machine.mxcsr = state.mxcsr;
    machine.x87 = state.x87;
    for (std::size_t i = 0; i < machine.ymm.size(); ++i) {
        std::copy_n(state.vector[i].words.begin(), machine.ymm[i].size(), machine.ymm[i].begin());
    }
}

}  // namespace

EngineRunner::EngineRunner(Tier tier)
    : engine_(*this, {.tier = tier}), thread_(engine_.make_thread(state_)), outcomes_(Batch::capacity) {}

const std::vector<Outcome>& EngineRunner::run(const Batch& batch) {
    batch_ = &batch;
    engine_.invalidate(GuestAddress(arena::code_begin), arena::code_size_bytes);
    for (std::uint32_t i = 0; i < batch.count; ++i) run_test(batch.tests[i], outcomes_[i]);
    return outcomes_;
}

void EngineRunner::run_test(const Test& test, Outcome& outcome) {
    outcome_ = &outcome;
    outcome.ending = Ending::none;
    outcome.fault = {};
    visits_ = 0;
    auto* const data = host_pointer(GuestAddress(arena::data_begin));
    std::memcpy(data, batch_->memory.data(), arena::data_size_bytes);
    apply_pokes(test);
    put(state_, test.before);
    first_tick_ = patience.ticks;
    patience.running = &state_;
    engine_.run(*thread_);
    patience.running = nullptr;
    take(outcome.after, state_);
    std::memcpy(outcome.memory.data(), data, arena::data_size_bytes);
}

void EngineRunner::syscall(GuestState&) {
    outcome_->ending = Ending::syscall;
}

void EngineRunner::syscall_int80(GuestState&) {
    outcome_->ending = Ending::syscall;
}

void EngineRunner::fault(GuestState&, const GuestFault& fault) {
    const bool has_address = fault.vector == ExceptionVector::page_fault;
    outcome_->ending = Ending::fault;
    outcome_->fault = {.vector = static_cast<std::uint32_t>(fault.vector),
                       .error_code = fault.error_code,
                       .address = has_address ? fault.address.value() : 0};
}

void EngineRunner::attention(GuestState& state) {
    state.attention = 0;
    if (patience.ticks - first_tick_ >= Patience::ticks_of_a_test) outcome_->ending = Ending::endless;
}

CodeBytes EngineRunner::code_at(GuestAddress address) {
    const auto at = address.value();
    if (at >= arena::code_begin && at < arena::code_end) {
        const bool in_batch = at >= batch_->entry && at < batch_->end;
        const auto end = at < batch_->end ? batch_->end : arena::code_end;
        // What lies around the batch ends the test: no tier may compile it together with the batch.
        return {.bytes = {host_pointer(address), end - at}, .may_change = !in_batch};
    }
    if (!is_canonical(at)) return {.bytes = {}, .fault = {.vector = ExceptionVector::general_protection}};
    constexpr std::uint64_t task_size_max = 0x7ffffffff000;  // Linux arch/x86/include/asm/page_64.h, TASK_SIZE_MAX
    const bool is_kernels = at >= task_size_max;             // Linux arch/x86/mm/fault.c, sanitize_error_code
    const bool mapped = is_kernels || (at >= arena::read_only_begin && at < arena::data_end);
    const auto error_code = page_fault::user | page_fault::instruction_fetch | (mapped ? page_fault::present : 0);
    return {.bytes = {}, .fault = {.vector = ExceptionVector::page_fault, .error_code = error_code, .address = address}};
}

bool EngineRunner::thread_should_exit(const GuestState& state) {
    if (outcome_->ending != Ending::none) return true;
    const bool in_code = state.rip >= arena::code_begin && state.rip < arena::code_end;
    if (in_code && (state.rip < batch_->entry || state.rip >= batch_->end)) outcome_->ending = Ending::landed;
    if (++visits_ > most_visits) outcome_->ending = Ending::endless;
    return outcome_->ending != Ending::none;
}

}  // namespace lxr::difftest
