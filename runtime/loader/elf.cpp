// The ELF header, the program headers and the interpreter's path. Nothing here trusts a number of the file.
#include "runtime/loader/elf.h"

#include <elf.h>
#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstring>
#include <utility>

#include "lifter/support/address.h"

namespace lxr {

namespace {

struct MachineName {
    std::uint16_t number;
    const char* name;
};

constexpr std::array machine_names = {
    MachineName{EM_386, "i386"},    MachineName{EM_X86_64, "x86-64"},       MachineName{EM_AARCH64, "AArch64"},
    MachineName{EM_ARM, "ARM"},     MachineName{EM_RISCV, "RISC-V"},        MachineName{EM_PPC64, "PowerPC 64"},
    MachineName{EM_PPC, "PowerPC"}, MachineName{EM_S390, "s390"},           MachineName{EM_MIPS, "MIPS"},
    MachineName{EM_SPARC, "SPARC"}, MachineName{EM_SPARCV9, "SPARC 64"},    MachineName{EM_IA_64, "Itanium"},
    MachineName{EM_68K, "m68k"},    MachineName{EM_SH, "SuperH"},           MachineName{EM_PARISC, "PA-RISC"},
    MachineName{EM_ALPHA, "Alpha"}, MachineName{EM_LOONGARCH, "LoongArch"},
};

std::string machine_name(std::uint16_t number) {
    const auto* found = std::ranges::find(machine_names, number, &MachineName::number);
    return found == machine_names.end() ? fmt::format("machine number {}", number) : found->name;
}

int protection_of(std::uint32_t segment_flags) {
    return ((segment_flags & PF_R) != 0 ? PROT_READ : 0) | ((segment_flags & PF_W) != 0 ? PROT_WRITE : 0) |
           ((segment_flags & PF_X) != 0 ? PROT_EXEC : 0);
}

bool is_within(std::uint64_t whole_bytes, std::uint64_t offset, std::uint64_t size_bytes) {
    return offset <= whole_bytes && size_bytes <= whole_bytes - offset;
}

/// One file being read; each step gives the failure that ends it, or nothing.
class ElfReader {
public:
    ElfReader(const std::string& name, const ByteSource& source) : name_(name), source_(source) {}

    LoadResult<ElfFile> read() {
        for (const auto step : {&ElfReader::read_header, &ElfReader::check_type, &ElfReader::read_program_headers,
                                &ElfReader::read_segments, &ElfReader::read_interpreter, &ElfReader::check_entry}) {
            if (auto failure = (this->*step)()) return std::unexpected(std::move(*failure));
        }
        return std::move(file_);
    }

private:
    using Failure = std::optional<LoadFailure>;

    [[nodiscard]] Failure fail(LoadFailureKind kind, std::string detail = {}) const {
        return LoadFailure{.kind = kind, .file = name_, .detail = std::move(detail)};
    }

    [[nodiscard]] bool within_file(std::uint64_t offset, std::uint64_t size_bytes) const {
        return is_within(source_.size_bytes, offset, size_bytes);
    }

    /// @param destination  a contiguous range of anything trivial.
    bool read_at(std::uint64_t offset, auto&& destination) {
        const auto bytes = std::as_writable_bytes(std::span(destination));
        return within_file(offset, bytes.size()) && source_.read(offset, bytes);
    }

    Failure read_header() {
        std::array<unsigned char, SELFMAG> magic{};
        if (source_.size_bytes == 0) return fail(LoadFailureKind::empty);
        if (!read_at(0, magic) || std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0) {
            return fail(LoadFailureKind::not_a_program);
        }
        if (!read_at(0, std::span(&header_, 1))) return fail(LoadFailureKind::truncated_header);
        return {};
    }

    Failure check_type() {
        const bool big_endian = header_.e_ident[EI_DATA] == ELFDATA2MSB;
        const std::string machine = machine_name(big_endian ? std::byteswap(header_.e_machine) : header_.e_machine);
        if (big_endian) return fail(LoadFailureKind::wrong_byte_order, machine);
        if (header_.e_ident[EI_CLASS] == ELFCLASS32) return fail(LoadFailureKind::wrong_class, machine);
        if (header_.e_machine != EM_X86_64) return fail(LoadFailureKind::wrong_machine, machine);
        if (header_.e_type == ET_REL) return fail(LoadFailureKind::relocatable_object);
        if (header_.e_type == ET_CORE) return fail(LoadFailureKind::core_file);
        if (header_.e_type != ET_EXEC && header_.e_type != ET_DYN) {
            return fail(LoadFailureKind::wrong_type, fmt::format("{}", header_.e_type));
        }
        file_.position_independent = header_.e_type == ET_DYN;
        file_.entry = header_.e_entry;
        return {};
    }

    Failure read_program_headers() {
        constexpr std::size_t largest_size_bytes = 65536;  // as load_elf_phdrs
        if (header_.e_phentsize != sizeof(Elf64_Phdr)) {
            return fail(LoadFailureKind::bad_program_header_size, fmt::format("{}", header_.e_phentsize));
        }
        if (header_.e_phnum == 0 || header_.e_phnum * sizeof(Elf64_Phdr) > largest_size_bytes) {
            return fail(LoadFailureKind::bad_program_header_count, fmt::format("{}", header_.e_phnum));
        }
        program_headers_.resize(header_.e_phnum);
        if (!read_at(header_.e_phoff, program_headers_)) return fail(LoadFailureKind::program_headers_past_end);
        file_.program_header_count = header_.e_phnum;
        return {};
    }

    Failure read_segments() {
        for (std::size_t index = 0; index < program_headers_.size(); ++index) {
            const Elf64_Phdr& segment = program_headers_[index];
            if (segment.p_type == PT_GNU_STACK) file_.executable_stack = (segment.p_flags & PF_X) != 0;
            if (segment.p_type != PT_LOAD || segment.p_memsz == 0) continue;
            if (const auto wrong = check_segment(segment)) return fail(*wrong, fmt::format("{}", index));
            add_segment(segment);
        }
        if (file_.segments.empty()) return fail(LoadFailureKind::no_segments);
        return {};
    }

    [[nodiscard]] std::optional<LoadFailureKind> check_segment(const Elf64_Phdr& segment) const {
        constexpr std::uint64_t address_limit = 1ULL << 47;
        if (segment.p_filesz > segment.p_memsz) return LoadFailureKind::bad_segment;
        if (segment.p_vaddr > address_limit || segment.p_memsz > address_limit - segment.p_vaddr) {
            return LoadFailureKind::segment_out_of_window;
        }
        if (segment.p_filesz == 0) return std::nullopt;
        if ((segment.p_offset - segment.p_vaddr) % page_size_bytes != 0) return LoadFailureKind::bad_segment;
        // The rest of a file's last page can be mapped: the smallest programs count on it.
        const std::uint64_t mappable = page_ceil(source_.size_bytes);
        if (!is_within(mappable, segment.p_offset, segment.p_filesz)) return LoadFailureKind::segment_past_end;
        return std::nullopt;
    }

    void add_segment(const Elf64_Phdr& segment) {
        if (segment.p_offset <= header_.e_phoff && header_.e_phoff - segment.p_offset < segment.p_filesz) {
            file_.program_headers_address = segment.p_vaddr + (header_.e_phoff - segment.p_offset);
        }
        file_.segments.push_back({.offset = segment.p_offset,
                                  .address = segment.p_vaddr,
                                  .file_size_bytes = segment.p_filesz,
                                  .memory_size_bytes = segment.p_memsz,
                                  .alignment = std::has_single_bit(segment.p_align) ? segment.p_align : 1,
                                  .protection = protection_of(segment.p_flags)});
    }

    Failure read_interpreter() {
        const auto found = std::ranges::find(program_headers_, static_cast<Elf64_Word>(PT_INTERP), &Elf64_Phdr::p_type);
        if (found == program_headers_.end()) return {};
        if (found->p_filesz < 2 || found->p_filesz > PATH_MAX) return fail(LoadFailureKind::bad_interpreter_header);
        std::string path(found->p_filesz, '\0');
        if (!read_at(found->p_offset, path) || path.back() != '\0') {
            return fail(LoadFailureKind::bad_interpreter_header);
        }
        file_.interpreter = path.c_str();  // up to the first NUL, as the kernel takes it
        return {};
    }

    Failure check_entry() {
        const bool is_library = file_.position_independent && !file_.interpreter && file_.entry == 0;
        return is_library ? fail(LoadFailureKind::shared_library) : Failure();
    }

    const std::string& name_;
    const ByteSource& source_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Phdr> program_headers_;
    ElfFile file_;
};

std::uint64_t end_of(const ElfSegment& segment) {
    return segment.address + segment.memory_size_bytes;
}

}  // namespace

std::uint64_t ElfFile::lowest_page() const {
    return page_floor(std::ranges::min_element(segments, {}, &ElfSegment::address)->address);
}

std::uint64_t ElfFile::end() const {
    return end_of(*std::ranges::max_element(segments, {}, end_of));
}

std::uint64_t ElfFile::alignment() const {
    return std::max(page_size_bytes, std::ranges::max_element(segments, {}, &ElfSegment::alignment)->alignment);
}

LoadResult<ElfFile> read_elf(const std::string& name, const ByteSource& source) {
    return ElfReader(name, source).read();
}

}  // namespace lxr
