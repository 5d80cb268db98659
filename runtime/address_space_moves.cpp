// mremap(2), shmat(2) and shmdt(2) of the guest: the kernel never chooses the place, AddressSpace does.
#include <fmt/core.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/address_space.h"
#include "runtime/host_mapping.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

Result<GuestAddress> AddressSpace::remap(GuestAddress old_begin, std::uint64_t old_size_bytes, std::uint64_t new_size_bytes,
                                         int flags, GuestAddress new_begin) {
    constexpr int known_flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    const bool may_move = (flags & MREMAP_MAYMOVE) != 0;
    const std::uint64_t new_size = page_ceil(new_size_bytes);
    if ((flags & ~known_flags) != 0 || old_begin.value() % page_size_bytes != 0 || new_size == 0) return error(EINVAL);
    if (new_size > window_.end) return error(EINVAL);
    if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0 && !may_move) return error(EINVAL);
    if (!in_window(old_begin, page_ceil(old_size_bytes))) return error(EFAULT);

    const std::lock_guard lock(mutex_);
    const Range old_range{.begin = old_begin.value(), .end = old_begin.value() + page_ceil(old_size_bytes)};
    stop_guarding(old_range);  // the kernel moves rights as they are, and not of many mappings at once
    const auto result = [&]() -> Result<std::uint64_t> {
        if ((flags & MREMAP_FIXED) != 0) {
            if (new_begin.value() % page_size_bytes != 0 || !in_window(new_begin, new_size)) return error(EINVAL);
            return remap_to(old_range, new_size, flags, new_begin.value());
        }
        const bool duplicates = old_range.begin == old_range.end || (flags & MREMAP_DONTUNMAP) != 0;
        return duplicates ? remap_anywhere(old_range, new_size, flags) : resize(old_range, new_size, flags);
    }();
    if (!result) return std::unexpected(result.error());
    return GuestAddress(*result);
}

/// Where it is if that works, else elsewhere if the guest allows it.
Result<std::uint64_t> AddressSpace::resize(Range old_range, std::uint64_t new_size_bytes, int flags) {
    const std::uint64_t new_end = old_range.begin + new_size_bytes;
    const bool grows = new_end > old_range.end;
    if (!grows || (in_window(GuestAddress(old_range.begin), new_size_bytes) &&
                   mappings_.is_free({.begin = old_range.end, .end = new_end}))) {
        const std::int64_t result =
            host_syscall(SYS_mremap, old_range.begin, old_range.end - old_range.begin, new_size_bytes, 0);
        if (result >= 0) {
            move_pieces(old_range, {.begin = old_range.begin, .end = new_end}, flags);
            return old_range.begin;
        }
        if (result != -ENOMEM) return error(static_cast<int>(-result));
    }
    if ((flags & MREMAP_MAYMOVE) == 0) return error(ENOMEM);
    return remap_anywhere(old_range, new_size_bytes, flags);
}

Result<std::uint64_t> AddressSpace::remap_anywhere(Range old_range, std::uint64_t new_size_bytes, int flags) {
    const Mapping* mapping = mappings_.find(old_range.begin);
    if (mapping == nullptr) return error(EFAULT);
    const MapRequest request{.hint = 0,
                             .size_bytes = new_size_bytes,
                             .protection = mapping->protection,
                             .flags = mapping->flags,
                             .descriptor = -1,
                             .offset = 0};
    const auto place = choose_place(request, placement_top_);
    if (!place) return error(ENOMEM);
    return remap_to(old_range, new_size_bytes, flags, *place);
}

Result<std::uint64_t> AddressSpace::remap_to(Range old_range, std::uint64_t new_size_bytes, int flags,
                                             std::uint64_t new_begin) {
    const Range new_range{.begin = new_begin, .end = new_begin + new_size_bytes};
    if (old_range.begin < new_range.end && new_range.begin < old_range.end) return error(EINVAL);
    if (mappings_.find(old_range.begin) == nullptr) return error(EFAULT);
    const std::int64_t result = host_syscall(SYS_mremap, old_range.begin, old_range.end - old_range.begin, new_size_bytes,
                                             static_cast<std::uint64_t>(flags | MREMAP_MAYMOVE | MREMAP_FIXED), new_begin);
    if (result < 0) return error(static_cast<int>(-result));
    move_pieces(old_range, new_range, flags);
    return new_begin;
}

/// Repeats in the map what the kernel has just done. The last mapping moved takes up the difference in size.
void AddressSpace::move_pieces(Range old_range, Range new_range, int flags) {
    const bool duplicates = old_range.begin == old_range.end;  // mremap(2), "If the value of old_size is zero"
    auto pieces =
        mappings_.pieces(duplicates ? Range{.begin = old_range.begin, .end = old_range.begin + page_size_bytes} : old_range);
    forget_code(old_range);
    forget_code(new_range);
    forget_code_pages(old_range);
    forget_code_pages(new_range);
    if (!duplicates && (flags & MREMAP_DONTUNMAP) == 0) mappings_.erase(old_range);
    mappings_.erase(new_range);
    for (Mapping& piece : pieces) {
        const bool last = &piece == &pieces.back();
        piece.end = last ? new_range.end : std::min(new_range.end, piece.end - old_range.begin + new_range.begin);
        piece.begin = piece.begin - old_range.begin + new_range.begin;
        if (piece.begin < piece.end) mappings_.insert(std::move(piece));
    }
}

Result<GuestAddress> AddressSpace::attach_shared_memory(int identifier, GuestAddress wanted, int flags) {
    struct shmid_ds segment{};
    const std::int64_t status =
        host_syscall(SYS_shmctl, static_cast<std::uint64_t>(identifier), IPC_STAT, reinterpret_cast<std::uint64_t>(&segment));
    if (status < 0) return error(static_cast<int>(-status));
    const std::uint64_t size = page_ceil(segment.shm_segsz);
    const bool replaces = (flags & SHM_REMAP) != 0;
    const std::uint64_t address = (flags & SHM_RND) != 0 ? page_floor(wanted.value()) : wanted.value();
    if (address % page_size_bytes != 0 || (address == 0 && replaces)) return error(EINVAL);
    if (address != 0 && !in_window(GuestAddress(address), size)) return error(EINVAL);

    const std::lock_guard lock(mutex_);
    const auto place = address != 0 ? std::optional(address)
                                    : mappings_.highest_room(size, page_size_bytes,
                                                             {.begin = page_ceil(window_.begin), .end = placement_top_});
    if (!place) return error(ENOMEM);
    const std::int64_t result =
        host_syscall(SYS_shmat, static_cast<std::uint64_t>(identifier), *place, static_cast<std::uint64_t>(flags & ~SHM_EXEC));
    if (result < 0) return error(static_cast<int>(-result));
    const int rights = PROT_READ | ((flags & SHM_RDONLY) != 0 ? 0 : PROT_WRITE) | ((flags & SHM_EXEC) != 0 ? PROT_EXEC : 0);
    replace({.begin = *place,
             .end = *place + size,
             .protection = rights,
             .flags = MAP_SHARED,
             .file_is_written = true,
             .file_offset = 0,
             .name = fmt::format("/SYSV{:08x} (deleted)", static_cast<std::uint32_t>(segment.shm_perm.__key))});
    return GuestAddress(*place);
}

Result<void> AddressSpace::detach_shared_memory(GuestAddress begin) {
    const std::lock_guard lock(mutex_);
    const Mapping* first = mappings_.find(begin.value());
    if (first == nullptr || first->begin != begin.value() || !first->name.starts_with("/SYSV")) return error(EINVAL);
    const std::int64_t result = host_syscall(SYS_shmdt, begin.value());
    if (result < 0) return error(static_cast<int>(-result));
    // mprotect may have split it; the pieces are known by name and offset.
    std::uint64_t end = first->end;
    for (const Mapping* next = mappings_.find(end); next != nullptr; next = mappings_.find(end)) {
        if (next->name != first->name || next->file_offset != next->begin - begin.value()) break;
        end = next->end;
    }
    forget_code({.begin = begin.value(), .end = end});
    forget_code_pages({.begin = begin.value(), .end = end});
    mappings_.erase({.begin = begin.value(), .end = end});
    return {};
}

}  // namespace lxr
