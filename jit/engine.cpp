// The dispatch loop: find or make the translation at rip, evaluate, see why it came back, and ask the services.
#include "jit/engine.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <vector>

#include "jit/engine_thread.h"
#include "jit/fault_recovery.h"
#include "jit/interpreter/interpreter.h"
#include "jit/processor_fault.h"
#include "jit/translation.h"
#include "lifter/decoder.h"
#include "lifter/lift.h"
#include "lifter/support/check.h"
#include "lifter/support/log.h"

namespace lxr {

EngineThread*& current_engine_thread() {
    static thread_local EngineThread* current = nullptr;
    return current;
}

struct Engine::Implementation {
    Implementation(Services& the_services, EngineOptions the_options) : services(the_services), options(the_options) {}

    Services& services;
    EngineOptions options;
    TranslationMap translations;
    std::mutex threads_mutex;  // guards threads
    std::vector<EngineThread*> threads;
    std::atomic<std::uint64_t> blocks_translated = 0;
    std::atomic<std::uint64_t> instructions_translated = 0;
    std::atomic<std::uint64_t> bytes_translated = 0;
    std::atomic<std::uint64_t> translation_ns = 0;
    std::atomic<std::uint64_t> invalidations = 0;

    void count(const ir::Block& block, std::chrono::steady_clock::time_point begin) {
        constexpr auto relaxed = std::memory_order_relaxed;  // counters, read when threads have ended
        const auto elapsed = std::chrono::steady_clock::now() - begin;
        blocks_translated.fetch_add(1, relaxed);
        instructions_translated.fetch_add(block.guest_instructions, relaxed);
        bytes_translated.fetch_add(block.guest_bytes, relaxed);
        translation_ns.fetch_add(static_cast<std::uint64_t>(std::chrono::nanoseconds(elapsed).count()), relaxed);
    }

    ir::Block lift(GuestAddress address, const CodeBytes& code, LiftLimits limits) {
        const auto begin = std::chrono::steady_clock::now();
        auto block = lift_block(code.bytes, address, limits);
        ir::simplify(block);
        if (log_enabled(LogCategory::lift, LogLevel::debug)) {
            log(LogCategory::lift, LogLevel::debug, "block {:#x}\n{}", address.value(), ir::print(block));
        }
        count(block, begin);
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

    const Translation* translate(EngineThread& thread, GuestAddress address) {
        const auto code = services.code_at(address);
        // Code that may change under us is checked at every instruction, so that it may also change itself.
        const LiftLimits limits{.instructions = options.single_step || code.may_change ? 1U : LiftLimits{}.instructions};
        const auto block = lift(address, code, limits);
        if (is_fetch_fault(block, thread)) return nullptr;
        return translations.insert(interpreter::translate(block, code));
    }

    /// @return null if there is no code at rip; the reason to leave is then set.
    const Step* steps_at(EngineThread& thread, std::uint64_t rip) {
        const auto* translation = translations.find(GuestAddress(rip));
        if (translation == nullptr) translation = translate(thread, GuestAddress(rip));
        if (translation == nullptr) return nullptr;
        thread.jump_cache[EngineThread::jump_cache_slot(rip)] = {rip, translation->steps.data()};
        return translation->steps.data();
    }

    /// Forgets the pointers of an older generation, and frees what no thread can be in any more.
    void catch_up(EngineThread& thread) {
        const auto generation = translations.generation().load();
        if (generation == thread.seen_generation) return;
        thread.jump_cache.fill({});
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

    /// Runs guest code from `steps` on until it leaves; the state is canonical afterwards.
    static void enter(EngineThread& thread, const Step* steps) {
        auto& state = thread.state;
        host::install_mxcsr(state.mxcsr);
        thread.faulted = false;
        thread.in_guest = true;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        const auto evaluate_steps = [](const void* first, void* guest, void* frame) {
            const auto* step = static_cast<const Step*>(first);
            step->function(step, static_cast<GuestState*>(guest), static_cast<EvaluationFrame*>(frame));
        };
        host::lxr_enter_guest(&thread.recovery, evaluate_steps, steps, &state, static_cast<EvaluationFrame*>(&thread));
        std::atomic_signal_fence(std::memory_order_seq_cst);
        thread.in_guest = false;
        state.mxcsr = host::take_mxcsr();
        materialize_flags(state);
        if (thread.faulted) thread.reason = LeaveReason::fault;
    }

    void evaluate(EngineThread& thread) {
        thread.inside_since.store(0);  // nothing may be reclaimed while the generation is looked up
        catch_up(thread);
        thread.inside_since.store(thread.seen_generation);
        if (const auto* steps = steps_at(thread, thread.state.rip)) enter(thread, steps);
        if (thread.reason == LeaveReason::stale) invalidate(thread.stale->begin, thread.stale->guest_bytes);
        thread.inside_since.store(~std::uint64_t{0});
    }

    /// TF is set: one instruction, then #DB (SDM Vol. 3B, "Single-Step Exception Condition").
    void evaluate_single_step(EngineThread& thread) {
        const GuestAddress address(thread.state.rip);
        const auto code = services.code_at(address);
        const auto block = lift(address, code, {.instructions = 1});
        if (is_fetch_fault(block, thread)) return serve(thread);
        const auto translation = interpreter::translate(block, {.bytes = code.bytes, .fault = {}});
        thread.seen_generation = 0;  // no generation: the exit leaves instead of going on
        enter(thread, translation->steps.data());
        const bool completed = thread.reason != LeaveReason::fault;
        serve(thread);
        if (completed) services.fault(thread.state, {.vector = ExceptionVector::debug});
    }

    GuestFault as_processor_says(const GuestState& state, const GuestFault& fault) {
        const GuestAddress address(state.rip);
        const auto instruction = decode(services.code_at(address).bytes, address);
        return instruction ? processor_fault(fault, *instruction, state) : fault;
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
                services.fault(state, as_processor_says(state, thread.fault));
                break;
            case LeaveReason::fetch_fault:
                services.fault(state, services.code_at(thread.fetch_fault_address).fault);
                break;
        }
    }

    void invalidate(GuestAddress begin, std::uint64_t size_bytes) {
        if (translations.retire(begin, size_bytes) > 0) invalidations.fetch_add(1, std::memory_order_relaxed);
    }
};

Engine::Engine(Services& services, EngineOptions options)
    : implementation_(std::make_unique<Implementation>(services, options)) {}
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
    };
    const std::scoped_lock lock(engine.threads_mutex);
    engine.threads.push_back(thread.get());
    return thread;
}

void Engine::run(EngineThread& thread) {
    auto& engine = *implementation_;
    auto* const outer = current_engine_thread();
    while (!engine.services.thread_should_exit(thread.state)) {
        current_engine_thread() = &thread;  // a CLONE_VM child may have borrowed this host thread in between
        thread.state.attention.fetch_and(~attention_engine, std::memory_order_relaxed);
        if (thread.state.attention.load(std::memory_order_acquire) != 0) {
            engine.services.attention(thread.state);
            continue;
        }
        if ((thread.state.control_flags & rflags::tf) != 0) {
            engine.evaluate_single_step(thread);
            continue;
        }
        engine.evaluate(thread);
        engine.serve(thread);
    }
    current_engine_thread() = outer;
}

void Engine::invalidate(GuestAddress begin, std::uint64_t size_bytes) {
    implementation_->invalidate(begin, size_bytes);
}

void Engine::before_fork() {
    implementation_->threads_mutex.lock();
    implementation_->translations.mutex().lock();
}

void Engine::after_fork_in_child() {
    // The other threads do not exist here, wherever they were.
    auto* const self = current_engine_thread();
    for (auto* each : implementation_->threads) {
        if (each != self) each->inside_since = ~std::uint64_t{0};
    }
    after_fork();
}

void Engine::after_fork() {
    implementation_->translations.mutex().unlock();
    implementation_->threads_mutex.unlock();
}

EngineStatistics Engine::statistics() const {
    const auto& engine = *implementation_;
    return {.blocks_translated = engine.blocks_translated,
            .guest_instructions_translated = engine.instructions_translated,
            .guest_bytes_translated = engine.bytes_translated,
            .translation_ns = engine.translation_ns,
            .invalidations = engine.invalidations};
}

bool in_guest_code() {
    const auto* thread = current_engine_thread();
    return thread != nullptr && thread->in_guest;
}

bool redirect_to_fault(ucontext_t& context, const GuestFault& fault) {
    if (!in_guest_code()) return false;
    auto& thread = *current_engine_thread();
    thread.fault = fault;
    thread.faulted = true;
    thread.in_guest = false;
    host::leave_guest(context, thread.recovery);
    return true;
}

}  // namespace lxr
