// The optimising tier: regions by the guest address of their entry. See docs/optimizing_tier.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "jit/code_cache/code_cache.h"
#include "jit/optimizing/compile_thread.h"
#include "jit/services.h"

namespace lxr::optimizing {

/// Immutable once published, but for what says so. Its code and itself stay until the tier goes, for threads may be inside.
struct Region {
    GuestAddress entry;
    struct Range {
        GuestAddress begin;
        std::uint64_t size_bytes = 0;
    };
    std::vector<Range> ranges;  // of the guest code that it was made of
    std::uint64_t guest_instructions = 0;
    bool precise = true;  // see RegionRequest
    /// Thread CPU time from one way back to the entry's block to the next, without the region; 0: it is kept however it does.
    double baseline_ns_a_round = 0;
    /// Of the visits until it was judged. Threads may lose some of each other's.
    mutable std::atomic<std::uint64_t> measured_ns = 0;
    mutable std::atomic<std::uint64_t> measured_rounds = 0;
    mutable std::atomic<std::uint64_t> measured_visits = 0;
    mutable std::atomic<bool> judged = false;
    RegionFunction code = nullptr;  // null: it was refused, or is being made. Guarded by the tier's mutex until it is entered
    bool retired = false;           // guarded by the tier's mutex
    bool dropped = false;           // not entered any more; guarded by the tier's mutex
};

/// One per engine. Thread-safe.
class Tier {
public:
    /// Lets baseline code enter the region at an address from now on; or no longer, for null.
    using Install = std::function<void(GuestAddress entry, const Region* region)>;

    /// @param install  called with the tier's mutex held, on any thread, for regions that were asked for by `want`.
    /// @param call_back  brings threads out of regions for a moment; called on the compile thread.
    /// @param share  how much CPU time the optimiser may use, as part of the process's.
    Tier(Install install, std::function<void()> call_back, double share)
        : install_(std::move(install)), share_(share), thread_([this] { return time_until_next(); }, std::move(call_back)) {}

    /// The region that is entered at `address`, made now if there is none.
    /// @return null if the optimiser refuses it: the instruction at `address` must run in another tier.
    const Region* region_at(GuestAddress address, Services& services);
    /// Has a region made on the compile thread, and installed. At most once for an address, until it is retired.
    /// @param baseline_ns_a_round  as in Region.
    void want(GuestAddress address, Services& services, double baseline_ns_a_round);
    /// A visit to a region that is not judged yet. One that is not faster than its baseline is not entered any more.
    void note_visit(const Region& region, std::chrono::nanoseconds cpu_time, std::uint64_t rounds);
    /// The block at `address` was reached so many times by backward jumps and calls.
    /// @param clock  of the calling thread's CPU time. @return its time a round, from the second such call of the same thread
    /// on.
    std::optional<double> pace_at(GuestAddress address, std::chrono::nanoseconds clock, std::uint64_t arrivals);
    /// Installs the region at `address` again, if there is one: baseline code that was installed into is gone.
    void reinstall(GuestAddress address);
    /// Forgets all regions made of bytes of the range. Threads inside leave at their next way back.
    /// @return how many.
    std::size_t retire(GuestAddress begin, std::uint64_t size_bytes);
    /// From now on the guest can see the state at a fault, so regions keep it exact; those that do not are forgotten.
    /// @return how many.
    std::size_t become_precise();

    struct Statistics {
        std::uint64_t regions = 0;
        std::uint64_t refused = 0;
        std::uint64_t dropped = 0;
        std::uint64_t guest_instructions = 0;
        std::uint64_t code_bytes = 0;
        std::uint64_t compile_ns = 0;
    };
    [[nodiscard]] Statistics statistics();

    /// Brackets a system call before which there must be no thread and no child of lxr's own.
    void begin_alone();
    /// @param compiles_on  false: nothing is compiled any more. Regions stay.
    void end_alone(bool compiles_on);

    /// Brackets a fork; no lock of the engine may be held by whoever begins it.
    void before_fork();
    void after_fork();
    void start_anew_in_child();

private:
    [[nodiscard]] std::chrono::nanoseconds time_until_next() const;
    Region* publish(const RegionRequest& request);
    void finish(Region& region, const RegionAnswer& answer);
    const std::byte* place(const RegionAnswer& answer);
    bool is_retired(const Region& region);
    bool finish_and_install(Region& region, const RegionAnswer& answer);
    void retire(Region& region);

    const Install install_;
    const double share_;
    std::atomic<std::uint64_t> spent_ns_ = 0;  // CPU time of the optimiser
    CompileThread thread_;
    std::atomic<bool> is_off_ = false;  // no optimiser, or no room for code
    std::atomic<bool> is_precise_ = false;
    std::atomic<std::uint64_t> retirements_ = 0;  // calls of retire and become_precise, counted when they begin

    std::mutex mutex_;  // guards all that follows
    CodeCache cache_;
    std::unordered_map<std::uint64_t, Region*> by_entry_;
    std::unordered_multimap<std::uint64_t, Region*> by_guest_page_;
    std::vector<std::unique_ptr<Region>> regions_;
    Statistics statistics_;
    struct Pace {
        std::thread::id thread;
        std::chrono::nanoseconds begin{};
    };
    std::unordered_map<std::uint64_t, Pace> paces_;
};

}  // namespace lxr::optimizing
