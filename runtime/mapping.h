// One mapping of the guest's address space, and the ordered set of all of them: pure bookkeeping, no system call. Owned by
// AddressSpace.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lxr {

/// One mapping, as a line of /proc/PID/maps.
struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    int protection = 0;            // PROT_*, as the guest asked; the host mapping never has PROT_EXEC
    int flags = 0;                 // MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS, MAP_GROWSDOWN as given
    bool file_is_written = false;  // it was mapped by a descriptor that is open for writing, so its file may change
    std::uint64_t file_offset = 0;
    std::string name;  // path of the file, "[heap]", "[stack]", "[vdso]" or empty

    [[nodiscard]] bool grows_down() const { return (flags & MAP_GROWSDOWN) != 0; }
    [[nodiscard]] bool executable() const { return (protection & PROT_EXEC) != 0; }
    /// True if its contents can change without a store through this mapping.
    [[nodiscard]] bool changes_elsewhere() const { return (flags & MAP_TYPE) != MAP_PRIVATE || file_is_written; }
    [[nodiscard]] std::uint64_t size_bytes() const { return end - begin; }
};

/// Non-overlapping mappings in ascending order. Neighbours that a kernel would show as one are merged. Not thread-safe.
/// All addresses are multiples of the page size.
class MappingSet {
public:
    /// A range of addresses, end exclusive.
    struct Range {
        std::uint64_t begin;
        std::uint64_t end;
    };

    /// The mapping that contains `address`, or null. Pointers live until the next change.
    [[nodiscard]] const Mapping* find(std::uint64_t address) const;
    /// The lowest mapping that ends above `address`, or null: the one that contains it, or the next one up.
    [[nodiscard]] const Mapping* find_or_next(std::uint64_t address) const;
    /// The highest mapping that begins below `address`, or null.
    [[nodiscard]] const Mapping* find_below(std::uint64_t address) const;

    [[nodiscard]] bool is_free(Range range) const;
    /// Where the unbroken run of mappings from `range.begin` on ends; at most range.end.
    [[nodiscard]] std::uint64_t covered_until(Range range) const;
    /// Copies of the mappings in the range, clipped to it.
    [[nodiscard]] std::vector<Mapping> pieces(Range range) const;
    /// The parts of the range where no mapping is.
    [[nodiscard]] std::vector<Range> holes(Range range) const;

    /// Adds a mapping where none is.
    void insert(Mapping mapping);
    void erase(Range range);
    void set_protection(Range range, int protection);

    /// The highest place for `size_bytes` within `limits`, as the kernel's top-down search; keeps clear of what may grow.
    [[nodiscard]] std::optional<std::uint64_t> highest_room(std::uint64_t size_bytes, std::uint64_t alignment, Range limits);
    /// The lowest place, as the kernel's bottom-up search.
    [[nodiscard]] std::optional<std::uint64_t> lowest_room(std::uint64_t size_bytes, std::uint64_t alignment,
                                                           Range limits) const;
    /// Whether `range` is free and keeps clear of what may grow down from above it.
    [[nodiscard]] bool has_room(Range range) const;

    [[nodiscard]] auto begin() const { return by_begin_.begin(); }
    [[nodiscard]] auto end() const { return by_begin_.end(); }

private:
    using Map = std::map<std::uint64_t, Mapping>;

    /// What the last top-down search learnt: no hole in [cursor, high) is larger than `largest_skipped`.
    struct SearchMemory {
        std::uint64_t high = 0;
        std::uint64_t cursor = 0;
        std::uint64_t largest_skipped = 0;
    };

    void split_at(std::uint64_t address);
    Map::iterator merge_with_next(Map::iterator position);
    void merge_around(Range range);

    Map by_begin_;
    SearchMemory search_;
};

}  // namespace lxr
