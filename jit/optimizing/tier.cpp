// Making, finding and retiring regions.
#include "jit/optimizing/tier.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "jit/optimizing/region_formation.h"
#include "lifter/support/cpu_time.h"
#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t cache_bytes = 16U << 20;

// How a region is judged.
/// It must take less than this part of its baseline's time.
constexpr double most_of_baseline = 0.95;
/// Shorter visits do not see most of what the baseline's rounds are made of, and the way in and out is long for them.
constexpr std::chrono::microseconds shortest_visit{3};
/// What entering and leaving cost that a visit does not see itself.
constexpr std::chrono::nanoseconds outside_of_visit{60};
constexpr std::chrono::milliseconds measured_before_judgement{1};

/// What is tried in turn where the optimiser refuses: less and less, down to one instruction.
constexpr std::array attempts = {RegionLimits{}, RegionLimits{.blocks = 1, .instructions = 64, .instructions_in_a_block = 64},
                                 RegionLimits{.blocks = 1, .instructions = 1, .instructions_in_a_block = 1}};

std::uint64_t page_of(GuestAddress address) {
    return address.value() / page_size_bytes;
}

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
    for (const auto& limits : attempts) {
        const auto seen = retirements_.load();
        const auto request = form_region(services, address, limits);
        if (request.blocks.empty()) return nullptr;
        const auto answer = is_off_ ? std::nullopt : thread_.ask(request);
        if (!answer) return nullptr;
        const bool is_last = &limits == &attempts.back();
        if (!answer->refusal.empty() && !is_last) continue;
        const std::scoped_lock lock(mutex_);
        // What was retired since may have been this code; or another thread came first.
        if (retirements_.load() != seen || by_entry_.contains(address.value())) return nullptr;
        auto* const region = publish(request);
        finish(*region, *answer);
        return region->code != nullptr ? region : nullptr;
    }
    return nullptr;
}

std::optional<double> Tier::pace_at(GuestAddress address, std::chrono::nanoseconds clock, std::uint64_t arrivals) {
    const std::scoped_lock lock(mutex_);
    auto& pace = paces_[address.value()];
    if (pace.thread != std::this_thread::get_id()) {
        pace = {std::this_thread::get_id(), clock};
        return std::nullopt;
    }
    const auto elapsed = clock - pace.begin;
    paces_.erase(address.value());
    return static_cast<double>(elapsed.count()) / static_cast<double>(arrivals);
}

void Tier::want(GuestAddress address, Services& services, double baseline_ns_a_round) {
    if (is_off_) return;
    const auto seen = retirements_.load();
    auto request = form_region(services, address, {});
    if (request.blocks.empty()) return;
    request.precise = is_precise_;
    const std::scoped_lock lock(mutex_);
    if (retirements_.load() != seen || by_entry_.contains(address.value())) return;
    auto* const region = publish(request);
    region->baseline_ns_a_round = baseline_ns_a_round;
    region->judged = baseline_ns_a_round == 0;
    const bool is_added =
        thread_.add({.request = std::move(request),
                     .is_wanted = [this, region] { return !is_retired(*region); },
                     .finish = [this, region](const RegionAnswer& answer) { return finish_and_install(*region, answer); }});
    if (!is_added) is_off_ = true;
}

bool Tier::is_retired(const Region& region) {
    const std::scoped_lock lock(mutex_);
    return region.retired;
}

/// On the compile thread. Who is in the region for long has to come out to be measured.
bool Tier::finish_and_install(Region& region, const RegionAnswer& answer) {
    const std::scoped_lock lock(mutex_);
    if (is_off_ || region.retired) return false;
    finish(region, answer);
    if (region.code == nullptr) return false;
    install_(region.entry, &region);
    return true;
}

std::chrono::nanoseconds Tier::time_until_next() const {
    const auto spent = static_cast<double>(spent_ns_);
    const auto missing = spent / share_ - static_cast<double>(process_cpu_time().count());
    return std::chrono::nanoseconds(missing > 0 ? static_cast<std::int64_t>(missing) : 0);
}

void Tier::begin_alone() {
    thread_.pause();
    thread_.end_process();
}

void Tier::end_alone(bool compiles_on) {
    if (!compiles_on) is_off_ = true;
    if (!is_off_) thread_.resume();
}

void Tier::note_visit(const Region& region, std::chrono::nanoseconds cpu_time, std::uint64_t rounds) {
    const auto visit = cpu_time + outside_of_visit;
    const auto measured = std::chrono::nanoseconds(region.measured_ns += static_cast<std::uint64_t>(visit.count()));
    const auto all_rounds = region.measured_rounds += rounds;
    const auto visits = ++region.measured_visits;
    if (measured < measured_before_judgement || region.judged.exchange(true)) return;
    const auto ns_a_round = static_cast<double>(measured.count()) / static_cast<double>(std::max<std::uint64_t>(all_rounds, 1));
    const bool is_worth_it = ns_a_round < region.baseline_ns_a_round * most_of_baseline && measured >= visits * shortest_visit;
    log(LogCategory::jit, LogLevel::debug, "region at {:#x}: {:.1f} ns a round, baseline {:.1f}: {}", region.entry.value(),
        ns_a_round, region.baseline_ns_a_round, is_worth_it ? "kept" : "dropped");
    if (is_worth_it) return;
    const std::scoped_lock lock(mutex_);
    if (region.retired) return;
    ++statistics_.dropped;
    by_entry_.at(region.entry.value())->dropped = true;  // and stays there, so that it is not made again
    install_(region.entry, nullptr);
}

void Tier::reinstall(GuestAddress address) {
    const std::scoped_lock lock(mutex_);
    const auto found = by_entry_.find(address.value());
    if (found == by_entry_.end()) return;
    const auto& region = *found->second;
    if (region.code != nullptr && !region.dropped) install_(address, &region);
}

/// With the mutex held: the region gets its code, or stays without.
void Tier::finish(Region& region, const RegionAnswer& answer) {
    spent_ns_ += answer.cpu_ns;
    statistics_.compile_ns += answer.cpu_ns;
    if (!answer.refusal.empty()) {
        ++statistics_.refused;
        log(LogCategory::jit, LogLevel::debug, "region at {:#x} refused: {}", region.entry.value(), answer.refusal);
        return;
    }
    const auto* const placed = place(answer);
    if (placed == nullptr) {
        is_off_ = true;
        return;
    }
    ++statistics_.regions;
    statistics_.guest_instructions += region.guest_instructions;
    region.code = reinterpret_cast<RegionFunction>(reinterpret_cast<std::uintptr_t>(placed + answer.entry_offset));
}

const std::byte* Tier::place(const RegionAnswer& answer) {
    if (!cache_.is_open() && !cache_.open(cache_bytes)) return nullptr;
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
    region->precise = request.precise;
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
    if (region.code != nullptr) install_(region.entry, nullptr);
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
    if (is_precise_.exchange(true)) return 0;
    retirements_.fetch_add(1);
    const std::scoped_lock lock(mutex_);
    return std::erase_if(by_guest_page_, [&](const auto& entry) {
        auto* const region = entry.second;
        if (!region->retired && !region->precise) retire(*region);
        return region->retired;
    });
}

Tier::Statistics Tier::statistics() {
    const std::scoped_lock lock(mutex_);
    auto statistics = statistics_;
    statistics.code_bytes = cache_.used_bytes();
    return statistics;
}

void Tier::before_fork() {
    thread_.before_fork();
    mutex_.lock();
}

void Tier::after_fork() {
    mutex_.unlock();
    thread_.after_fork();
}

void Tier::start_anew_in_child() {
    thread_.start_anew_in_child();
    by_entry_.clear();
    by_guest_page_.clear();
    regions_.clear();
    cache_.close();  // the code is the parent's
    paces_.clear();
    mutex_.unlock();
}

}  // namespace lxr::optimizing
