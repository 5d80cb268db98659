// The optimising tier: regions by the guest address of their entry. See docs/optimizing_tier.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "jit/baseline/baseline.h"
#include "jit/code_cache/code_cache.h"
#include "jit/dump.h"
#include "jit/engine.h"
#include "jit/optimizing/budget.h"
#include "jit/optimizing/compile_thread.h"
#include "jit/optimizing/pace.h"
#include "jit/optimizing/path.h"
#include "jit/optimizing/profile.h"
#include "jit/optimizing/statistics.h"
#include "jit/perf_map.h"
#include "jit/services.h"

namespace lxr::optimizing {

/// Immutable once published, but for what says so. Its code and itself stay until the tier goes, for threads may be inside.
struct Region {
    GuestAddress entry;
    std::uint64_t id = 0;  // content_id of the request
    struct Range {
        GuestAddress begin;
        std::uint64_t size_bytes = 0;
    };
    std::vector<Range> ranges;  // of the guest code that it was made of
    std::uint64_t guest_instructions = 0;
    const std::byte* placed = nullptr;  // its code, with its constants
    std::uint64_t code_bytes = 0;
    bool precise = true;  // this and the next: see RegionRequest
    bool ordered = true;
    // Nanoseconds from one arrival at the entry to the next, the least that were measured: without the region, where 0 says
    // that it is kept however it does, and with it. Guarded by the tier's mutex.
    double baseline_ns = 0;
    double pace_ns = std::numeric_limits<double>::infinity();
    /// Until it is judged: how often it was entered, and with that how often its entry's block was come to.
    mutable std::atomic<std::uint64_t> visits = 0;
    mutable std::atomic<std::uint64_t> visits_between_looks = 1;  // at the clock; written with the tier's mutex held
    mutable std::atomic<std::uint64_t> arrivals = 0;
    mutable PaceMeasurement pace;  // guarded by the tier's mutex
    mutable std::atomic<bool> judged = false;
    RegionFunction code = nullptr;  // null: it was refused, or is being made. Guarded by the tier's mutex until it is entered
    bool retired = false;           // guarded by the tier's mutex
    bool dropped = false;           // was slower than its baseline; guarded by the tier's mutex
    bool compared = false;          // is not entered while its baseline is measured once more; guarded by the tier's mutex
    bool tried_again = false;       // the first two comparisons did not agree; guarded by the tier's mutex
};

/// One per engine. Thread-safe.
class Tier {
public:
    /// What the tier wants of the engine.
    struct Callbacks {
        /// Lets baseline code enter the region at an address from now on; or no longer, for null. Called on any thread, with
        /// the tier's mutex held, for regions that came of `heat`.
        std::function<void(GuestAddress entry, const Region* region)> install;
        /// As Profile's.
        std::function<void(GuestAddress block, baseline::Tier::Count count)> count;
        std::function<void(bool counts)> set_counting;
        std::function<baseline::Tier::Recount(std::size_t most_exits)> count_more;
        /// Brings threads out of regions for a moment. Called on the compile thread.
        std::function<void()> call_back;
    };

    /// @param dump, perf_map  null if they are not wanted.
    Tier(Callbacks callbacks, const TierPolicy& policy, const Dump* dump, const PerfMap* perf_map)
        : callbacks_(std::move(callbacks)),
          policy_(policy),
          dump_(dump),
          perf_map_(perf_map),
          budget_(policy),
          thread_({.time_until_reminder = [this] { return profile_.time_until_look(); },
                   .remind = [this] { profile_.look_again(); },
                   .look_up = callbacks_.call_back}),
          profile_({.count = callbacks_.count,
                    .set_counting = callbacks_.set_counting,
                    .count_more = callbacks_.count_more,
                    .remind = [this] { thread_.remind(); },
                    .give_up = [this](GuestAddress entry) { judge_again(entry, std::nullopt); }},
                   policy, budget_) {}

    ~Tier() { thread_.pause(); }
    Tier(const Tier&) = delete;
    Tier& operator=(const Tier&) = delete;

    /// The region that is entered at `address`, made now if there is none.
    /// @return null if the optimiser refuses it: the instruction at `address` must run in another tier.
    const Region* region_at(GuestAddress address, Services& services);
    /// Nothing is compiled any more: there is no optimiser, or no room for code.
    [[nodiscard]] bool is_off() const { return is_off_; }
    /// The calling thread has come to the block at `address`, which was counted often enough once more. When the baseline's
    /// pace there is known, and it could be better, a region is made on the compile thread and installed.
    /// @param watch  runs the thread on for a while, and tells where.
    baseline::Tier::Count heat(GuestAddress address, Services& services, const std::function<Path()>& watch);
    /// The calling thread is about to enter a region that is not judged yet. One that is not faster than its baseline is not
    /// entered from then on.
    void note_visit(const Region& region);
    /// Installs the region at `address` again, if there is one: baseline code that was installed into is gone.
    void reinstall(GuestAddress address);
    /// Forgets all regions made of bytes of the range. Threads inside leave at their next way back.
    /// @return how many.
    std::size_t retire(GuestAddress begin, std::uint64_t size_bytes);
    /// From now on the guest can see the state at a fault, so regions keep it exact; those that do not are forgotten.
    /// @return how many.
    std::size_t become_precise();
    /// From now on others see the guest's memory while it runs, so regions make every access as it stands; those that do not
    /// are forgotten.
    /// @return how many.
    std::size_t become_ordered();

    /// Called now and then by the guest's threads.
    void go_on() { thread_.go_on(); }

    /// But for visits, which threads count.
    [[nodiscard]] Statistics statistics();
    /// Each region that has code, in words.
    [[nodiscard]] std::vector<std::string> lines();

    /// Brackets a system call before which there must be no thread and no child of lxr's own.
    void begin_alone();
    /// @param compiles_on  false: nothing is compiled any more. Regions stay.
    void end_alone(bool compiles_on);

    /// Brackets a fork; no lock of the engine may be held by whoever begins it.
    void before_fork();
    void after_fork();
    /// Its regions are the parent's, as they were, in memory of its own.
    void start_anew_in_child();

private:
    Region* publish(const RegionRequest& request);
    bool want(GuestAddress address, Services& services, const Profile::Ripe& ripe);
    void finish(Region& region, const RegionAnswer& answer);
    bool open_cache();
    const std::byte* place(const RegionAnswer& answer);
    bool is_retired(const Region& region);
    void note(const RegionRequest& request, const RegionAnswer& answer);
    void note_hot();
    void note_in_perf_map(const Region& region) const;
    void note_in_place();
    void finish_and_install(Region& region, const RegionAnswer& answer);
    void judge(Region& region);
    void compare_again(Region& region, double pace_ns);
    void try_again(Region& region);
    void judge_again(GuestAddress entry, std::optional<double> baseline_ns);
    bool is_to_be_judged(const Region& region);
    void retire(Region& region);
    std::size_t retire_all_but(bool Region::* kept);

    const Callbacks callbacks_;
    const TierPolicy policy_;
    const Dump* const dump_;
    const PerfMap* const perf_map_;
    Budget budget_;
    CompileThread thread_;
    Profile profile_;
    std::atomic<bool> is_off_ = false;  // no optimiser, or no room for code
    std::atomic<bool> is_precise_ = false;
    std::atomic<bool> is_ordered_ = false;
    std::atomic<std::uint64_t> retirements_ = 0;  // calls of retire, become_precise and become_ordered, counted when they begin

    std::mutex mutex_;  // guards all that follows
    CodeCache cache_;
    std::unordered_map<std::uint64_t, Region*> by_entry_;
    std::unordered_multimap<std::uint64_t, Region*> by_guest_page_;
    std::vector<std::unique_ptr<Region>> regions_;
    Statistics statistics_;
    struct Moment {
        std::chrono::steady_clock::time_point time;
        std::chrono::nanoseconds cpu_time;  // of the process
    };
    std::optional<Moment> first_hot_;  // when a block was hot for the first time, or was met if that makes a region
};

}  // namespace lxr::optimizing
