// Splitting, merging and searching the guest's mappings.
#include "runtime/mapping.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lifter/support/address.h"
#include "lifter/support/check.h"

namespace lxr {

namespace {

/// Kept free below a mapping that grows down (Linux mm/mmap.c, stack_guard_gap).
constexpr std::uint64_t stack_guard_gap_bytes = 256 * page_size_bytes;

/// Up to where something may be placed below `mapping`.
std::uint64_t room_end_below(const Mapping& mapping) {
    if (!mapping.grows_down()) return mapping.begin;
    return mapping.begin - std::min(mapping.begin, stack_guard_gap_bytes);
}

bool continues(const Mapping& low, const Mapping& high) {
    if (low.end != high.begin || low.protection != high.protection || low.flags != high.flags) return false;
    if (low.grows_down() || low.name != high.name || low.file_is_written != high.file_is_written) return false;
    return (low.flags & MAP_ANONYMOUS) != 0 || low.file_offset + low.size_bytes() == high.file_offset;
}

Mapping clipped(Mapping mapping, std::uint64_t begin, std::uint64_t end) {
    if (begin > mapping.begin) {
        mapping.file_offset += begin - mapping.begin;
        mapping.begin = begin;
    }
    mapping.end = std::min(mapping.end, end);
    return mapping;
}

}  // namespace

const Mapping* MappingSet::find_below(std::uint64_t address) const {
    const auto above = by_begin_.lower_bound(address);
    return above == by_begin_.begin() ? nullptr : &std::prev(above)->second;
}

const Mapping* MappingSet::find(std::uint64_t address) const {
    const Mapping* candidate = find_or_next(address);
    return candidate != nullptr && candidate->begin <= address ? candidate : nullptr;
}

const Mapping* MappingSet::find_or_next(std::uint64_t address) const {
    auto position = by_begin_.upper_bound(address);
    if (position != by_begin_.begin() && std::prev(position)->second.end > address) --position;
    return position == by_begin_.end() ? nullptr : &position->second;
}

bool MappingSet::is_free(Range range) const {
    const Mapping* next = find_or_next(range.begin);
    return next == nullptr || next->begin >= range.end;
}

bool MappingSet::has_room(Range range) const {
    const Mapping* next = find_or_next(range.begin);
    return next == nullptr || (next->begin > range.begin && room_end_below(*next) >= range.end);
}

std::uint64_t MappingSet::covered_until(Range range) const {
    std::uint64_t position = range.begin;
    while (position < range.end) {
        const Mapping* mapping = find(position);
        if (mapping == nullptr) break;
        position = mapping->end;
    }
    return std::min(position, range.end);
}

std::vector<Mapping> MappingSet::pieces(Range range) const {
    std::vector<Mapping> result;
    const Mapping* first = find_or_next(range.begin);
    if (first == nullptr) return result;
    for (auto it = by_begin_.find(first->begin); it != by_begin_.end() && it->first < range.end; ++it) {
        result.push_back(clipped(it->second, range.begin, range.end));
    }
    return result;
}

std::vector<MappingSet::Range> MappingSet::holes(Range range) const {
    std::vector<Range> result;
    std::uint64_t position = range.begin;
    for (const Mapping& piece : pieces(range)) {
        if (piece.begin > position) result.push_back({.begin = position, .end = piece.begin});
        position = piece.end;
    }
    if (position < range.end) result.push_back({.begin = position, .end = range.end});
    return result;
}

void MappingSet::insert(Mapping mapping) {
    LXR_CHECK(mapping.begin < mapping.end && is_free({.begin = mapping.begin, .end = mapping.end}));
    const Range range{.begin = mapping.begin, .end = mapping.end};
    by_begin_.emplace(mapping.begin, std::move(mapping));
    merge_around(range);
}

void MappingSet::erase(Range range) {
    split_at(range.begin);
    split_at(range.end);
    const auto last = by_begin_.lower_bound(range.end);
    by_begin_.erase(by_begin_.lower_bound(range.begin), last);
    const std::uint64_t hole_end = last == by_begin_.end() ? search_.high : last->first;
    search_.cursor = std::clamp(hole_end, search_.cursor, std::max(search_.cursor, search_.high));
}

void MappingSet::set_protection(Range range, int protection) {
    split_at(range.begin);
    split_at(range.end);
    for (auto it = by_begin_.lower_bound(range.begin); it != by_begin_.end() && it->first < range.end; ++it) {
        it->second.protection = protection;
    }
    merge_around(range);
}

void MappingSet::split_at(std::uint64_t address) {
    const auto position = by_begin_.lower_bound(address);
    if (position == by_begin_.begin()) return;
    Mapping& low = std::prev(position)->second;
    if (low.end <= address) return;
    by_begin_.emplace_hint(position, address, clipped(low, address, low.end));
    low.end = address;
}

MappingSet::Map::iterator MappingSet::merge_with_next(Map::iterator position) {
    const auto next = std::next(position);
    if (next == by_begin_.end() || !continues(position->second, next->second)) return next;
    position->second.end = next->second.end;
    by_begin_.erase(next);
    return position;
}

void MappingSet::merge_around(Range range) {
    auto position = by_begin_.lower_bound(range.begin);
    if (position != by_begin_.begin()) --position;
    while (position != by_begin_.end() && position->first < range.end) position = merge_with_next(position);
}

std::optional<std::uint64_t> MappingSet::highest_room(std::uint64_t size_bytes, std::uint64_t alignment, Range limits) {
    const bool search_is_known = search_.high == limits.end && size_bytes > search_.largest_skipped;
    if (!search_is_known) search_ = {.high = limits.end, .cursor = limits.end, .largest_skipped = 0};

    auto above = by_begin_.lower_bound(search_.cursor);
    std::uint64_t room_end =
        above == by_begin_.end() ? search_.cursor : std::min(search_.cursor, room_end_below(above->second));
    for (;;) {
        const bool lowest = above == by_begin_.begin();
        const std::uint64_t room_begin = std::max(limits.begin, lowest ? 0 : std::prev(above)->second.end);
        if (room_end > room_begin) {
            const std::uint64_t room = room_end - room_begin;
            const std::uint64_t place = room >= size_bytes ? (room_end - size_bytes) & ~(alignment - 1) : 0;
            if (place >= room_begin && place != 0) return place;
            search_.largest_skipped = std::max(search_.largest_skipped, room);
        }
        if (lowest || std::prev(above)->second.begin <= limits.begin) return std::nullopt;
        --above;
        search_.cursor = above->first;
        room_end = std::min(limits.end, room_end_below(above->second));
    }
}

std::optional<std::uint64_t> MappingSet::lowest_room(std::uint64_t size_bytes, std::uint64_t alignment, Range limits) const {
    std::uint64_t place = limits.begin;
    for (;;) {
        place = (place + alignment - 1) & ~(alignment - 1);
        if (place > limits.end || limits.end - place < size_bytes) return std::nullopt;
        const Mapping* next = find_or_next(place);
        if (next == nullptr || (next->begin > place && room_end_below(*next) >= place + size_bytes)) return place;
        place = next->end;
    }
}

}  // namespace lxr
