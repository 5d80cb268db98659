// Maps the segments of one ELF file into the guest's memory.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/address_space.h"
#include "runtime/loader/program.h"

namespace lxr {

struct LoadedImage {
    std::uint64_t bias = 0;  // added to the addresses in the file
    GuestAddress begin;
    GuestAddress end;  // of the last segment, page-aligned
    GuestAddress entry;
    GuestAddress program_headers;  // `bias` if no segment holds them, as the kernel has it
};

/// @param base  where a position-independent image shall begin; nothing leaves it to the address space.
LoadResult<LoadedImage> map_image(AddressSpace& memory, const ElfToLoad& file, std::optional<std::uint64_t> base);

}  // namespace lxr
