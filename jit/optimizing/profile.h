// Which of the baseline's hot blocks are worth a region, and how fast the baseline is there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "jit/baseline/baseline.h"
#include "jit/engine.h"
#include "jit/optimizing/budget.h"
#include "jit/optimizing/pace.h"
#include "jit/optimizing/path.h"
#include "jit/services.h"
#include "lifter/support/cpu_time.h"

namespace lxr::optimizing {

// CPU time, about:
/// Of the guest's threads, to watch a block and to measure it.
inline constexpr std::chrono::nanoseconds cost_of_watching = std::chrono::milliseconds(1);
inline constexpr std::chrono::nanoseconds cost_of_measuring = std::chrono::milliseconds(4);
/// To have blocks counted that are linked already: of one exit, and of as many as there are at once.
inline constexpr std::chrono::nanoseconds cost_of_exit = std::chrono::microseconds(2);
inline constexpr std::chrono::nanoseconds cost_of_looking = std::chrono::milliseconds(1);
/// Of the optimiser, for each guest instruction.
inline constexpr std::chrono::nanoseconds cost_of_instruction = std::chrono::microseconds(160);

/// One per engine. Thread-safe.
class Profile {
public:
    struct Callbacks {
        /// Counts arrivals at a baseline block from now on. Called with the profile's mutex held.
        std::function<void(GuestAddress block, baseline::Tier::Count count)> count;
        /// Whether blocks that are not counted yet will be. Called with the profile's mutex held.
        std::function<void(bool counts)> set_counting;
        /// Has some of the blocks counted that were linked while that was not so. Called with the profile's mutex held.
        std::function<baseline::Tier::Recount(std::size_t most_exits)> count_more;
        /// Has `look_again` called when `time_until_look` has passed. Called with the profile's mutex held.
        std::function<void()> remind;
        /// A block that was to be measured again is not met any more. Called with the profile's mutex held.
        std::function<void(GuestAddress block)> give_up;
    };
    /// What a thread can tell of a hot block.
    struct Watch {
        std::function<Path()> run;  // runs the thread on for a while, and tells where
        bool stack_is_plain;        // in a region that would be made now
    };
    /// A block that a region is wanted for.
    struct Ripe {
        Path path;
        double baseline_ns = 0;               // from one arrival to the next
        std::chrono::nanoseconds reserved{};  // for it, of the budget
    };

    Profile(Callbacks callbacks, const TierPolicy& policy, Budget& budget)
        : callbacks_(std::move(callbacks)), policy_(policy), budget_(budget) {}

    /// The calling thread has come to the block, which was counted often enough once more.
    /// @param ripe  is set when a region is wanted.
    /// @return what is to be counted there from now on.
    baseline::Tier::Count heat(GuestAddress address, Services& services, const Watch& watch, std::optional<Ripe>& ripe);

    /// Measures the block at `entry` as it is now, which was wanted before: `heat` will tell its pace, with an empty path.
    void measure_again(GuestAddress entry);

    /// CPU time of the process that has to pass until `look_again`. The same thread calls both.
    [[nodiscard]] std::chrono::nanoseconds time_until_look() const;
    /// Blocks are counted again, briefly those that were set aside and can be paid for: the hottest come first.
    void look_again();

    /// Held over a fork.
    [[nodiscard]] std::mutex& mutex() { return mutex_; }
    /// In the child, with the mutex held: the blocks were the parent's.
    void start_anew();

private:
    /// A block that is to be measured; with an empty path one that a region is made of, and that is measured again beside it.
    struct Candidate {
        Path path;
        std::chrono::nanoseconds reserved{};
        double longest_ns = std::numeric_limits<double>::infinity();  // from one arrival to the next, if a region is to gain
        std::chrono::nanoseconds counted_since = process_cpu_time();
        baseline::Tier::Count count = baseline::Tier::Count::briefly;  // when it is its turn; more at a time if it is met often
        std::uint64_t arrivals = 0;
        PaceMeasurement pace;         // with one counter
        std::optional<double> known;  // what came of it
        PaceMeasurement pace_twice;   // with two
    };
    using Candidates = std::unordered_map<std::uint64_t, Candidate>;

    std::optional<Candidate> watch_block(GuestAddress address, GuestAddress& entry, Services& services, const Watch& watch);
    baseline::Tier::Count begin(GuestAddress entry, Candidate candidate, GuestAddress address);
    baseline::Tier::Count set_aside(GuestAddress address);
    void wait_until_paid_for(bool looks_on);
    bool stands_for(GuestAddress entry, GuestAddress address);
    struct Cost {
        std::chrono::nanoseconds time;
        Budget::Purpose purpose;
    };
    [[nodiscard]] Cost cost_of(GuestAddress address) const;
    bool begin_measurement(Candidates::iterator candidate);
    void end_measurement();
    void give_up_late_ones();
    /// With the mutex held: whether candidates are not counted, as another one is measured.
    [[nodiscard]] bool some_wait() const { return measured_ != 0 && candidates_.size() > 1; }
    std::optional<double> measure(Candidate& candidate) const;

    const Callbacks callbacks_;
    const TierPolicy policy_;
    Budget& budget_;
    /// Of what `look_again` would begin. Written with the mutex held, read without: the compile thread, which asks, has locks
    /// of its own. A late value has it look again too early or too late once.
    std::atomic<std::chrono::nanoseconds> least_cost_of_look_{cost_of_watching};
    std::atomic<std::chrono::nanoseconds> least_cost_of_region_{std::chrono::nanoseconds::max()};
    std::chrono::nanoseconds looked_at_{};  // of the process's CPU time; of who calls look_again
    std::mutex mutex_;                      // guards all that follows
    std::vector<GuestAddress> aside_;
    std::unordered_map<std::uint64_t, std::chrono::nanoseconds> costs_;  // of blocks that were watched already
    Candidates candidates_;
    std::unordered_map<std::uint64_t, GuestAddress> loops_;  // entries, and which of their blocks was hot first
    std::uint64_t measured_ = 0;  // the candidate whose turn it is; 0: the first that is met often will have it
};

}  // namespace lxr::optimizing
