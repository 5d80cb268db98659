// What of an ELF file the loader needs, read with every bound checked. Sources: elf(5); Linux fs/binfmt_elf.c, load_elf_binary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/loader/load_failure.h"

namespace lxr {

/// The bytes of a file, wherever they are.
struct ByteSource {
    std::uint64_t size_bytes = 0;
    /// Fills the whole span from the offset on. @return false if that is not possible.
    std::function<bool(std::uint64_t offset, std::span<std::byte> destination)> read;
};

/// A PT_LOAD program header with memory_size_bytes > 0.
struct ElfSegment {
    std::uint64_t offset;  // congruent to `address` modulo the page size
    std::uint64_t address;
    std::uint64_t file_size_bytes;  // at most memory_size_bytes
    std::uint64_t memory_size_bytes;
    std::uint64_t alignment;
    int protection;  // PROT_*
};

/// No address in it is biased yet, and no sum of an address and its size overflows.
struct ElfFile {
    bool position_independent = false;  // ET_DYN
    std::uint64_t entry = 0;
    /// Where the program headers are in memory; 0 if no segment holds them.
    std::uint64_t program_headers_address = 0;
    std::uint16_t program_header_count = 0;
    std::vector<ElfSegment> segments;  // never empty
    std::optional<std::string> interpreter;
    /// PT_GNU_STACK asks for an executable stack.
    bool executable_stack = false;

    [[nodiscard]] std::uint64_t lowest_page() const;
    [[nodiscard]] std::uint64_t end() const;        // of the highest segment, not rounded
    [[nodiscard]] std::uint64_t alignment() const;  // the largest one that a segment asks for, at least a page
};

/// Reads headers only. @param name  for the failure, whose role and wanted_by are the caller's to fill in.
LoadResult<ElfFile> read_elf(const std::string& name, const ByteSource& source);

}  // namespace lxr
