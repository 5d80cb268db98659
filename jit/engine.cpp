// The dispatch loop: find or make the translation at rip, evaluate, see why it came back, and ask the services.
#include "jit/engine.h"

#include <iterator>
#include <utility>

#include "jit/engine_implementation.h"
#include "jit/host/block_emitter.h"
#include "jit/host/translated_code.h"
#include "jit/interpreter/interpreter.h"
#include "jit/processor_fault.h"
#include "lifter/decoder.h"

namespace lxr {

namespace {

/// Of the optimising tier where it has everything: a guest that limits its address space pays for it, twice.
constexpr std::size_t cache_bytes_for_everything = 32U << 20;

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

Engine::Implementation::Implementation(Services& the_services, EngineOptions the_options)
    : services(the_services), options(std::move(the_options)) {
    if (options.dump.stages.any()) dump = std::make_unique<Dump>(options.dump);
    if (options.writes_perf_map) perf_map = std::make_unique<PerfMap>();
    if (options.tier == Tier::interpreter || options.single_step) return;
    if (options.tier == Tier::optimizing) {
        options.policy.region_cache_bytes = cache_bytes_for_everything;
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

void Engine::Implementation::serve(EngineThread& thread) {
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

GuestFault Engine::Implementation::as_processor_says(EngineThread& thread) {
    const auto& state = thread.state;
    const bool as_guest = std::exchange(thread.faulted_as_guest, false);
    const GuestAddress address(state.rip);
    const auto instruction = decode(services.code_at(address).bytes, address);
    if (!instruction) return thread.fault;
    return as_guest ? copied_instruction_fault(thread.fault, *instruction, state)
                    : processor_fault(thread.fault, *instruction, state);
}

void Engine::Implementation::evaluate(EngineThread& thread) {
    if (optimizing != nullptr && baseline == nullptr && !optimizing->is_off()) return evaluate_optimized(thread);
    if (auto* block = translated_block(thread)) return run_translated(thread, *block);
    thread.last_exit = nullptr;
    thread.inside_since.store(0);  // nothing may be reclaimed while the generation is looked up
    catch_up(thread);
    thread.inside_since.store(thread.seen_generation);
    if (const auto* steps = steps_at(thread, thread.state.rip)) interpreter::run(thread, steps);
    if (thread.reason == LeaveReason::stale) invalidate(thread.stale->begin, thread.stale->guest_bytes);
    thread.inside_since.store(~std::uint64_t{0});
}

void Engine::Implementation::invalidate(GuestAddress begin, std::uint64_t size_bytes) {
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

void Engine::Implementation::unlock_after_fork() {
    if (baseline != nullptr) baseline->mutex().unlock();
    translations.mutex().unlock();
    threads_mutex.unlock();
}

void Engine::Implementation::ask_for_attention() {
    const std::scoped_lock lock(threads_mutex);
    for (auto* thread : threads) thread->state.attention.fetch_or(attention_engine, std::memory_order_release);
}

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
    if (implementation_->perf_map != nullptr) implementation_->perf_map->start_anew_in_child();
    if (implementation_->optimizing != nullptr) implementation_->optimizing->start_anew_in_child();
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
