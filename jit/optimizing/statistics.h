// What the optimising tier counts for `--stat`, and how it says it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jit/optimizing/region.h"
#include "jit/thread_counter.h"

namespace lxr::optimizing {

/// Why regions were left: RegionExit's values by their names, and what lxr makes of look_up where a thread was asked for its
/// attention.
inline constexpr std::array<std::string_view, 7> exit_names = {"look_up", "returned",     "syscall",  "syscall_int80",
                                                               "fault",   "helper_fault", "attention"};
inline constexpr std::size_t attention_exit = exit_names.size() - 1;
static_assert(static_cast<std::size_t>(RegionExit::helper_fault) + 1 == attention_exit);

/// How often regions were entered, and left for each reason.
struct Visits {
    std::uint64_t entries = 0;
    std::array<std::uint64_t, exit_names.size()> exits{};
};

/// One thread's visits; see ThreadCounter for who may call what. A thread that is in a region has entered it and not left.
class VisitCounts {
public:
    void enter() { entries_.add_one(); }
    /// @param exit  an index of exit_names.
    void leave(std::size_t exit) { exits_[exit].add_one(); }
    void add_to(Visits& sum) const {
        sum.entries += entries_.count();
        for (std::size_t i = 0; i < exits_.size(); ++i) sum.exits[i] += exits_[i].count();
    }

private:
    ThreadCounter entries_;
    std::array<ThreadCounter, exit_names.size()> exits_;
};

/// Since the process began, or its parent if it is the child of a fork.
struct Statistics {
    std::uint64_t regions = 0;  // that have code
    std::uint64_t refused = 0;
    std::uint64_t dropped = 0;  // were slower than the baseline
    std::uint64_t guest_instructions = 0;
    std::uint64_t code_bytes = 0;
    std::uint64_t compile_ns = 0;  // CPU time of the optimiser's process, all that it does
    StageTimes stage_ns{};         // the part of it that its stages took
    Visits visits;
    /// From the moment when a block was hot for the first time until a region could be entered for the first time.
    struct Wait {
        std::chrono::nanoseconds elapsed;
        std::chrono::nanoseconds cpu_time;  // of the guest's process
    };
    std::optional<Wait> first_region;
};

/// In words; nothing if no region was made or refused.
std::vector<std::string> lines_of(const Statistics& statistics);

}  // namespace lxr::optimizing
