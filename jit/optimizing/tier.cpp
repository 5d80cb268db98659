// Making, finding and retiring regions.
#include "jit/optimizing/tier.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "jit/optimizing/region_formation.h"
#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t cache_bytes = 16U << 20;

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
    const std::scoped_lock lock(mutex_);
    if (const auto found = by_entry_.find(address.value()); found != by_entry_.end()) {
        return found->second->code != nullptr ? found->second : nullptr;
    }
    if (is_off_) return nullptr;
    const auto begin = std::chrono::steady_clock::now();
    const Region* region = nullptr;
    for (const auto& limits : attempts) {
        const auto request = form_region(services, address, limits);
        if (request.blocks.empty()) return nullptr;
        const auto code = compile(request);
        const bool last = &limits == &attempts.back();
        if (code != nullptr || last) region = publish(request, code);
        if (region != nullptr || is_off_) break;
    }
    const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - begin;
    statistics_.compile_ns += static_cast<std::uint64_t>(elapsed.count());
    return region != nullptr && region->code != nullptr ? region : nullptr;
}

RegionFunction Tier::compile(const RegionRequest& request) {
    if (optimize_ == nullptr) optimize_ = open_optimizer();
    is_off_ = optimize_ == nullptr;
    if (is_off_) return nullptr;
    const auto answer = ask(optimize_, request);
    if (!answer.refusal.empty()) {
        log(LogCategory::jit, LogLevel::debug, "region at {:#x} refused: {}", request.entry.value(), answer.refusal);
        return nullptr;
    }
    const auto* placed = place(answer);
    is_off_ = placed == nullptr;
    return is_off_ ? nullptr : reinterpret_cast<RegionFunction>(reinterpret_cast<std::uintptr_t>(placed + answer.entry_offset));
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

const Region* Tier::publish(const RegionRequest& request, RegionFunction code) {
    auto region = std::make_unique<Region>(Region{.entry = request.entry, .ranges = {}, .code = code});
    std::set<std::uint64_t> pages;
    for (const auto& block : request.blocks) {
        region->ranges.push_back({block.begin, block.bytes.size()});
        for_each_page(region->ranges.back(), [&](std::uint64_t page) { pages.insert(page); });
        if (code != nullptr) statistics_.guest_instructions += block.instructions;
    }
    for (const auto page : pages) by_guest_page_.emplace(page, region.get());
    by_entry_[request.entry.value()] = region.get();
    ++(code != nullptr ? statistics_.regions : statistics_.refused);
    return regions_.emplace_back(std::move(region)).get();
}

std::size_t Tier::retire(GuestAddress begin, std::uint64_t size_bytes) {
    if (size_bytes == 0) return 0;
    const std::scoped_lock lock(mutex_);
    const auto overlaps = [&](const Region& region) {
        for (const auto& range : region.ranges) {
            if (range.begin < begin + size_bytes && begin < range.begin + range.size_bytes) return true;
        }
        return false;
    };
    std::size_t retired = 0;
    const auto first = page_of(begin);
    const auto last = page_of(begin + (size_bytes - 1));
    std::erase_if(by_guest_page_, [&](const auto& entry) {
        auto& [page, region] = entry;
        if (region->retired) return true;
        if (page < first || page > last || !overlaps(*region)) return false;
        region->retired = true;
        by_entry_.erase(region->entry.value());
        ++retired;
        return true;
    });
    return retired;
}

Tier::Statistics Tier::statistics() {
    const std::scoped_lock lock(mutex_);
    auto statistics = statistics_;
    statistics.code_bytes = cache_.used_bytes();
    return statistics;
}

void Tier::start_anew_in_child() {
    by_entry_.clear();
    by_guest_page_.clear();
    regions_.clear();
    cache_.close();
}

}  // namespace lxr::optimizing
