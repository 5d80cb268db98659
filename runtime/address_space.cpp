// mmap, munmap, mprotect and brk of the guest, on the host's memory. The rest of the class: address_space_moves.cpp (mremap and
// System V shared memory), address_space_code.cpp (what the engine may execute).
#include "runtime/address_space.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "runtime/host_mapping.h"
#include "runtime/syscall/syscall.h"

#ifndef MAP_ABOVE4G
#define MAP_ABOVE4G 0x80  // arch/x86/include/uapi/asm/mman.h; newer than our libc's headers
#endif

namespace lxr {

namespace {

constexpr std::uint64_t huge_page_size_bytes = 2 << 20;
/// Where MAP_32BIT looks (arch/x86/kernel/sys_x86_64.c, find_start_end).
constexpr std::uint64_t low_area_begin = 0x4000'0000;
constexpr std::uint64_t low_area_end = 0x8000'0000;
/// Places tried where the host turns out to have something of its own.
constexpr int placement_attempts = 64;

std::string path_of(int descriptor) {
    std::array<char, 4096> path;
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const std::int64_t length = host_syscall(SYS_readlink, reinterpret_cast<std::uint64_t>(link.c_str()),
                                             reinterpret_cast<std::uint64_t>(path.data()), path.size());
    return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

/// The host would refuse PROT_EXEC there, but is never asked for it (mmap(2), EPERM).
bool on_noexec_mount(int descriptor) {
    struct statfs status{};
    return host_syscall(SYS_fstatfs, static_cast<std::uint64_t>(descriptor), reinterpret_cast<std::uint64_t>(&status)) == 0 &&
           (status.f_flags & ST_NOEXEC) != 0;
}

/// Private pages of a file are the file's until they are written: whoever writes to the file changes them.
bool is_open_for_writing(int descriptor) {
    const std::int64_t flags = host_syscall(SYS_fcntl, static_cast<std::uint64_t>(descriptor), F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

std::uint64_t alignment_of(int flags, std::uint64_t size_bytes) {
    if ((flags & MAP_HUGETLB) != 0) {
        const int shift = (flags >> MAP_HUGE_SHIFT) & MAP_HUGE_MASK;
        return shift == 0 ? huge_page_size_bytes : 1ULL << shift;
    }
    // Large anonymous memory lies so that the kernel can give it huge pages (mm/huge_memory.c, thp_get_unmapped_area).
    const bool wants_huge_pages = (flags & MAP_ANONYMOUS) != 0 && size_bytes % huge_page_size_bytes == 0;
    return wants_huge_pages ? huge_page_size_bytes : page_size_bytes;
}

}  // namespace

AddressSpace::AddressSpace(GuestWindow window, InvalidateCallback invalidate)
    : window_(window), invalidate_(std::move(invalidate)), placement_top_(window.end) {}

void AddressSpace::set_placement_top(GuestAddress top) {
    placement_top_ = std::min(top.value(), window_.end);
}

bool AddressSpace::in_window(GuestAddress begin, std::uint64_t size_bytes) const {
    return size_bytes <= window_.end && begin.value() <= window_.end - size_bytes;
}

void AddressSpace::forget_code(Range range) {
    for (const Mapping& piece : mappings_.pieces(range)) {
        if (piece.executable()) invalidate_(GuestAddress(piece.begin), piece.size_bytes());
    }
}

void AddressSpace::contents_changed(GuestAddress begin, std::uint64_t size_bytes) {
    const std::lock_guard lock(mutex_);
    forget_code({.begin = page_floor(begin.value()), .end = page_ceil(begin.value() + size_bytes)});
}

void AddressSpace::replace(Mapping mapping) {
    const Range range{.begin = mapping.begin, .end = mapping.end};
    forget_code(range);
    forget_code_pages(range);
    mappings_.erase(range);
    mappings_.insert(std::move(mapping));
}

Result<GuestAddress> AddressSpace::map(GuestAddress hint, std::uint64_t size_bytes, int protection, int flags, int descriptor,
                                       std::uint64_t offset, std::string name) {
    if (size_bytes == 0 || offset % page_size_bytes != 0) return error(EINVAL);
    const bool huge = (flags & MAP_HUGETLB) != 0 && (flags & MAP_ANONYMOUS) != 0;
    const std::uint64_t unit = huge ? alignment_of(flags, size_bytes) : page_size_bytes;
    const std::uint64_t size = (size_bytes + unit - 1) & ~(unit - 1);
    if (size == 0 || size > window_.end) return error(ENOMEM);
    const bool of_file = (flags & MAP_ANONYMOUS) == 0;
    if (of_file && (protection & PROT_EXEC) != 0 && on_noexec_mount(descriptor)) return error(EPERM);

    const MapRequest request{.hint = hint.value(),
                             .size_bytes = size,
                             .protection = protection,
                             .flags = flags,
                             .descriptor = descriptor,
                             .offset = offset};
    const std::lock_guard lock(mutex_);
    const bool fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
    const auto begin = fixed ? map_fixed(request) : map_anywhere(request);
    if (!begin) return std::unexpected(begin.error());

    constexpr int kept_flags = MAP_TYPE | MAP_ANONYMOUS | MAP_GROWSDOWN;
    replace({.begin = *begin,
             .end = *begin + size,
             .protection = protection & (PROT_READ | PROT_WRITE | PROT_EXEC),
             .flags = flags & kept_flags,
             .file_is_written = of_file && is_open_for_writing(descriptor),
             .file_offset = of_file ? offset : 0,
             .name = of_file && name.empty() ? path_of(descriptor) : std::move(name)});
    return GuestAddress(*begin);
}

Result<std::uint64_t> AddressSpace::map_on_host(const MapRequest& request, std::uint64_t begin, int placement_flag) {
    // The kernel checks the flags of MAP_SHARED_VALIDATE against a list that lacks MAP_FIXED_NOREPLACE.
    if ((request.flags & MAP_TYPE) == MAP_SHARED_VALIDATE) placement_flag = MAP_FIXED;
    constexpr int placement_flags = MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT | MAP_ABOVE4G;
    const int flags = (request.flags & ~placement_flags) | placement_flag;
    const std::int64_t result =
        host_syscall(SYS_mmap, begin, request.size_bytes, static_cast<std::uint64_t>(host_protection(request.protection)),
                     static_cast<std::uint64_t>(flags), static_cast<std::uint64_t>(request.descriptor), request.offset);
    if (result < 0) return error(static_cast<int>(-result));
    return begin;
}

Result<std::uint64_t> AddressSpace::map_fixed(const MapRequest& request) {
    if (!in_window(GuestAddress(request.hint), request.size_bytes)) return error(ENOMEM);
    if (request.hint % page_size_bytes != 0) return error(EINVAL);
    const Range range{.begin = request.hint, .end = request.hint + request.size_bytes};
    refresh_grown(range);
    if (mappings_.is_free(range)) return map_on_host(request, range.begin, MAP_FIXED_NOREPLACE);
    if ((request.flags & MAP_FIXED_NOREPLACE) != 0) return error(EEXIST);
    if (const auto claimed = claim_holes(range); !claimed) return std::unexpected(claimed.error());
    const auto begin = map_on_host(request, range.begin, MAP_FIXED);
    if (!begin) {
        for (const Range& hole : mappings_.holes(range)) host_syscall(SYS_munmap, hole.begin, hole.end - hole.begin);
    }
    return begin;
}

/// Makes sure that MAP_FIXED will replace nothing but the guest's own.
Result<void> AddressSpace::claim_holes(Range range) {
    for (const Range& hole : mappings_.holes(range)) {
        const MapRequest claim{.hint = hole.begin,
                               .size_bytes = hole.end - hole.begin,
                               .protection = PROT_NONE,
                               .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                               .descriptor = -1,
                               .offset = 0};
        if (const auto begin = map_on_host(claim, hole.begin, MAP_FIXED_NOREPLACE); !begin) {
            return error(begin.error().value == EEXIST ? ENOMEM : begin.error().value);
        }
    }
    return {};
}

Result<std::uint64_t> AddressSpace::map_anywhere(const MapRequest& request) {
    std::uint64_t below = placement_top_;
    for (int attempt = 0; attempt < placement_attempts; ++attempt) {
        const auto place = choose_place(request, below);
        if (!place) break;
        const auto begin = map_on_host(request, *place, MAP_FIXED_NOREPLACE);
        if (begin || begin.error().value != EEXIST) return begin;
        below = *place;
    }
    return error(ENOMEM);
}

/// As arch/x86/kernel/sys_x86_64.c, arch_get_unmapped_area_topdown.
std::optional<std::uint64_t> AddressSpace::choose_place(const MapRequest& request, std::uint64_t below) {
    const bool first_attempt = below == placement_top_;
    const std::uint64_t alignment = alignment_of(request.flags, request.size_bytes);
    const bool low_area = (request.flags & MAP_32BIT) != 0;
    const std::uint64_t area_end = low_area ? low_area_end : window_.end;
    if (first_attempt && page_floor(request.hint) != 0) {
        const std::uint64_t hint = std::max(page_floor(request.hint), page_ceil(window_.begin));
        const bool inside = request.size_bytes <= area_end && hint <= area_end - request.size_bytes;
        const bool aligned = (request.flags & MAP_HUGETLB) == 0 || hint % alignment == 0;
        if (inside && aligned && mappings_.has_room({.begin = hint, .end = hint + request.size_bytes})) return hint;
    }
    if (low_area) {
        // From below, so the next attempt begins behind the place that failed.
        const std::uint64_t from = first_attempt ? low_area_begin : below + page_size_bytes;
        return mappings_.lowest_room(request.size_bytes, page_size_bytes, {.begin = from, .end = low_area_end});
    }
    const std::uint64_t bottom = (request.flags & MAP_ABOVE4G) != 0 ? 1ULL << 32 : page_ceil(window_.begin);
    if (const auto place = mappings_.highest_room(request.size_bytes, alignment, {.begin = bottom, .end = below})) return place;
    if (const auto place = mappings_.highest_room(request.size_bytes, page_size_bytes, {.begin = bottom, .end = below}))
        return place;
    return mappings_.lowest_room(request.size_bytes, page_size_bytes, {.begin = below, .end = window_.end});
}

Result<void> AddressSpace::unmap(GuestAddress begin, std::uint64_t size_bytes) {
    if (begin.value() % page_size_bytes != 0 || size_bytes == 0 || !in_window(begin, size_bytes)) return error(EINVAL);
    const Range range{.begin = begin.value(), .end = begin.value() + page_ceil(size_bytes)};
    const std::lock_guard lock(mutex_);
    refresh_grown(range);
    for (std::uint64_t position = range.begin; position < range.end;) {
        const Mapping* next = mappings_.find_or_next(position);
        if (next == nullptr || next->begin >= range.end) break;
        const std::uint64_t run_begin = std::max(position, next->begin);
        position = mappings_.covered_until({.begin = run_begin, .end = range.end});
        const std::int64_t result = host_syscall(SYS_munmap, run_begin, position - run_begin);
        if (result < 0) return error(static_cast<int>(-result));
        forget_code({.begin = run_begin, .end = position});
        forget_code_pages({.begin = run_begin, .end = position});
        mappings_.erase({.begin = run_begin, .end = position});
    }
    return {};
}

Result<void> AddressSpace::protect(GuestAddress begin, std::uint64_t size_bytes, int protection, int protection_key) {
    const int growth = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
    if (growth == (PROT_GROWSDOWN | PROT_GROWSUP) || begin.value() % page_size_bytes != 0) return error(EINVAL);
    if (size_bytes == 0) return {};
    Range range{.begin = begin.value(), .end = begin.value() + page_ceil(size_bytes)};
    if (range.end <= range.begin) return error(ENOMEM);

    const std::lock_guard lock(mutex_);
    refresh_grown(range);
    if (growth == PROT_GROWSUP) return error(EINVAL);  // nothing grows up on x86-64
    if (growth == PROT_GROWSDOWN) {
        const Mapping* stack = mappings_.find_or_next(range.begin);
        if (stack == nullptr || stack->begin >= range.end) return error(ENOMEM);
        if (!stack->grows_down()) return error(EINVAL);
        range.begin = stack->begin;
    }
    const int rights = protection & ~(PROT_GROWSDOWN | PROT_GROWSUP);
    // One mapping after the other, as the kernel does: what precedes the first failure is changed.
    for (const Mapping& piece : mappings_.pieces(range)) {
        if (piece.begin != range.begin) return error(ENOMEM);
        // pkey_mprotect only where a key is given: not every host has it.
        const bool keyed = protection_key != -1;
        const std::int64_t result =
            host_syscall(keyed ? SYS_pkey_mprotect : SYS_mprotect, piece.begin, piece.size_bytes(),
                         static_cast<std::uint64_t>(host_protection(rights)), static_cast<std::uint64_t>(protection_key));
        if (result < 0) return error(static_cast<int>(-result));
        forget_code({.begin = piece.begin, .end = piece.end});
        forget_code_pages({.begin = piece.begin, .end = piece.end});
        mappings_.set_protection({.begin = piece.begin, .end = piece.end}, rights & (PROT_READ | PROT_WRITE | PROT_EXEC));
        range.begin = piece.end;
    }
    if (range.begin != range.end) return error(ENOMEM);
    return {};
}

void AddressSpace::set_initial_break(GuestAddress begin) {
    initial_break_ = break_ = begin.value();
}

GuestAddress AddressSpace::set_break(GuestAddress wanted) {
    const std::lock_guard lock(mutex_);
    if (wanted.value() < initial_break_ || wanted.value() > window_.end) return GuestAddress(break_);
    const std::uint64_t old_end = page_ceil(break_);
    const std::uint64_t new_end = page_ceil(wanted.value());
    if (new_end < old_end && !unmap(GuestAddress(new_end), old_end - new_end)) return GuestAddress(break_);
    if (new_end > old_end) {
        // One page stays free above the heap (Linux mm/mmap.c, brk).
        if (!mappings_.has_room({.begin = old_end, .end = new_end + page_size_bytes})) return GuestAddress(break_);
        const auto mapped = map(GuestAddress(old_end), new_end - old_end, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0, "[heap]");
        if (!mapped) return GuestAddress(break_);
    }
    break_ = wanted.value();
    return wanted;
}

void AddressSpace::refresh_grown(Range range) const {
    for (std::uint64_t position = range.begin;;) {
        const Mapping* mapping = mappings_.find_or_next(position);
        if (mapping == nullptr) return;
        const Mapping* lower = mappings_.find_below(mapping->begin);
        const std::uint64_t floor = lower == nullptr ? 0 : lower->end;
        if (floor >= range.end) return;
        position = mapping->end;
        if (!mapping->grows_down() || floor == mapping->begin) continue;
        Mapping grown = *mapping;
        grown.begin = lowest_mapped_page(floor, mapping->begin);
        if (grown.begin == mapping->begin) continue;
        mappings_.erase({.begin = mapping->begin, .end = mapping->end});
        mappings_.insert(std::move(grown));
    }
}

std::optional<Mapping> AddressSpace::find(GuestAddress address) const {
    const std::lock_guard lock(mutex_);
    refresh_grown({.begin = address.value(), .end = address.value() + 1});
    const Mapping* mapping = mappings_.find(address.value());
    return mapping == nullptr ? std::nullopt : std::optional(*mapping);
}

void AddressSpace::for_each(const std::function<void(const Mapping&)>& visit) const {
    const std::lock_guard lock(mutex_);
    refresh_grown({.begin = 0, .end = window_.end});
    for (const auto& [begin, mapping] : mappings_) visit(mapping);
}

}  // namespace lxr
