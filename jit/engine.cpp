// The dispatch loop: find or make the translation at rip, evaluate, see why it came back, and ask the services.
#include "jit/engine.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jit/baseline/exits.h"
#include "jit/baseline/x87_use.h"
#include "jit/check/block_check.h"
#include "jit/engine_thread.h"
#include "jit/fault_recovery.h"
#include "jit/host/block_emitter.h"
#include "jit/host/translated_code.h"
#include "jit/interpreter/interpreter.h"
#include "jit/optimizing/run.h"
#include "jit/optimizing/tier.h"
#include "jit/perf_map.h"
#include "jit/processor_fault.h"
#include "jit/translation.h"
#include "lifter/decoder.h"
#include "lifter/lift.h"
#include "lifter/support/check.h"
#include "lifter/support/cpu_time.h"
#include "lifter/support/log.h"

namespace lxr {

namespace {

/// Of a block that compares the guest's bytes.
constexpr std::size_t longest_comparing_block_bytes = 256;

/// A block that is checked ends with a call: what the callee does is not its own.
host::BlockLimits block_limits(const EngineOptions& options) {
    host::BlockLimits limits;
    limits.goes_past_calls = !options.check;
    return limits;
}

}  // namespace

EngineThread*& current_engine_thread() {
    static thread_local EngineThread* current = nullptr;
    return current;
}

struct Engine::Implementation {
    Implementation(Services& the_services, EngineOptions the_options)
        : services(the_services), options(std::move(the_options)) {
        if (options.dump.stages.any()) dump = std::make_unique<Dump>(options.dump);
        if (options.writes_perf_map) perf_map = std::make_unique<PerfMap>();
        if (options.tier == Tier::interpreter || options.single_step) return;
        if (options.tier == Tier::optimizing) {
            optimizing = std::make_unique<optimizing::Tier>(
                optimizing::Tier::Callbacks{.install = [](GuestAddress, const optimizing::Region*) {},
                                            .count = [](GuestAddress, baseline::Tier::Count) {},
                                            .set_counting = [](bool) {},
                                            .count_more = [](std::size_t) { return baseline::Tier::Recount{}; },
                                            .call_back = [] {}},
                options.policy, dump.get(), perf_map.get());
            return;
        }
        const auto copies = options.tier == Tier::baseline_ir ? host::Copies::none : host::Copies::exact;
        baseline = std::make_unique<baseline::Tier>(copies, block_limits(options));
        if (!baseline->available()) baseline.reset();
        if (options.check && baseline != nullptr) check = std::make_unique<check::BlockCheck>(services);
        if (options.tier == Tier::automatic && baseline != nullptr && check == nullptr) {
            baseline->count_arrivals(options.policy.arrivals_until_hot);
            optimizing = std::make_unique<optimizing::Tier>(
                optimizing::Tier::Callbacks{
                    .install = [this](GuestAddress entry,
                                      const optimizing::Region* region) { baseline->set_region(entry, region); },
                    .count = [this](GuestAddress block, baseline::Tier::Count count) { baseline->end_count(block, count); },
                    .set_counting = [this](bool counts) { baseline->set_counting(counts); },
                    .count_more = [this](std::size_t most_exits) { return baseline->count_more(most_exits); },
                    .call_back = [this] { ask_for_attention(); }},
                options.policy, dump.get(), perf_map.get());
        }
    }

    Services& services;
    EngineOptions options;
    TranslationMap translations;                   // of the interpreter
    std::unique_ptr<Dump> dump;                    // null if nothing is dumped
    std::unique_ptr<PerfMap> perf_map;             // null if it is not wanted
    std::unique_ptr<baseline::Tier> baseline;      // null where everything is interpreted
    std::unique_ptr<check::BlockCheck> check;      // null if blocks are not checked
    std::unique_ptr<optimizing::Tier> optimizing;  // null if there are no regions
    pid_t process_id = getpid();
    std::mutex threads_mutex;  // guards the next three
    std::vector<EngineThread*> threads;
    std::uint64_t entries_of_ended = 0;  // what threads that have ended had counted
    optimizing::Visits visits_of_ended;
    std::atomic<std::uint64_t> blocks_translated = 0;
    std::atomic<std::uint64_t> instructions_translated = 0;
    std::atomic<std::uint64_t> bytes_translated = 0;
    std::atomic<std::uint64_t> translation_ns = 0;
    std::atomic<std::uint64_t> invalidations = 0;

    void count(const ir::Block& block) {
        constexpr auto relaxed = std::memory_order_relaxed;  // counters, read when threads have ended
        blocks_translated.fetch_add(1, relaxed);
        instructions_translated.fetch_add(block.guest_instructions, relaxed);
        bytes_translated.fetch_add(block.guest_bytes, relaxed);
    }

    /// Calls `translate`, and counts the time if --stat wants it: reading the clock takes a hundredth of a short program's
    /// time.
    auto timed(auto translate) {
        if (!options.times_translation) return translate();
        const auto begin = std::chrono::steady_clock::now();
        auto result = translate();
        const auto elapsed = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin);
        translation_ns.fetch_add(static_cast<std::uint64_t>(elapsed.count()), std::memory_order_relaxed);
        return result;
    }

    ir::Block lift(GuestAddress address, const CodeBytes& code, LiftLimits limits) {
        auto block = timed([&] {
            auto lifted = lift_block(code.bytes, address, limits);
            ir::simplify(lifted);
            return lifted;
        });
        if (log_enabled(LogCategory::lift, LogLevel::debug)) {
            log(LogCategory::lift, LogLevel::debug, "block {:#x}\n{}", address.value(), ir::print(block));
        }
        count(block);
        return block;
    }

    /// Notes for `serve` that the code at rip cannot be had, where the block says nothing else.
    static bool is_fetch_fault(const ir::Block& block, EngineThread& thread) {
        const auto& last = block.operations.back();
        if (last.opcode != ir::Opcode::fetch_fault) return false;
        thread.fetch_fault_address = GuestAddress(last.wide);
        thread.reason = LeaveReason::fetch_fault;
        return true;
    }

    /// What may change is translated, and compared with, as it was at one time.
    static std::span<const std::byte> copied(std::span<const std::byte> bytes, std::span<std::byte> copy) {
        const auto taken = bytes.first(std::min(bytes.size(), copy.size()));
        std::ranges::copy(taken, copy.begin());
        return copy.first(taken.size());
    }

    const Translation* translate(EngineThread& thread, GuestAddress address) {
        auto code = services.code_at(address);
        std::array<std::byte, longest_instruction_bytes> copy;
        if (code.may_change) code.bytes = copied(code.bytes, copy);
        // Code that may change under us is checked at every instruction, so that it may also change itself.
        const LiftLimits limits{.instructions = options.single_step || code.may_change ? 1U : LiftLimits{}.instructions,
                                .ends_before = baseline != nullptr ? &host::is_translatable : nullptr};
        const auto block = lift(address, code, limits);
        if (is_fetch_fault(block, thread)) return nullptr;
        return translations.insert(interpreter::translate(block, code));
    }

    /// @return null if there is no code at rip; the reason to leave is then set.
    const Step* steps_at(EngineThread& thread, std::uint64_t rip) {
        const auto* translation = translations.find(GuestAddress(rip));
        if (translation == nullptr) translation = translate(thread, GuestAddress(rip));
        if (translation == nullptr) return nullptr;
        (*thread.jump_cache)[EngineThread::jump_cache_slot(rip)] = {rip, translation->steps.data()};
        return translation->steps.data();
    }

    /// Forgets the pointers of an older generation, and frees what no thread can be in any more.
    void catch_up(EngineThread& thread) {
        const auto generation = translations.generation().load();
        if (generation == thread.seen_generation) return;
        thread.jump_cache = std::make_unique<std::array<JumpCacheEntry, EngineThread::jump_cache_size>>();
        thread.seen_generation = generation;
        std::uint64_t oldest = generation;
        {
            const std::scoped_lock lock(threads_mutex);
            for (const auto* each : threads) {
                if (each != &thread) oldest = std::min(oldest, each->inside_since.load());
            }
        }
        translations.reclaim(oldest);
    }

    baseline::Block* known_block(EngineThread& thread, GuestAddress address) {
        const auto contents = baseline->contents();
        if (auto* block = thread.recent_blocks.find(address, contents)) {
            thread.seen_flushes = contents.flushes;
            return block;
        }
        auto* const block = baseline->find(address, thread.seen_flushes);
        if (block != nullptr) thread.recent_blocks.note(*block, contents);
        return block;
    }

    /// The baseline block at rip; null if the interpreter has to do it.
    baseline::Block* translated_block(EngineThread& thread) {
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

    /// @param retirements  their count before the bytes are looked at.
    baseline::Block* new_block(EngineThread& thread, GuestAddress address, std::uint64_t retirements) {
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

    /// Makes the way to this block shorter for the next time.
    void link(EngineThread& thread, baseline::Block& block) {
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

    /// @return true if the block was run in the interpreter and its outcome is to be compared.
    bool runs_ahead_of(EngineThread& thread, const baseline::Block& block) {
        if (check == nullptr || block.changed != nullptr) return false;  // it may change itself
        {
            const std::scoped_lock lock(threads_mutex);
            if (threads.size() != 1) return false;
        }
        return check->run_ahead(thread, block);
    }

    void compare(const EngineThread& thread, const baseline::Block& block) {
        const auto report = check->difference(thread, block);
        if (report.empty()) return;
        if (options.difference_found != nullptr) return options.difference_found(report);
        write_log_line(LogCategory::jit, report);
        _exit(check_exit_code);
    }

    void run_translated(EngineThread& thread, baseline::Block& block) {
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

    /// The block at rip was counted often enough.
    void heat(EngineThread& thread) {
        const GuestAddress address(thread.state.rip);
        // A vfork child's threads go with it, and its parent's would wait for them.
        if (getpid() != process_id) return baseline->end_count(address, baseline::Tier::Count::no_more);
        const auto count = optimizing->heat(address, services, [&] { return watch(thread); });
        baseline->end_count(address, count);
        if (count == baseline::Tier::Count::no_more) services.host_thread_made();
    }

    /// Runs on for some instructions, to see where they lead. @return them; `thread.reason` says how they ended.
    optimizing::Path watch(EngineThread& thread) {
        optimizing::Path path;
        auto& state = thread.state;
        std::unordered_map<std::uint64_t, std::unique_ptr<Translation>> known;
        thread.reason = LeaveReason::look_up;
        // The interpreter says after each instruction that it has to look up whether it may go on.
        const auto goes_on = [&] { return thread.reason == LeaveReason::look_up || thread.reason == LeaveReason::attention; };
        const auto& policy = options.policy;
        while (path.size() < policy.instructions_watched && known.size() <= policy.different_instructions_watched &&
               goes_on() && state.attention == 0 && (state.control_flags & (rflags::tf | rflags::ac)) == 0) {
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

    /// Everything in regions, and one instruction in the interpreter where there can be none.
    void evaluate_optimized(EngineThread& thread) {
        const GuestAddress address(thread.state.rip);
        const auto* region = optimizing::can_run(thread.state) ? optimizing->region_at(address, services) : nullptr;
        if (region == nullptr) return interpret_one(thread);
        optimizing::run(thread, *region);
    }

    void evaluate(EngineThread& thread) {
        if (optimizing != nullptr && baseline == nullptr) return evaluate_optimized(thread);
        if (auto* block = translated_block(thread)) return run_translated(thread, *block);
        thread.last_exit = nullptr;
        thread.inside_since.store(0);  // nothing may be reclaimed while the generation is looked up
        catch_up(thread);
        thread.inside_since.store(thread.seen_generation);
        if (const auto* steps = steps_at(thread, thread.state.rip)) interpreter::run(thread, steps);
        if (thread.reason == LeaveReason::stale) invalidate(thread.stale->begin, thread.stale->guest_bytes);
        thread.inside_since.store(~std::uint64_t{0});
    }

    /// The guest has changed code that was kept: by a store that is not made yet.
    bool writes_to_kept_code(const EngineThread& thread) {
        return thread.reason == LeaveReason::fault && thread.fault.vector == ExceptionVector::page_fault &&
               (thread.fault.error_code & page_fault::write) != 0 && services.let_write(thread.fault);
    }

    /// Interprets the instruction at rip and no other.
    void interpret_one(EngineThread& thread) {
        if (const auto instruction = translate_one(thread, false)) interpret(thread, *instruction);
    }

    /// Of the instruction at rip.
    /// @param is_kept  compares its bytes when it is run.
    /// @return null if there is no code at rip; the reason to leave is then set.
    std::unique_ptr<Translation> translate_one(EngineThread& thread, bool is_kept) {
        const GuestAddress address(thread.state.rip);
        const auto code = services.code_at(address);
        const bool checks_alignment = (thread.state.control_flags & rflags::ac) != 0;
        const auto block = lift(address, code, {.instructions = 1, .checks_alignment = checks_alignment});
        if (is_fetch_fault(block, thread)) return nullptr;
        return interpreter::translate(block, {.bytes = code.bytes, .may_change = is_kept, .fault = {}});
    }

    /// @param instruction  which is at rip.
    void interpret(EngineThread& thread, const Translation& instruction) {
        do {
            thread.seen_generation = 0;  // no generation: the exit leaves instead of going on
            interpreter::run(thread, instruction.steps.data());
        } while (writes_to_kept_code(thread));
    }

    /// TF is set: one instruction, then #DB (SDM Vol. 3B, "Single-Step Exception Condition").
    void evaluate_single_step(EngineThread& thread) {
        interpret_one(thread);
        const bool completed = thread.reason != LeaveReason::fault && thread.reason != LeaveReason::fetch_fault;
        serve(thread);
        if (completed) services.fault(thread.state, {.vector = ExceptionVector::debug});
    }

    GuestFault as_processor_says(EngineThread& thread) {
        const auto& state = thread.state;
        const bool as_guest = std::exchange(thread.faulted_as_guest, false);
        const GuestAddress address(state.rip);
        const auto instruction = decode(services.code_at(address).bytes, address);
        if (!instruction) return thread.fault;
        return as_guest ? copied_instruction_fault(thread.fault, *instruction, state)
                        : processor_fault(thread.fault, *instruction, state);
    }

    void serve(EngineThread& thread) {
        auto& state = thread.state;
        switch (thread.reason) {
            case LeaveReason::look_up:
            case LeaveReason::stale:
                break;
            case LeaveReason::attention:
                break;  // looked at before every entry
            case LeaveReason::syscall:
                services.syscall(state);
                break;
            case LeaveReason::syscall_int80:
                services.syscall_int80(state);
                break;
            case LeaveReason::fault:
                if (writes_to_kept_code(thread)) {
                    interpret_one(thread);
                    return serve(thread);
                }
                services.fault(state, as_processor_says(thread));
                break;
            case LeaveReason::fetch_fault:
                services.fault(state, services.code_at(thread.fetch_fault_address).fault);
                break;
        }
    }

    void unlock_after_fork() {
        if (baseline != nullptr) baseline->mutex().unlock();
        translations.mutex().unlock();
        threads_mutex.unlock();
    }

    /// Threads inside of regions come back to the engine.
    void ask_for_attention() {
        const std::scoped_lock lock(threads_mutex);
        for (auto* thread : threads) thread->state.attention.fetch_or(attention_engine, std::memory_order_release);
    }

    void invalidate(GuestAddress begin, std::uint64_t size_bytes) {
        auto retired = translations.retire(begin, size_bytes);
        // Regions first: later, one could be installed into a new block.
        if (optimizing != nullptr && optimizing->retire(begin, size_bytes) > 0) {
            ++retired;
            ask_for_attention();
        }
        if (baseline != nullptr) retired += baseline->retire(begin, size_bytes);
        if (check != nullptr) check->invalidate(begin, size_bytes);
        if (retired > 0) invalidations.fetch_add(1, std::memory_order_relaxed);
    }
};

Engine::Engine(Services& services, EngineOptions options)
    : implementation_(std::make_unique<Implementation>(services, std::move(options))) {}
Engine::~Engine() = default;

void EngineThreadDeleter::operator()(EngineThread* thread) const {
    delete thread;
}

EngineThreadPointer Engine::make_thread(GuestState& state) {
    EngineThreadPointer thread(new EngineThread(state));
    auto& engine = *implementation_;
    thread->generation = &engine.translations.generation();
    thread->leave_engine = [&engine](EngineThread* leaving) {
        const std::scoped_lock lock(engine.threads_mutex);
        std::erase(engine.threads, leaving);
        engine.entries_of_ended += leaving->entries.count();
        leaving->visits.add_to(engine.visits_of_ended);
        if (leaving->tier_thread != nullptr) leaving->baseline->remove_thread(leaving->tier_thread.get());
    };
    if (engine.baseline != nullptr) {
        thread->baseline = engine.baseline.get();
        thread->optimizing = engine.optimizing.get();
        thread->services = &engine.services;
        host::prepare_translated_code(state, *thread);
        thread->tier_thread = std::make_unique<baseline::TierThread>(state.translated, host::second_transfer_miss_address());
        engine.baseline->add_thread(thread->tier_thread.get());
        thread->return_stack = std::make_unique<baseline::ReturnStack>(host::bottom_return_address());
        state.translated.return_stack = thread->return_stack->empty();
    }
    const std::scoped_lock lock(engine.threads_mutex);
    engine.threads.push_back(thread.get());
    return thread;
}

void Engine::run(EngineThread& thread) {
    auto& engine = *implementation_;
    auto* const outer = current_engine_thread();
    while (!engine.services.thread_should_exit(thread.state)) {
        current_engine_thread() = &thread;  // a CLONE_VM child may have borrowed this host thread in between
        if (engine.optimizing != nullptr) engine.optimizing->go_on();
        auto& attention = thread.state.attention;
        if (attention.load(std::memory_order_acquire) != 0) {
            attention.fetch_and(~attention_engine, std::memory_order_relaxed);
            if (attention.load(std::memory_order_acquire) != 0) {
                engine.services.attention(thread.state);
                continue;
            }
        }
        if ((thread.state.control_flags & rflags::tf) != 0) {
            engine.evaluate_single_step(thread);
            continue;
        }
        if ((thread.state.control_flags & rflags::ac) != 0) {
            engine.interpret_one(thread);  // which looks at the alignment of what it accesses
        } else {
            engine.evaluate(thread);
        }
        engine.serve(thread);
    }
    current_engine_thread() = outer;
}

void Engine::invalidate(GuestAddress begin, std::uint64_t size_bytes) {
    implementation_->invalidate(begin, size_bytes);
}

void Engine::expect_fault_handlers() {
    auto& engine = *implementation_;
    if (engine.optimizing != nullptr && engine.optimizing->become_precise() > 0) engine.ask_for_attention();
}

void Engine::expect_onlookers() {
    auto& engine = *implementation_;
    if (engine.optimizing != nullptr) engine.optimizing->become_ordered();
}

void Engine::begin_alone() {
    if (implementation_->optimizing != nullptr) implementation_->optimizing->begin_alone();
}

void Engine::end_alone(bool compiles_on) {
    if (implementation_->optimizing != nullptr) implementation_->optimizing->end_alone(compiles_on);
}

void Engine::before_fork() {
    if (implementation_->optimizing != nullptr) implementation_->optimizing->before_fork();
    implementation_->threads_mutex.lock();
    implementation_->translations.mutex().lock();
    if (implementation_->baseline != nullptr) implementation_->baseline->mutex().lock();
}

void Engine::after_fork_in_child() {
    // The other threads do not exist here, wherever they were.
    auto* const self = current_engine_thread();
    for (auto* each : implementation_->threads) {
        if (each != self) each->inside_since = ~std::uint64_t{0};
    }
    if (self != nullptr) self->last_exit = nullptr;
    if (implementation_->baseline != nullptr) implementation_->baseline->start_anew_in_child();
    implementation_->process_id = getpid();
    implementation_->unlock_after_fork();
    if (implementation_->optimizing != nullptr) implementation_->optimizing->start_anew_in_child();
    if (implementation_->perf_map != nullptr) implementation_->perf_map->start_anew_in_child();
}

void Engine::after_fork() {
    implementation_->unlock_after_fork();
    if (implementation_->optimizing != nullptr) implementation_->optimizing->after_fork();
}

void Engine::dump_at(GuestAddress address) {
    if (implementation_->dump != nullptr) implementation_->dump->set_address(address);
}

std::vector<std::string> Engine::region_lines() const {
    auto& engine = *implementation_;
    if (engine.optimizing == nullptr) return {};
    auto statistics = engine.optimizing->statistics();
    {
        const std::scoped_lock lock(engine.threads_mutex);
        statistics.visits = engine.visits_of_ended;
        for (const auto* thread : engine.threads) thread->visits.add_to(statistics.visits);
    }
    auto lines = optimizing::lines_of(statistics);
    std::ranges::move(engine.optimizing->lines(), std::back_inserter(lines));
    return lines;
}

EngineStatistics Engine::statistics() const {
    auto& engine = *implementation_;
    const auto baseline = engine.baseline != nullptr ? engine.baseline->statistics() : baseline::Tier::Statistics{};
    const std::scoped_lock lock(engine.threads_mutex);
    auto entries = engine.entries_of_ended;
    for (const auto* thread : engine.threads) entries += thread->entries.count();
    return {.blocks_translated = engine.blocks_translated,
            .guest_instructions_translated = engine.instructions_translated,
            .guest_bytes_translated = engine.bytes_translated,
            .translation_ns = engine.translation_ns,
            .instructions_in_that_time = baseline.instructions_translated + engine.instructions_translated,
            .invalidations = engine.invalidations,
            .baseline_blocks = baseline.blocks,
            .baseline_instructions = baseline.guest_instructions,
            .baseline_code_bytes = baseline.code_bytes,
            .baseline_entries = entries,
            .comparing_blocks = baseline.comparing_blocks,
            .changed_blocks = baseline.changed_blocks};
}

}  // namespace lxr
