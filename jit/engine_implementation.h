// What the engine is made of. Its parts: the loop and what comes from outside (engine.cpp), code that is interpreted
// (engine_interpreted.cpp), blocks and regions of host code (engine_translated.cpp).
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "jit/baseline/baseline.h"
#include "jit/check/block_check.h"
#include "jit/dump.h"
#include "jit/engine.h"
#include "jit/engine_thread.h"
#include "jit/optimizing/tier.h"
#include "jit/perf_map.h"
#include "jit/services.h"
#include "jit/translation.h"
#include "lifter/lift.h"

namespace lxr {

struct Engine::Implementation {
    Implementation(Services& the_services, EngineOptions the_options);

    // ---- the loop (engine.cpp)

    /// Runs from rip on until something is to be served; `thread.reason` says what.
    void evaluate(EngineThread& thread);
    void serve(EngineThread& thread);
    GuestFault as_processor_says(EngineThread& thread);
    void invalidate(GuestAddress begin, std::uint64_t size_bytes);
    /// Threads inside of regions come back to the engine.
    void ask_for_attention();
    void unlock_after_fork();

    // ---- what is interpreted (engine_interpreted.cpp)

    ir::Block lift(GuestAddress address, const CodeBytes& code, LiftLimits limits);
    /// Notes for `serve` that the code at rip cannot be had, where the block says nothing else.
    static bool is_fetch_fault(const ir::Block& block, EngineThread& thread);
    const Translation* translate(EngineThread& thread, GuestAddress address);
    /// @return null if there is no code at rip; the reason to leave is then set.
    const Step* steps_at(EngineThread& thread, std::uint64_t rip);
    /// Forgets the pointers of an older generation, and frees what no thread can be in any more.
    void catch_up(EngineThread& thread);
    /// Of the instruction at rip.
    /// @param is_kept  compares its bytes when it is run.
    /// @return null if there is no code at rip; the reason to leave is then set.
    std::unique_ptr<Translation> translate_one(EngineThread& thread, bool is_kept);
    /// @param instruction  which is at rip.
    void interpret(EngineThread& thread, const Translation& instruction);
    /// Interprets the instruction at rip and no other.
    void interpret_one(EngineThread& thread);
    /// TF is set: one instruction, then #DB (SDM Vol. 3B, "Single-Step Exception Condition").
    void evaluate_single_step(EngineThread& thread);
    /// The guest has changed code that was kept: by a store that is not made yet.
    bool writes_to_kept_code(const EngineThread& thread);

    // ---- what runs as host code (engine_translated.cpp)

    /// The baseline block at rip; null if the interpreter has to do it.
    baseline::Block* translated_block(EngineThread& thread);
    baseline::Block* known_block(EngineThread& thread, GuestAddress address);
    /// @param retirements  their count before the bytes are looked at.
    baseline::Block* new_block(EngineThread& thread, GuestAddress address, std::uint64_t retirements);
    void run_translated(EngineThread& thread, baseline::Block& block);
    /// Makes the way to this block shorter for the next time.
    void link(EngineThread& thread, baseline::Block& block);
    /// @return true if the block was run in the interpreter and its outcome is to be compared.
    bool runs_ahead_of(EngineThread& thread, const baseline::Block& block);
    void compare(const EngineThread& thread, const baseline::Block& block);
    /// The block at rip was counted often enough.
    void heat(EngineThread& thread);
    /// Runs on for some instructions, to see where they lead. @return them; `thread.reason` says how they ended.
    optimizing::Path watch(EngineThread& thread);
    /// Everything in regions, and one instruction in the interpreter where there can be none.
    void evaluate_optimized(EngineThread& thread);

    // ---- both

    /// What may change is translated, and compared with, as it was at one time: of bytes that others write at once, both are
    /// read or none is, as long as memcpy(3) takes them eight at a time.
    static std::span<const std::byte> copied(std::span<const std::byte> bytes, std::span<std::byte> copy) {
        const auto taken = bytes.first(std::min(bytes.size(), copy.size()));
        std::memcpy(copy.data(), taken.data(), taken.size());
        return copy.first(taken.size());
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
    // Counters, read when threads have ended. Of what is interpreted:
    std::atomic<std::uint64_t> blocks_translated = 0;
    std::atomic<std::uint64_t> instructions_translated = 0;
    std::atomic<std::uint64_t> bytes_translated = 0;
    // And of all:
    std::atomic<std::uint64_t> translation_ns = 0;
    std::atomic<std::uint64_t> invalidations = 0;
};

}  // namespace lxr
