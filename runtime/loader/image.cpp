// As Linux fs/binfmt_elf.c, elf_load: reserve the whole image, map each segment over it, give back the holes.
#include "runtime/loader/image.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "runtime/guest_memory.h"

namespace lxr {

namespace {

constexpr int reservation_flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

class ImageMapper {
public:
    ImageMapper(AddressSpace& memory, const ElfToLoad& file) : memory_(memory), file_(file), elf_(file.elf) {}

    LoadResult<LoadedImage> run(std::optional<std::uint64_t> base) {
        const auto begin = reserve(base);
        if (!begin) return std::unexpected(begin.error());
        bias_ = begin->value() - elf_.lowest_page();
        for (const ElfSegment& segment : elf_.segments) {
            if (const auto mapped = map_segment(segment); !mapped) return std::unexpected(failure(mapped.error()));
        }
        give_back_holes();
        return LoadedImage{.bias = bias_,
                           .begin = *begin,
                           .end = GuestAddress(page_ceil(bias_ + elf_.end())),
                           .entry = GuestAddress(bias_ + elf_.entry),
                           .program_headers = GuestAddress(bias_ + elf_.program_headers_address)};
    }

private:
    [[nodiscard]] std::uint64_t size_bytes() const { return page_ceil(elf_.end()) - elf_.lowest_page(); }

    [[nodiscard]] LoadFailure failure(Errno reason) const {
        LoadFailure result{.kind = LoadFailureKind::mapping_failed, .file = file_.path, .detail = std::strerror(reason.value)};
        result.system_errno = reason.value;
        return result;
    }

    LoadResult<GuestAddress> reserve(std::optional<std::uint64_t> base) {
        if (elf_.position_independent && !base) return reserve_anywhere();
        const std::uint64_t wanted = elf_.position_independent ? *base & ~(elf_.alignment() - 1) : 0;
        const GuestAddress begin(wanted + elf_.lowest_page());
        if (!memory_.in_window(begin, size_bytes())) return std::unexpected(out_of_window());
        const auto reserved = memory_.map(begin, size_bytes(), PROT_NONE, reservation_flags | MAP_FIXED_NOREPLACE, -1, 0);
        if (!reserved) return std::unexpected(failure(reserved.error()));
        return *reserved;
    }

    LoadResult<GuestAddress> reserve_anywhere() {
        const std::uint64_t alignment = elf_.alignment();
        const std::uint64_t slack = alignment - page_size_bytes;
        const auto reserved = memory_.map({}, size_bytes() + slack, PROT_NONE, reservation_flags, -1, 0);
        if (!reserved) return std::unexpected(failure(reserved.error()));
        // The bias, not the first address, is what must be aligned.
        const std::uint64_t lowest_bias = reserved->value() - elf_.lowest_page();
        const GuestAddress begin = *reserved + (((lowest_bias + alignment - 1) & ~(alignment - 1)) - lowest_bias);
        unmap(reserved->value(), begin.value());
        unmap(begin.value() + size_bytes(), reserved->value() + size_bytes() + slack);
        return begin;
    }

    [[nodiscard]] LoadFailure out_of_window() const {
        const auto outside = [&](const ElfSegment& segment) {
            return !memory_.in_window(GuestAddress(segment.address), segment.memory_size_bytes);
        };
        const auto culprit = std::ranges::find_if(elf_.segments, outside) - elf_.segments.begin();
        return {.kind = LoadFailureKind::segment_out_of_window, .file = file_.path, .detail = std::to_string(culprit)};
    }

    Result<void> map_segment(const ElfSegment& segment) {
        const std::uint64_t begin = bias_ + page_floor(segment.address);
        const std::uint64_t file_end = bias_ + segment.address + segment.file_size_bytes;
        const std::uint64_t end = page_ceil(bias_ + segment.address + segment.memory_size_bytes);
        const bool of_file = segment.file_size_bytes != 0;
        if (of_file) {
            const auto mapped = memory_.map(GuestAddress(begin), file_end - begin, segment.protection, MAP_PRIVATE | MAP_FIXED,
                                            file_.file.get(), page_floor(segment.offset));
            if (!mapped) return std::unexpected(mapped.error());
        }
        const bool has_tail = segment.memory_size_bytes > segment.file_size_bytes;
        if (of_file && has_tail && (segment.protection & PROT_WRITE) != 0) {
            if (!clear_to_page_end(file_end)) return error(EFAULT);
        }
        const std::uint64_t zero_begin = of_file ? page_ceil(file_end) : begin;
        if (zero_begin >= end) return {};
        const int protection = PROT_READ | PROT_WRITE | (segment.protection & PROT_EXEC);
        const auto mapped =
            memory_.map(GuestAddress(zero_begin), end - zero_begin, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        return mapped ? Result<void>() : std::unexpected(mapped.error());
    }

    static bool clear_to_page_end(std::uint64_t begin) {
        static constexpr std::array<std::byte, page_size_bytes> zeros{};
        return copy_to_guest(GuestAddress(begin), zeros.data(), page_ceil(begin) - begin);
    }

    void give_back_holes() {
        std::vector<ElfSegment> segments = elf_.segments;
        std::ranges::sort(segments, {}, &ElfSegment::address);
        std::uint64_t mapped_until = bias_ + elf_.lowest_page();
        for (const ElfSegment& segment : segments) {
            unmap(mapped_until, bias_ + page_floor(segment.address));
            mapped_until = std::max(mapped_until, page_ceil(bias_ + segment.address + segment.memory_size_bytes));
        }
    }

    void unmap(std::uint64_t begin, std::uint64_t end) {
        if (begin < end) (void)memory_.unmap(GuestAddress(begin), end - begin);
    }

    AddressSpace& memory_;
    const ElfToLoad& file_;
    const ElfFile& elf_;
    std::uint64_t bias_ = 0;
};

}  // namespace

LoadResult<LoadedImage> map_image(AddressSpace& memory, const ElfToLoad& file, std::optional<std::uint64_t> base) {
    return ImageMapper(memory, file).run(base);
}

}  // namespace lxr
