// What the engine keeps for one guest thread: the evaluation frame, the fast path from guest address to steps, and the way out
// for host signals. Private to jit and to the interpreter's exits.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "jit/baseline/baseline.h"
#include "jit/baseline/recent_blocks.h"
#include "jit/baseline/return_stack.h"
#include "jit/check/undo_log.h"
#include "jit/host/guest_entry.h"
#include "jit/optimizing/statistics.h"
#include "jit/services.h"
#include "jit/thread_counter.h"
#include "jit/translation.h"
#include "lifter/evaluator.h"

namespace lxr {

namespace optimizing {
class Tier;
}

/// Why evaluation came back to the engine.
enum class LeaveReason : std::uint8_t {
    look_up,    // rip has no entry in the jump cache
    attention,  // GuestState::attention is set, or the generation has changed
    syscall,
    syscall_int80,
    fault,        // EvaluationFrame::fault, or one that a signal handler noted
    fetch_fault,  // the code at rip cannot be had
    stale         // a translation's bytes have changed: `stale` names it
};

struct JumpCacheEntry {
    std::uint64_t rip = std::uint64_t{1} << 63;  // not canonical: no guest gets there, while 0 and -1 it may
    const Step* steps = nullptr;
};

class EngineThread : public EvaluationFrame {
public:
    explicit EngineThread(GuestState& guest) : state(guest) {}
    ~EngineThread() { leave_engine(this); }
    EngineThread(const EngineThread&) = delete;
    EngineThread& operator=(const EngineThread&) = delete;

    static constexpr std::size_t jump_cache_size = 4096;
    static std::size_t jump_cache_slot(std::uint64_t rip) { return (rip ^ (rip >> 12)) & (jump_cache_size - 1); }

    GuestState& state;
    LeaveReason reason = LeaveReason::look_up;
    const Translation* stale = nullptr;
    GuestAddress fetch_fault_address;  // for LeaveReason::fetch_fault: the first byte that cannot be had
    /// Null until this thread interprets blocks: until seen_generation is one that the map has.
    std::unique_ptr<std::array<JumpCacheEntry, jump_cache_size>> jump_cache;
    /// TranslationMap::generation, and the value that the jump cache belongs to.
    const std::atomic<std::uint64_t>* generation = nullptr;
    std::uint64_t seen_generation = 0;
    /// The generation from which on this thread may be inside a translation; ~0 while it is in none. Written by the
    /// thread (seq_cst), read by whoever reclaims (seq_cst).
    std::atomic<std::uint64_t> inside_since = ~std::uint64_t{0};

    /// Takes this thread off the engine's list.
    std::function<void(EngineThread*)> leave_engine;

    host::RecoveryPoint recovery{};
    /// True between entering and leaving guest code; read by the signal handler of the same thread.
    volatile bool in_guest = false;

    /// Where the interpreter's stores are noted while it runs ahead of a block (--check).
    check::UndoLog* undo_log = nullptr;

    // -- the baseline tier; null and unused where everything is interpreted
    baseline::Tier* baseline = nullptr;
    optimizing::Tier* optimizing = nullptr;  // null where there are no regions in baseline code
    /// True while a region runs that translated code has called; read by the signal handler of the same thread.
    volatile bool in_region = false;
    optimizing::VisitCounts visits;  // of regions, in whatever way they are run
    Services* services = nullptr;
    baseline::RecentBlocks recent_blocks;
    std::unique_ptr<baseline::TierThread> tier_thread;
    std::unique_ptr<baseline::ReturnStack> return_stack;
    /// The tier's count of flushes for which the return stack's entries are still code.
    std::uint64_t return_stack_flushes = 0;
    /// The exit through which translated code left last, to be linked to what comes next.
    baseline::Exit* last_exit = nullptr;
    /// The tier's count of flushes when the block to enter was found, and when last_exit was taken.
    std::uint64_t seen_flushes = 0;
    std::uint64_t last_exit_flushes = 0;
    ThreadCounter entries;  // into translated code
    /// True between entering and leaving translated code; read by the signal handler of the same thread.
    volatile bool in_translated = false;
    /// The fault was that of a guest instruction that was copied into translated code.
    bool faulted_as_guest = false;
    /// An interruption is under way by host single steps.
    bool stepping = false;
};

/// The engine thread that runs on the calling host thread; null outside of Engine::run.
EngineThread*& current_engine_thread();

}  // namespace lxr
