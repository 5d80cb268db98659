// From a block that was counted to one that is watched, measured and wanted. While there is nothing to spend, blocks are set
// aside, and cost nothing.
#include "jit/optimizing/profile.h"

#include <algorithm>
#include <utility>

#include "jit/optimizing/region_formation.h"
#include "lifter/support/cpu_time.h"
#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {

using Count = baseline::Tier::Count;

/// Code with less to save than this, in instructions of each, is as fast as it can be: LLVM does not beat the guest's compiler.
constexpr double least_savings = 0.25;
/// Of a stack access that may be plain. Many stay, as other accesses may be to the same place.
constexpr double savings_of_stack_access = 0.5;
/// A candidate whose measurement takes longer, in the process's CPU time, has had its day.
constexpr std::chrono::milliseconds longest_measurement{100};

}  // namespace

Count Profile::heat(GuestAddress address, Services& services, const Watch& watch, std::optional<Ripe>& ripe) {
    std::unique_lock lock(mutex_);
    const auto found = candidates_.find(address.value());
    if (found == candidates_.end()) {
        if (!budget_.reserve(cost_of_region, process_cpu_time())) {
            aside_.push_back(address);
            callbacks_.set_counting(false);
            callbacks_.remind();
            return Count::no_more;
        }
        lock.unlock();
        Loop loop;
        if (!watch_is_promising(loop, services, watch)) return Count::no_more;
        lock.lock();
        return begin(std::move(loop), address);
    }
    auto count = Count::no_more;
    if (measured_ != address.value()) return count;  // it waits for its turn
    auto& candidate = found->second;
    const auto baseline_ns = measure(candidate, count);
    if (!baseline_ns) return count;
    if (*baseline_ns > 0) {
        ripe = Ripe{.path = std::move(candidate.path), .baseline_ns = *baseline_ns};
    } else {
        budget_.settle(cost_of_region, cost_of_measuring);
    }
    candidates_.erase(found);
    end_measurement();
    return count;
}

/// Without the mutex. What was reserved is given back if it is not.
bool Profile::watch_is_promising(Loop& loop, Services& services, const Watch& watch) {
    const auto begin = thread_cpu_time();
    loop = loop_of(watch.run(), RegionLimits{}.instructions, services);
    const bool has_many_ways = jumps_to_many_places(loop.rounds, services);
    const auto overhead = baseline_overhead(loop.rounds, services);
    const auto accesses = watch.stack_is_plain ? stack_accesses(loop.rounds, services) : 0;
    const auto cost = thread_cpu_time() - begin;
    log(LogCategory::jit, LogLevel::debug, "hot: loop at {:#x}, overhead {:.2f}, stack accesses {:.2f}{}, watched in {} us",
        loop.header.value(), overhead, accesses, has_many_ways ? ", many ways" : "", cost.count() / 1000);
    if (!has_many_ways && overhead + accesses * savings_of_stack_access >= least_savings) return true;
    budget_.settle(cost_of_region, cost);
    return false;
}

/// With the mutex held, as the next ones: the loop is a candidate, because the block at `address` is hot.
/// @return what is to be counted at `address`.
Count Profile::begin(Loop loop, GuestAddress address) {
    const auto entry = loop.header;
    if (entry != address && !loops_.insert(entry.value()).second) {  // another of its blocks was hot before
        budget_.settle(cost_of_region, {});
        return Count::no_more;
    }
    candidates_[entry.value()].path = std::move(loop.rounds);
    const auto count = begin_measurement(entry.value()) ? Count::again : Count::no_more;
    if (entry == address) return count;
    callbacks_.count(entry, count);
    return Count::no_more;
}

/// @return false if the block waits for its turn.
bool Profile::begin_measurement(std::uint64_t address) {
    const auto now = process_cpu_time();
    if (measured_ != 0 && now - measured_since_ < longest_measurement) {
        waiting_.push_back(address);
        return false;
    }
    if (measured_ != 0) {
        candidates_.erase(measured_);
        budget_.settle(cost_of_region, cost_of_measuring);
    }
    measured_ = address;
    measured_since_ = now;
    return true;
}

void Profile::end_measurement() {
    measured_ = 0;
    if (waiting_.empty()) return;
    const auto next = waiting_.front();
    waiting_.pop_front();
    begin_measurement(next);
    callbacks_.count(GuestAddress(next), Count::again);
}

/// @param count  what is to be counted next.
std::optional<double> Profile::measure(Candidate& candidate, Count& count) const {
    candidate.arrivals += policy_.arrivals_until_hot * baseline::Tier::measured_part;
    const auto clock = thread_cpu_time();
    count = Count::again;
    if (!candidate.known) {
        candidate.known = candidate.pace.arrive(candidate.arrivals, clock);
        if (candidate.known) count = Count::twice;
        return std::nullopt;
    }
    const auto twice = candidate.pace_twice.arrive(candidate.arrivals, clock);
    if (!twice) return std::nullopt;
    count = Count::no_more;
    // One counter takes at most as much as the second adds, which finds more to wait for.
    return *candidate.known - std::max(*twice - *candidate.known, 0.0);
}

std::chrono::nanoseconds Profile::time_until_look() const {
    return budget_.missing(cost_of_region, process_cpu_time());
}

void Profile::look_again() {
    const std::scoped_lock lock(mutex_);
    callbacks_.set_counting(true);
    for (const auto address : std::exchange(aside_, {})) callbacks_.count(address, Count::briefly);
}

void Profile::start_anew() {
    aside_.clear();
    candidates_.clear();
    loops_.clear();
    waiting_.clear();
    measured_ = 0;
}

}  // namespace lxr::optimizing
