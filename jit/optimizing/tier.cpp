// Making, finding and retiring regions.
#include "jit/optimizing/tier.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <set>
#include <utility>

#include "jit/optimizing/region_formation.h"
#include "lifter/support/cpu_time.h"
#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {

// How a region is judged.
/// It must take less than this part of its baseline's time.
constexpr double most_of_baseline = 0.95;

/// What is tried in turn where everything is compiled: regions that are worth testing and made quickly, and where the optimiser
/// refuses, less and less, down to one instruction.
constexpr std::array attempts = {RegionLimits{.blocks = 8, .instructions = 60},
                                 RegionLimits{.blocks = 1, .instructions = 64, .instructions_in_a_block = 64},
                                 RegionLimits{.blocks = 1, .instructions = 1, .instructions_in_a_block = 1}};

template <typename Visit>
void for_each_page(const Region::Range& range, Visit visit) {
    for (auto page = page_of(range.begin); page <= page_of(range.begin + range.size_bytes - 1); ++page) visit(page);
}

}  // namespace

const Region* Tier::region_at(GuestAddress address, Services& services) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto found = by_entry_.find(address.value()); found != by_entry_.end()) {
            return found->second->code != nullptr ? found->second : nullptr;
        }
    }
    note_hot();
    const auto is_made = [this](GuestAddress other) {
        const std::scoped_lock lock(mutex_);
        return by_entry_.contains(other.value());
    };
    for (const auto& limits : attempts) {
        const auto seen = retirements_.load();
        auto request = form_region(services, address, limits, {}, is_made);
        if (request.blocks.empty()) return nullptr;
        request.show_stages = dump_ != nullptr && dump_->wants(request);
        const auto answer = is_off_ ? std::nullopt : thread_.ask(request);
        if (!answer) {
            is_off_ = true;
            return nullptr;
        }
        const bool is_last = &limits == &attempts.back();
        note(request, *answer);
        if (!answer->refusal.empty() && !is_last) continue;
        const std::scoped_lock lock(mutex_);
        // What was retired since may have been this code; or another thread came first.
        if (retirements_.load() != seen || by_entry_.contains(address.value()) || !open_cache()) return nullptr;
        auto* const region = publish(request);
        finish(*region, *answer);
        return region->code != nullptr ? region : nullptr;
    }
    return nullptr;
}

baseline::Tier::Count Tier::heat(GuestAddress address, Services& services, const std::function<Path()>& watch) {
    using Count = baseline::Tier::Count;
    if (is_off_) return Count::no_more;
    note_hot();
    if (!policy_.drops_slow_regions) {
        const auto loop = loop_of(watch(), RegionLimits{}.instructions, services);
        want(loop.header, services, {.path = loop.rounds});
        return Count::no_more;
    }
    std::optional<Profile::Ripe> ripe;
    const auto count = profile_.heat(address, services, {watch, !is_precise_ && !is_ordered_}, ripe);
    if (ripe) {
        const bool was_wanted = ripe->path.empty();
        if (was_wanted) judge_again(address, ripe->baseline_ns);
        if (was_wanted || !want(address, services, *ripe)) budget_.settle(ripe->reserved, cost_of_measuring);
    }
    return count;
}

/// @return true if a region is being made.
bool Tier::want(GuestAddress address, Services& services, const Profile::Ripe& ripe) {
    const auto seen = retirements_.load();
    auto request = form_region(services, address, {}, ripe.path);
    if (request.blocks.empty()) return false;
    request.precise = is_precise_;
    request.ordered = is_ordered_;
    request.show_stages = dump_ != nullptr && dump_->wants(request);
    const std::scoped_lock lock(mutex_);
    if (retirements_.load() != seen || by_entry_.contains(address.value()) || !open_cache()) return false;
    auto* const region = publish(request);
    region->baseline_ns = ripe.baseline_ns;
    region->judged = ripe.baseline_ns == 0;
    const auto settle = [this, reserved = ripe.reserved](std::uint64_t optimizer_ns) {
        budget_.settle(reserved, cost_of_measuring + std::chrono::nanoseconds(optimizer_ns));
    };
    const bool is_added = thread_.add({.request = std::move(request),
                                       .is_wanted =
                                           [this, region, settle] {
                                               if (!is_retired(*region)) return true;
                                               settle(0);
                                               return false;
                                           },
                                       .finish =
                                           [this, region, settle](const RegionRequest& asked, const RegionAnswer& answer) {
                                               note(asked, answer);
                                               settle(answer.cpu_ns);
                                               finish_and_install(*region, answer);
                                           },
                                       .wants_look = [this, region] { return is_to_be_judged(*region); }});
    if (!is_added) is_off_ = true;
    return is_added;
}

bool Tier::is_retired(const Region& region) {
    const std::scoped_lock lock(mutex_);
    return region.retired;
}

void Tier::note(const RegionRequest& request, const RegionAnswer& answer) {
    if (dump_ != nullptr) dump_->write(request, answer);
    const std::scoped_lock lock(mutex_);
    statistics_.compile_ns += answer.cpu_ns;
    std::ranges::transform(statistics_.stage_ns, answer.stage_ns, statistics_.stage_ns.begin(), std::plus());
}

void Tier::note_hot() {
    const std::scoped_lock lock(mutex_);
    if (!first_hot_) first_hot_ = Moment{.time = std::chrono::steady_clock::now(), .cpu_time = process_cpu_time()};
}

/// With the mutex held: a region has its code.
void Tier::note_in_place() {
    if (statistics_.first_region || !first_hot_) return;
    statistics_.first_region = {.elapsed = std::chrono::steady_clock::now() - first_hot_->time,
                                .cpu_time = process_cpu_time() - first_hot_->cpu_time};
}

/// On the compile thread.
void Tier::finish_and_install(Region& region, const RegionAnswer& answer) {
    const std::scoped_lock lock(mutex_);
    if (is_off_ || region.retired) return;
    finish(region, answer);
    if (region.code != nullptr) callbacks_.install(region.entry, &region);
}

/// Who is in such a region for long has to come out to be measured.
bool Tier::is_to_be_judged(const Region& region) {
    const std::scoped_lock lock(mutex_);
    return region.code != nullptr && !region.retired && (!region.judged || region.compared);
}

void Tier::begin_alone() {
    thread_.pause();
    thread_.end_process();
}

void Tier::end_alone(bool compiles_on) {
    if (!compiles_on) is_off_ = true;
    if (!is_off_) thread_.resume();
}

void Tier::note_visit(const Region& region) {
    const auto visits = region.visits++;
    const auto arrivals = region.arrivals++;
    // Reading the clock takes its time.
    if (visits % region.visits_between_looks != 0) return;
    const auto clock = thread_cpu_time();
    {
        const std::scoped_lock lock(mutex_);
        if (!region.pace.arrive(arrivals, clock) && visits != 0) region.visits_between_looks = 2 * region.visits_between_looks;
        const auto pace = region.pace.pace();
        if (!pace || region.judged.exchange(true)) return;
        if (region.retired) return;
        compare_again(*by_entry_.at(region.entry.value()), *pace);
    }
    profile_.measure_again(region.entry);
}

/// With the mutex held, as the next ones.
void Tier::judge(Region& region) {
    if (region.dropped) --statistics_.dropped;
    region.dropped = region.pace_ns >= region.baseline_ns * most_of_baseline;
    if (region.dropped) ++statistics_.dropped;
    log(LogCategory::jit, LogLevel::debug,
        "region {:016x} at {:#x}: {:.1f} ns an arrival ({} in {} visits), baseline {:.1f}: {}", region.id, region.entry.value(),
        region.pace_ns, region.arrivals.load(), region.visits.load(), region.baseline_ns, region.dropped ? "dropped" : "kept");
}

/// The machine, or the program, may be slower or faster now than when the baseline was measured: so that is measured once more,
/// beside the region.
void Tier::compare_again(Region& region, double pace_ns) {
    region.pace_ns = std::min(region.pace_ns, pace_ns);
    judge(region);
    region.compared = true;
    callbacks_.install(region.entry, nullptr);
}

void Tier::try_again(Region& region) {
    region.tried_again = true;
    region.pace = {};
    region.judged = false;
    callbacks_.install(region.entry, &region);
}

/// Two comparisons must agree, or both are measured for another time. A region that was slower stays where it is, so that it is
/// not made again.
/// @param baseline_ns  none if the block was not met any more: then it stays as it was judged before.
void Tier::judge_again(GuestAddress entry, std::optional<double> baseline_ns) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_entry_.find(entry.value());
    if (found == by_entry_.end() || !found->second->compared) return;  // retired meanwhile
    auto& region = *found->second;
    region.compared = false;
    if (baseline_ns) {
        const bool is_slower = region.pace_ns >= *baseline_ns * most_of_baseline;
        const bool agrees = is_slower == region.dropped;
        region.baseline_ns = std::min(region.baseline_ns, *baseline_ns);
        judge(region);
        if (!agrees && !region.tried_again) return try_again(region);
    }
    budget_.note_outcome(!region.dropped);
    if (!region.dropped) callbacks_.install(entry, &region);
}

void Tier::reinstall(GuestAddress address) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_entry_.find(address.value());
    if (found == by_entry_.end()) return;
    const auto& region = *found->second;
    if (region.code != nullptr && !region.dropped && !region.compared) callbacks_.install(address, &region);
}

/// With the mutex held: the region gets its code, or stays without.
void Tier::finish(Region& region, const RegionAnswer& answer) {
    if (!answer.refusal.empty()) {
        ++statistics_.refused;
        log(LogCategory::jit, LogLevel::debug, "region {:016x} at {:#x} refused: {}", region.id, region.entry.value(),
            answer.refusal);
        return;
    }
    const auto* const placed = place(answer);
    if (placed == nullptr) {
        is_off_ = true;
        return;
    }
    ++statistics_.regions;
    statistics_.guest_instructions += region.guest_instructions;
    region.code_bytes = answer.code.size();
    log(LogCategory::jit, LogLevel::debug, "region {:016x} at {:#x}: {} guest instructions, {} bytes of code", region.id,
        region.entry.value(), region.guest_instructions, answer.code.size());
    region.placed = placed;
    if (perf_map_ != nullptr) note_in_perf_map(region);
    region.code = reinterpret_cast<RegionFunction>(reinterpret_cast<std::uintptr_t>(placed + answer.entry_offset));
    note_in_place();
}

void Tier::note_in_perf_map(const Region& region) const {
    perf_map_->note(region.placed, region.code_bytes, region_name(region.entry, region.id));
}

/// With the mutex held.
bool Tier::open_cache() {
    if (!cache_.is_open() && !cache_.open(policy_.region_cache_bytes)) is_off_ = true;
    return cache_.is_open();
}

const std::byte* Tier::place(const RegionAnswer& answer) {
    const auto misaligned = reinterpret_cast<std::uintptr_t>(cache_.next()) % code_alignment;
    const auto gap = misaligned == 0 ? 0 : code_alignment - misaligned;
    const auto room = cache_.room();
    if (room.size() < gap + answer.code.size()) return nullptr;
    const auto* placed = cache_.next() + gap;
    std::ranges::copy(answer.code, room.begin() + static_cast<std::ptrdiff_t>(gap));
    cache_.take(gap + answer.code.size());
    return placed;
}

/// With the mutex held.
Region* Tier::publish(const RegionRequest& request) {
    auto region = std::make_unique<Region>();
    region->entry = request.entry;
    region->id = content_id(request);
    region->precise = request.precise;
    region->ordered = request.ordered;
    std::set<std::uint64_t> pages;
    for (const auto& block : request.blocks) {
        region->ranges.push_back({block.begin, block.bytes.size()});
        region->guest_instructions += block.instructions;
        for_each_page(region->ranges.back(), [&](std::uint64_t page) { pages.insert(page); });
    }
    for (const auto page : pages) by_guest_page_.emplace(page, region.get());
    by_entry_[request.entry.value()] = region.get();
    return regions_.emplace_back(std::move(region)).get();
}

/// With the mutex held; who calls it takes the region off the lists of its pages.
void Tier::retire(Region& region) {
    region.retired = true;
    by_entry_.erase(region.entry.value());
    if (region.code != nullptr) callbacks_.install(region.entry, nullptr);
}

std::size_t Tier::retire(GuestAddress begin, std::uint64_t size_bytes) {
    if (size_bytes == 0) return 0;
    retirements_.fetch_add(1);
    const std::scoped_lock lock(mutex_);
    const auto overlaps = [&](const Region& region) {
        return std::ranges::any_of(region.ranges, [&](const Region::Range& range) {
            return range.begin < begin + size_bytes && begin < range.begin + range.size_bytes;
        });
    };
    std::size_t retired = 0;
    const auto first = page_of(begin);
    const auto last = page_of(begin + (size_bytes - 1));
    std::erase_if(by_guest_page_, [&](const auto& entry) {
        auto& [page, region] = entry;
        if (region->retired) return true;
        if (page < first || page > last || !overlaps(*region)) return false;
        retire(*region);
        ++retired;
        return true;
    });
    return retired;
}

std::size_t Tier::become_precise() {
    return is_precise_.exchange(true) ? 0 : retire_all_but(&Region::precise);
}

std::size_t Tier::become_ordered() {
    return is_ordered_.exchange(true) ? 0 : retire_all_but(&Region::ordered);
}

std::size_t Tier::retire_all_but(bool Region::* kept) {
    retirements_.fetch_add(1);
    const std::scoped_lock lock(mutex_);
    return std::erase_if(by_guest_page_, [&](const auto& entry) {
        auto* const region = entry.second;
        if (!region->retired && !(region->*kept)) retire(*region);
        return region->retired;
    });
}

Statistics Tier::statistics() {
    const std::scoped_lock lock(mutex_);
    auto statistics = statistics_;
    statistics.code_bytes = cache_.used_bytes();
    return statistics;
}

std::vector<std::string> Tier::lines() {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> lines;
    for (const auto& region : regions_) {
        if (region->code == nullptr) continue;
        const auto* const state = region->retired ? ", retired" : region->dropped ? ", dropped" : "";
        lines.push_back(fmt::format("region {:016x} at {:#x}: {} guest instructions, {} bytes of code{}", region->id,
                                    region->entry.value(), region->guest_instructions, region->code_bytes, state));
    }
    return lines;
}

void Tier::before_fork() {
    thread_.before_fork();
    profile_.mutex().lock();
    mutex_.lock();
    budget_.mutex().lock();
}

void Tier::after_fork() {
    budget_.mutex().unlock();
    mutex_.unlock();
    profile_.mutex().unlock();
    thread_.after_fork();
}

void Tier::start_anew_in_child() {
    thread_.start_anew_in_child();
    if (cache_.is_open() && !cache_.copy_in_child()) {
        by_entry_.clear();
        by_guest_page_.clear();
        regions_.clear();
    }
    for (auto& region : regions_) {
        region->pace = {};  // by the parent's clock
        region->compared = false;
        if (region->code == nullptr && !region->retired) {  // what the parent was having made
            region->retired = true;
            by_entry_.erase(region->entry.value());
        }
        if (perf_map_ != nullptr && region->code != nullptr) note_in_perf_map(*region);
    }
    first_hot_.reset();  // by the parent's clock
    profile_.start_anew();
    budget_.start_anew();
    budget_.mutex().unlock();
    mutex_.unlock();
    profile_.mutex().unlock();
}

}  // namespace lxr::optimizing
