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
/// So much CPU time blocks have to become hot before others are counted, too.
constexpr std::chrono::milliseconds least_time_between_looks{10};
constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::size_t most_exits = cost_of_looking / cost_of_exit;
/// Nanoseconds. A counter takes less than the second; what comes more seldom than the first need not be corrected for it.
constexpr double least_pace_without_counter = 40;
constexpr double most_cost_of_counter = 2;
/// A loop that takes longer waits for memory, or most of the time passes elsewhere: there is nothing to gain.
constexpr double longest_instruction_ns = 5;
/// A candidate that is counted for longer, in the process's CPU time, is not as hot as it was.
constexpr std::chrono::milliseconds longest_measurement{100};

/// On the average.
double instructions_in_a_round(const Loop& loop) {
    const auto rounds = std::max<std::ptrdiff_t>(std::ranges::count(loop.rounds, loop.header), 1);
    return static_cast<double>(loop.rounds.size()) / static_cast<double>(rounds);
}

}  // namespace

Count Profile::heat(GuestAddress address, Services& services, const Watch& watch, std::optional<Ripe>& ripe) {
    std::unique_lock lock(mutex_);
    const auto found = candidates_.find(address.value());
    if (found == candidates_.end()) {
        const auto [cost, purpose] = cost_of(address);
        if (!budget_.reserve(cost, process_cpu_time(), purpose)) return set_aside(address);
        lock.unlock();
        auto entry = address;
        auto candidate = watch_block(address, entry, services, watch);
        lock.lock();
        if (!candidate) {
            budget_.settle(cost, cost_of_watching);
            return Count::no_more;
        }
        const auto more = candidate->reserved - cost;
        if (more.count() > 0 && !budget_.reserve(more, process_cpu_time(), Budget::Purpose::region)) {
            budget_.settle(cost, cost_of_watching);
            if (!stands_for(entry, address)) return Count::no_more;
            costs_[address.value()] = candidate->reserved;
            return set_aside(address);
        }
        budget_.settle(std::max(cost, candidate->reserved), candidate->reserved);
        return begin(entry, std::move(*candidate), address);
    }
    if (!begin_measurement(found)) return Count::no_more;
    auto& candidate = found->second;
    const auto baseline_ns = measure(candidate);
    if (!baseline_ns) return candidate.count;
    if (candidate.path.empty()) {  // measured again
        ripe = Ripe{.path = {}, .baseline_ns = *baseline_ns};
    } else if (*baseline_ns > 0 && *baseline_ns <= candidate.longest_ns) {
        ripe = Ripe{.path = std::move(candidate.path), .baseline_ns = *baseline_ns, .reserved = candidate.reserved};
        candidate = {};  // it keeps its turn until it is measured again: what a region costs shall not be seen in others' time
        return Count::no_more;
    } else {
        budget_.settle(candidate.reserved, cost_of_measuring);
    }
    candidates_.erase(found);
    end_measurement();
    return Count::no_more;
}

/// Without the mutex. @return none if no region of it would be faster.
std::optional<Profile::Candidate> Profile::watch_block(GuestAddress address, GuestAddress& entry, Services& services,
                                                       const Watch& watch) {
    auto loop = loop_of(watch.run(), RegionLimits{}.instructions, services);
    const auto instructions = distinct_instructions(loop.rounds);
    const bool fits = instructions <= RegionLimits{}.instructions;
    const bool has_many_ways = fits && jumps_to_many_places(loop.rounds, services);
    const bool is_loop = fits && !has_many_ways;
    const auto overhead = is_loop ? baseline_overhead(loop.rounds, services) : 0;
    const auto accesses = is_loop && watch.stack_is_plain ? stack_accesses(loop.rounds, services) : 0;
    const auto described = !fits           ? std::string("too many instructions")
                           : has_many_ways ? std::string("many ways")
                                           : fmt::format("overhead {:.2f}, stack accesses {:.2f}", overhead, accesses);
    log(LogCategory::jit, LogLevel::debug, "hot: {:#x}, loop at {:#x} of {} instructions, {}", address.value(),
        loop.header.value(), instructions, described);
    // Code that goes to many places is mostly so everywhere; a small loop that is fast already says nothing of others.
    const bool gains = overhead + accesses * savings_of_stack_access >= least_savings;
    if (!is_loop || gains) budget_.note_look(is_loop);
    if (!is_loop || !gains) return std::nullopt;
    entry = loop.header;
    Candidate candidate;
    candidate.longest_ns = longest_instruction_ns * instructions_in_a_round(loop);
    candidate.path = std::move(loop.rounds);
    candidate.reserved = cost_of_measuring + instructions * cost_of_instruction;
    return candidate;
}

/// With the mutex held, as the next ones: until there is something to spend.
Count Profile::set_aside(GuestAddress address) {
    aside_.push_back(address);
    wait_until_paid_for(true);
    callbacks_.set_counting(false);
    return Count::no_more;
}

/// @param looks_on  there are blocks yet that are not counted, or candidates that wait: nothing else may become hot, to give up
/// the
///                  one that is measured.
void Profile::wait_until_paid_for(bool looks_on) {
    auto look = looks_on ? cost_of_looking + cost_of_watching : never;
    auto region = never;
    for (const auto address : aside_) {
        const auto cost = cost_of(address);
        auto& least = cost.purpose == Budget::Purpose::region ? region : look;
        least = std::min(least, cost_of_looking + cost.time);
    }
    least_cost_of_look_.store(look, std::memory_order_relaxed);
    least_cost_of_region_.store(region, std::memory_order_relaxed);
    callbacks_.remind();
}

Profile::Cost Profile::cost_of(GuestAddress address) const {
    const auto known = costs_.find(address.value());
    if (known == costs_.end()) return {.time = cost_of_watching, .purpose = Budget::Purpose::look};
    return {.time = known->second, .purpose = Budget::Purpose::region};
}

/// @return false if another block of the loop at `entry` was hot before. Its header may always stand for it.
bool Profile::stands_for(GuestAddress entry, GuestAddress address) {
    return loops_.try_emplace(entry.value(), address).first->second == address || entry == address;
}

/// The loop at `entry` is a candidate, because the block at `address` is hot. @return what is to be counted at `address`.
Count Profile::begin(GuestAddress entry, Candidate candidate, GuestAddress address) {
    give_up_late_ones();
    if (!stands_for(entry, address)) {
        budget_.settle(candidate.reserved, cost_of_watching);
        return Count::no_more;
    }
    candidates_.insert_or_assign(entry.value(), std::move(candidate));
    const auto count = measured_ == 0 ? Count::briefly : Count::no_more;
    if (some_wait()) wait_until_paid_for(true);
    if (entry == address) return count;
    callbacks_.count(entry, count);
    return Count::no_more;
}

void Profile::measure_again(GuestAddress entry) {
    const std::scoped_lock lock(mutex_);
    give_up_late_ones();
    candidates_.insert_or_assign(entry.value(), Candidate{});
    if (measured_ == 0 || measured_ == entry.value()) callbacks_.count(entry, Count::briefly);
}

/// The first of the candidates that is met often is the one that is measured; the others wait, as counters disturb each other.
/// @return false if another one is.
bool Profile::begin_measurement(Candidates::iterator candidate) {
    const auto address = candidate->first;
    if (measured_ != 0) return measured_ == address;
    measured_ = address;
    candidate->second.counted_since = process_cpu_time();
    for (const auto& [other, waiting] : candidates_) {
        if (other != address) callbacks_.count(GuestAddress(other), Count::no_more);
    }
    if (some_wait()) wait_until_paid_for(true);
    return true;
}

void Profile::end_measurement() {
    measured_ = 0;
    const auto now = process_cpu_time();
    for (auto& [address, candidate] : candidates_) {
        candidate.counted_since = now;
        callbacks_.count(GuestAddress(address), candidate.count);
    }
}

/// Those that are not met any more would keep what was reserved for them, and the one that is measured the others from it.
void Profile::give_up_late_ones() {
    const auto now = process_cpu_time();
    std::erase_if(candidates_, [&](const auto& each) {
        const auto& [address, candidate] = each;
        const bool is_counted = measured_ == 0 || measured_ == address;
        if (!is_counted || now - candidate.counted_since < longest_measurement) return false;
        callbacks_.count(GuestAddress(address), Count::no_more);
        budget_.settle(candidate.reserved, std::min(candidate.reserved, cost_of_measuring));
        if (candidate.path.empty()) callbacks_.give_up(GuestAddress(address));
        return true;
    });
    if (measured_ != 0 && !candidates_.contains(measured_)) end_measurement();
}

/// What is to be counted next is in the candidate.
std::optional<double> Profile::measure(Candidate& candidate) const {
    const bool is_first = candidate.arrivals == 0;
    const auto part = candidate.count == Count::briefly ? 1 : baseline::Tier::measured_part;
    candidate.arrivals += policy_.arrivals_until_hot * part;
    if (candidate.count == Count::twice) candidate.count = Count::again;  // it would have a third one
    const auto clock = thread_cpu_time();
    if (!candidate.known) {
        const bool is_long_enough = candidate.pace.arrive(candidate.arrivals, clock);
        candidate.known = candidate.pace.pace();
        if (!is_long_enough && !is_first) candidate.count = Count::again;
        if (!candidate.known) return std::nullopt;
        if (*candidate.known >= least_pace_without_counter) return candidate.known;
        candidate.count = Count::twice;
        return std::nullopt;
    }
    candidate.pace_twice.arrive(candidate.arrivals, clock);
    const auto twice = candidate.pace_twice.pace();
    if (!twice) return std::nullopt;
    // One counter takes at most as much as the second adds, which finds more to wait for.
    return *candidate.known - std::clamp(*twice - *candidate.known, 0.0, most_cost_of_counter);
}

std::chrono::nanoseconds Profile::time_until_look() const {
    const auto now = process_cpu_time();
    const auto missing = [&](const auto& least_cost, Budget::Purpose purpose) {
        const auto cost = least_cost.load(std::memory_order_relaxed);
        return cost == never ? never : budget_.missing(cost, now, purpose);
    };
    const auto paid_for =
        std::min(missing(least_cost_of_look_, Budget::Purpose::look), missing(least_cost_of_region_, Budget::Purpose::region));
    return std::max(paid_for, looked_at_ + least_time_between_looks - now);
}

void Profile::look_again() {
    const std::scoped_lock lock(mutex_);
    looked_at_ = process_cpu_time();
    give_up_late_ones();
    if (!budget_.reserve(cost_of_looking, looked_at_, Budget::Purpose::region)) return wait_until_paid_for(true);
    callbacks_.set_counting(true);
    const auto recount = callbacks_.count_more(most_exits);
    auto exits = recount.exits;
    std::erase_if(aside_, [&](GuestAddress address) {
        const auto [cost, purpose] = cost_of(address);
        const bool can_be_paid_for = budget_.missing(cost, looked_at_, purpose).count() == 0;
        if (!can_be_paid_for || exits >= most_exits) return false;
        callbacks_.count(address, Count::briefly);
        ++exits;
        return true;
    });
    budget_.settle(cost_of_looking, exits * cost_of_exit);
    const bool looks_on = !recount.is_last || some_wait();
    if (looks_on || !aside_.empty()) wait_until_paid_for(looks_on);
}

void Profile::start_anew() {
    aside_.clear();
    costs_.clear();
    candidates_.clear();
    loops_.clear();
    measured_ = 0;
    looked_at_ = {};  // the child's CPU time begins at 0
}

}  // namespace lxr::optimizing
