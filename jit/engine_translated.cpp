// Code that runs on the host: the baseline's blocks, how they find each other, and the optimising tier's regions.
#include <array>
#include <unordered_map>
#include <utility>

#include "jit/baseline/exits.h"
#include "jit/baseline/x87_use.h"
#include "jit/engine_implementation.h"
#include "jit/host/translated_code.h"
#include "jit/optimizing/run.h"
#include "lifter/support/log.h"

namespace lxr {

namespace {

/// Of a block that compares the guest's bytes.
constexpr std::size_t longest_comparing_block_bytes = 256;

}  // namespace

baseline::Block* Engine::Implementation::known_block(EngineThread& thread, GuestAddress address) {
    const auto contents = baseline->contents();
    if (auto* block = thread.recent_blocks.find(address, contents)) {
        thread.seen_flushes = contents.flushes;
        return block;
    }
    auto* const block = baseline->find(address, thread.seen_flushes);
    if (block != nullptr) thread.recent_blocks.note(*block, contents);
    return block;
}

baseline::Block* Engine::Implementation::translated_block(EngineThread& thread) {
    if (baseline == nullptr) return nullptr;
    const GuestAddress address(thread.state.rip);
    if (auto* block = known_block(thread, address)) return block;
    if (translations.find(address) != nullptr) return nullptr;  // was found to be untranslatable
    auto* const block = timed([&] {
        baseline::Block* made = nullptr;
        std::uint64_t retirements = 0;
        do {
            retirements = baseline->retirements();
            made = new_block(thread, address, retirements);
        } while (made == nullptr && baseline->retirements() != retirements);
        return made;
    });
    if (optimizing != nullptr && block != nullptr) optimizing->reinstall(address);
    return block;
}

baseline::Block* Engine::Implementation::new_block(EngineThread& thread, GuestAddress address, std::uint64_t retirements) {
    auto code = check == nullptr ? services.code_to_keep(address) : services.code_at(address);
    if (code.bytes.empty()) return nullptr;
    std::array<std::byte, longest_comparing_block_bytes> copy;
    if (code.may_change) code.bytes = copied(code.bytes, copy);
    const bool by_transfer = thread.last_exit != nullptr && thread.last_exit->kind != baseline::ExitKind::direct;
    auto* const block = baseline->block_at(address, code, by_transfer, retirements, thread.seen_flushes);
    if (dump != nullptr && block != nullptr) dump->write(*block, code.bytes);
    if (perf_map != nullptr && block != nullptr) {
        perf_map->note(block->code, block->code_bytes, block_name(*block, code.bytes));
    }
    return block;
}

void Engine::Implementation::link(EngineThread& thread, baseline::Block& block) {
    const bool exit_is_gone = thread.last_exit_flushes != thread.seen_flushes;
    auto* const exit = exit_is_gone ? nullptr : std::exchange(thread.last_exit, nullptr);
    thread.last_exit = nullptr;
    if (exit == nullptr) return;
    if (exit->kind != baseline::ExitKind::transfer && exit->target == block.begin) {
        baseline->link(*exit, block);
    } else if (exit->kind != baseline::ExitKind::direct) {
        baseline->remember(*thread.tier_thread, block.begin);
    }
}

bool Engine::Implementation::runs_ahead_of(EngineThread& thread, const baseline::Block& block) {
    if (check == nullptr || block.changed != nullptr) return false;  // it may change itself
    {
        const std::scoped_lock lock(threads_mutex);
        if (threads.size() != 1) return false;
    }
    return check->run_ahead(thread, block);
}

void Engine::Implementation::compare(const EngineThread& thread, const baseline::Block& block) {
    const auto report = check->difference(thread, block);
    if (report.empty()) return;
    if (options.difference_found != nullptr) return options.difference_found(report);
    write_log_line(LogCategory::jit, report);
    _exit(check_exit_code);
}

void Engine::Implementation::run_translated(EngineThread& thread, baseline::Block& block) {
    auto& state = thread.state;
    thread.reason = LeaveReason::look_up;
    if (!baseline->begin_execution(*thread.tier_thread, thread.seen_flushes)) return;
    if (thread.return_stack_flushes != thread.seen_flushes) {
        state.translated.return_stack = thread.return_stack->empty();
        thread.return_stack_flushes = thread.seen_flushes;
    }
    const bool checked = runs_ahead_of(thread, block);
    thread.reason = LeaveReason::look_up;
    if (check == nullptr) link(thread, block);  // else each block comes back
    thread.entries.add_one();
    thread.in_translated = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    auto* exit = host::enter_translated(state, block.body());
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread.in_translated = false;
    baseline::put_away_x87(thread);
    thread.stepping = false;
    if (exit != nullptr) baseline::take_exit(thread, *exit);
    const bool is_hot = exit != nullptr && exit->kind == baseline::ExitKind::hot;
    if (checked && exit != nullptr && exit->kind != baseline::ExitKind::attention) compare(thread, block);
    thread.last_exit_flushes = thread.seen_flushes;
    baseline->end_execution(*thread.tier_thread);
    if (is_hot) heat(thread);
}

void Engine::Implementation::heat(EngineThread& thread) {
    const GuestAddress address(thread.state.rip);
    // A vfork child's threads go with it, and its parent's would wait for them.
    if (getpid() != process_id) return baseline->end_count(address, baseline::Tier::Count::no_more);
    const auto count = optimizing->heat(address, services, [&] { return watch(thread); });
    baseline->end_count(address, count);
    if (count == baseline::Tier::Count::no_more) services.host_thread_made();
}

optimizing::Path Engine::Implementation::watch(EngineThread& thread) {
    optimizing::Path path;
    auto& state = thread.state;
    std::unordered_map<std::uint64_t, std::unique_ptr<Translation>> known;
    thread.reason = LeaveReason::look_up;
    // The interpreter says after each instruction that it has to look up whether it may go on.
    const auto goes_on = [&] { return thread.reason == LeaveReason::look_up || thread.reason == LeaveReason::attention; };
    const auto& policy = options.policy;
    while (path.size() < policy.instructions_watched && known.size() <= policy.different_instructions_watched && goes_on() &&
           state.attention == 0 && (state.control_flags & (rflags::tf | rflags::ac)) == 0) {
        const auto address = path.emplace_back(state.rip);
        auto& instruction = known[address.value()];
        if (instruction == nullptr) instruction = translate_one(thread, true);
        if (instruction != nullptr) interpret(thread, *instruction);
        if (thread.reason == LeaveReason::stale) {
            known.erase(address.value());
            thread.reason = LeaveReason::look_up;
        }
    }
    return path;
}

void Engine::Implementation::evaluate_optimized(EngineThread& thread) {
    const GuestAddress address(thread.state.rip);
    const auto* region = optimizing::can_run(thread.state) ? optimizing->region_at(address, services) : nullptr;
    if (region == nullptr) return interpret_one(thread);
    optimizing::run(thread, *region);
}

}  // namespace lxr
