// The engine: finds or makes the translation of guest code and runs it. One per guest process; one EngineThread per guest
// thread. See docs/architecture.md for how data flows through it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "jit/dump.h"
#include "jit/services.h"
#include "lifter/guest_state.h"

namespace lxr {

/// automatic is the baseline tier with regions in place of what is hot. baseline_ir is the baseline tier without copied
/// instructions: all its code comes from the IR. optimizing compiles every region when it is met first, and is for tests.
enum class Tier : std::uint8_t { automatic, interpreter, baseline, baseline_ir, optimizing };

/// When code goes from one tier to the next.
struct TierPolicy {
    /// So often must a block be reached by backward jumps and calls. A count costs about a nanosecond.
    std::uint64_t arrivals_until_hot = 1U << 11;
    /// So much CPU time must the process have used before hot blocks are looked at: short programs never load LLVM.
    std::chrono::milliseconds cpu_time_before_regions{150};
    /// So much of the process's CPU time may be spent on watching, measuring and compiling.
    double share = 0.08;
    /// And so much once a region has turned out to be faster than its baseline code.
    double share_when_it_pays = 0.1;
    /// Lent for regions, beside the share, and once more for each region that has turned out to be faster: a loop that
    /// promises something need not wait until its cost is saved up. Not while the last region has turned out to be slow.
    std::chrono::milliseconds advance{30};
    /// So many instructions are interpreted from a hot block on, to see which loop it is part of, where indirect jumps lead,
    /// and what is not worth it.
    std::size_t instructions_watched = 10000;
    /// And no more once there are so many different ones: a loop of so many does not fit into a region.
    std::size_t different_instructions_watched = 350;
    /// Where the code of regions lies; when it is full, no more are made.
    std::size_t region_cache_bytes = 16U << 20;
    /// A region that is not faster than its baseline code is entered no more. Tests want to see all regions at work.
    bool drops_slow_regions = true;
};

inline constexpr int check_exit_code = 125;

struct EngineOptions {
    Tier tier = Tier::automatic;
    TierPolicy policy{};
    /// --check: each baseline block is also run by the interpreter, as long as the process has one thread. At the first
    /// difference `difference_found` is called with a report; null: the report is logged and the process ends with
    /// `check_exit_code`.
    bool check = false;
    void (*difference_found)(const std::string& report) = nullptr;
    /// --stat: takes the time of each translation.
    bool times_translation = false;
    /// --dump.
    DumpOptions dump{};
    /// --perf-map: tells perf(1) what translated code is called.
    bool writes_perf_map = false;
    /// Translate one guest instruction a block (the log of each block is then the log of each instruction).
    bool single_step = false;
};

/// Counters for `--stat`, but for those of regions. Summed over the threads that have ended and those that have not.
struct EngineStatistics {
    std::uint64_t blocks_translated = 0;
    std::uint64_t guest_instructions_translated = 0;
    std::uint64_t guest_bytes_translated = 0;
    std::uint64_t translation_ns = 0;  // of all translations by the guest's threads; 0 unless EngineOptions asks for it
    std::uint64_t instructions_in_that_time = 0;
    std::uint64_t invalidations = 0;
    std::uint64_t baseline_blocks = 0;
    std::uint64_t baseline_instructions = 0;
    std::uint64_t baseline_code_bytes = 0;
    std::uint64_t baseline_entries = 0;
    std::uint64_t comparing_blocks = 0;  // blocks that compare the guest's bytes, and how many found them changed
    std::uint64_t changed_blocks = 0;
};

class EngineThread;
/// EngineThread is known inside jit only.
struct EngineThreadDeleter {
    void operator()(EngineThread* thread) const;
};
using EngineThreadPointer = std::unique_ptr<EngineThread, EngineThreadDeleter>;

class Engine {
public:
    Engine(Services& services, EngineOptions options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// What the engine keeps for one guest thread. `state` must outlive it. Made and destroyed on any thread.
    EngineThreadPointer make_thread(GuestState& state);

    /// Runs guest code on the calling host thread until Services::thread_should_exit. Re-entrant for another EngineThread
    /// on the same host thread (a CLONE_VM child borrows its parent's).
    void run(EngineThread& thread);

    /// Forgets what was translated from [begin, begin + size_bytes). Thread-safe. Other threads notice at their next block.
    void invalidate(GuestAddress begin, std::uint64_t size_bytes);

    /// The guest is about to install a handler for faults: from now on the state is exact wherever one can happen.
    void expect_fault_handlers();
    /// The guest's memory is about to be seen by others while it runs: another thread, a process that it shares a mapping with.
    /// Until then the caller is the only thread.
    void expect_onlookers();

    /// Brackets a system call that must find the process as the guest knows it: lxr has no thread and no child of its own then.
    void begin_alone();
    /// @param compiles_on  false: nor will it have any more.
    void end_alone(bool compiles_on);

    /// Brackets a fork of the process on the calling thread: no lock of the engine is held by another thread in between.
    void before_fork();
    void after_fork();
    void after_fork_in_child();

    /// Where DumpOptions::symbol is. Before guest code runs.
    void dump_at(GuestAddress address);

    [[nodiscard]] EngineStatistics statistics() const;
    /// What `--stat` says of the optimising tier, and a line for each region that was made.
    [[nodiscard]] std::vector<std::string> region_lines() const;

private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace lxr
