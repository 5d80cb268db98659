// The ELF reader: what it makes of a good file, of each kind of bad one, and of thousands of mutants.
#include "runtime/loader/elf.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>

#include "lifter/support/address.h"

namespace lxr {
namespace {

constexpr std::size_t data_offset = 0x1100;
constexpr std::size_t file_size = 0x1200;
constexpr std::string_view interpreter_path = "/lib64/ld-linux-x86-64.so.2";

/// A small dynamic program; tests change fields before it becomes bytes.
struct Sample {
    Elf64_Ehdr header{};
    std::array<Elf64_Phdr, 4> program_headers{};
    std::string interpreter{interpreter_path};

    Sample() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_type = ET_DYN;
        header.e_machine = EM_X86_64;
        header.e_entry = 0x1000;
        header.e_phoff = sizeof header;
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = program_headers.size();
        const std::uint64_t name_offset = sizeof header + sizeof program_headers;
        program_headers[0] = {PT_INTERP, PF_R, name_offset, name_offset, 0, interpreter.size() + 1, interpreter.size() + 1, 1};
        program_headers[1] = {PT_LOAD, PF_R | PF_X, 0, 0, 0, data_offset, data_offset, 0x1000};
        program_headers[2] = {PT_LOAD, PF_R | PF_W, data_offset, 0x2100, 0, 0x100, 0x5000, 0x1000};
        program_headers[3] = {PT_GNU_STACK, PF_R | PF_W | PF_X, 0, 0, 0, 0, 0, 16};
    }

    [[nodiscard]] std::vector<std::byte> bytes() const {
        std::vector<std::byte> result(file_size);
        std::memcpy(result.data(), &header, sizeof header);
        std::memcpy(result.data() + sizeof header, &program_headers, sizeof program_headers);
        std::memcpy(result.data() + sizeof header + sizeof program_headers, interpreter.c_str(), interpreter.size() + 1);
        return result;
    }
};

LoadResult<ElfFile> read(const std::vector<std::byte>& bytes) {
    const ByteSource source{.size_bytes = bytes.size(), .read = [&](std::uint64_t offset, std::span<std::byte> destination) {
                                EXPECT_LE(offset + destination.size(), bytes.size());
                                std::memcpy(destination.data(), bytes.data() + offset, destination.size());
                                return true;
                            }};
    return read_elf("sample", source);
}

TEST(Elf, ReadsAProgram) {
    const auto elf = read(Sample().bytes());
    ASSERT_TRUE(elf);
    EXPECT_TRUE(elf->position_independent);
    EXPECT_TRUE(elf->executable_stack);
    EXPECT_EQ(elf->interpreter, interpreter_path);
    EXPECT_EQ(elf->program_headers_address, sizeof(Elf64_Ehdr));
    ASSERT_EQ(elf->segments.size(), 2U);
    EXPECT_EQ(elf->segments[1].protection, PROT_READ | PROT_WRITE);
    EXPECT_EQ(elf->lowest_page(), 0U);
    EXPECT_EQ(elf->end(), 0x7100U);
    EXPECT_EQ(elf->alignment(), 0x1000U);
}

struct BadFile {
    const char* name;
    void (*damage)(Sample&);
    LoadFailureKind expected;
};

const BadFile bad_files[] = {
    {"class", [](Sample& s) { s.header.e_ident[EI_CLASS] = ELFCLASS32; }, LoadFailureKind::wrong_class},
    {"machine", [](Sample& s) { s.header.e_machine = EM_AARCH64; }, LoadFailureKind::wrong_machine},
    {"byte order", [](Sample& s) { s.header.e_ident[EI_DATA] = ELFDATA2MSB; }, LoadFailureKind::wrong_byte_order},
    {"object", [](Sample& s) { s.header.e_type = ET_REL; }, LoadFailureKind::relocatable_object},
    {"core", [](Sample& s) { s.header.e_type = ET_CORE; }, LoadFailureKind::core_file},
    {"type", [](Sample& s) { s.header.e_type = 77; }, LoadFailureKind::wrong_type},
    {"e_phentsize", [](Sample& s) { s.header.e_phentsize = 32; }, LoadFailureKind::bad_program_header_size},
    {"e_phnum 0", [](Sample& s) { s.header.e_phnum = 0; }, LoadFailureKind::bad_program_header_count},
    {"e_phnum huge", [](Sample& s) { s.header.e_phnum = 0xffff; }, LoadFailureKind::bad_program_header_count},
    {"e_phoff past end", [](Sample& s) { s.header.e_phoff = file_size; }, LoadFailureKind::program_headers_past_end},
    {"e_phoff wraps", [](Sample& s) { s.header.e_phoff = ~0ULL - 8; }, LoadFailureKind::program_headers_past_end},
    {"file larger than memory", [](Sample& s) { s.program_headers[2].p_memsz = 1; }, LoadFailureKind::bad_segment},
    {"offset not congruent", [](Sample& s) { s.program_headers[2].p_vaddr += 16; }, LoadFailureKind::bad_segment},
    {"segment past end", [](Sample& s) { s.program_headers[2].p_filesz = 0xf01; }, LoadFailureKind::segment_past_end},
    {"segment wraps", [](Sample& s) { s.program_headers[2].p_memsz = ~0ULL; }, LoadFailureKind::segment_out_of_window},
    {"no segment", [](Sample& s) { s.program_headers[1].p_type = s.program_headers[2].p_type = PT_NOTE; },
     LoadFailureKind::no_segments},
    {"empty segments",
     [](Sample& s) {
         for (int i : {1, 2}) s.program_headers[i].p_filesz = s.program_headers[i].p_memsz = 0;
     },
     LoadFailureKind::no_segments},
    {"interpreter of one byte", [](Sample& s) { s.program_headers[0].p_filesz = 1; }, LoadFailureKind::bad_interpreter_header},
    {"interpreter without NUL", [](Sample& s) { --s.program_headers[0].p_filesz; }, LoadFailureKind::bad_interpreter_header},
    {"interpreter past end", [](Sample& s) { s.program_headers[0].p_offset = file_size; },
     LoadFailureKind::bad_interpreter_header},
    {"library",
     [](Sample& s) {
         s.header.e_entry = 0;
         s.program_headers[0].p_type = PT_NULL;
     },
     LoadFailureKind::shared_library},
};

TEST(Elf, NamesWhatIsWrong) {
    for (const BadFile& bad : bad_files) {
        Sample sample;
        bad.damage(sample);
        const auto elf = read(sample.bytes());
        ASSERT_FALSE(elf) << bad.name;
        EXPECT_EQ(elf.error().kind, bad.expected) << bad.name << ": " << elf.error().start_error().sentence;
    }
}

TEST(Elf, IsTruncated) {
    const auto whole = Sample().bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const bool last_page_begins = size > page_size_bytes;
        const auto elf = read(std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        EXPECT_EQ(elf.has_value(), last_page_begins) << size;
    }
}

void expect_sound(const ElfFile& elf) {
    ASSERT_FALSE(elf.segments.empty());
    for (const ElfSegment& segment : elf.segments) {
        EXPECT_LE(segment.file_size_bytes, segment.memory_size_bytes);
        EXPECT_LE(segment.address + segment.memory_size_bytes, 1ULL << 47);
        if (segment.file_size_bytes == 0) continue;
        EXPECT_LE(segment.offset + segment.file_size_bytes, page_ceil(file_size));
        EXPECT_EQ((segment.offset - segment.address) % page_size_bytes, 0U);
    }
    EXPECT_LT(elf.lowest_page(), elf.end());
    EXPECT_EQ(elf.alignment() & (elf.alignment() - 1), 0U);
}

TEST(Elf, SurvivesMutants) {
    constexpr unsigned seed = 11;
    constexpr std::size_t headers_size = sizeof(Elf64_Ehdr) + sizeof(Sample::program_headers);
    constexpr std::uint64_t edge_values[] = {0,           1,          0xff,       0xffff,     0x7fff'ffff,
                                             0xffff'ffff, 1ULL << 46, 1ULL << 47, 1ULL << 63, ~0ULL};
    std::mt19937_64 random(seed);
    const auto good = Sample().bytes();
    int accepted = 0;
    for (int mutant = 0; mutant < 5000; ++mutant) {
        auto bytes = good;
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
            const std::size_t width = std::size_t{1} << random() % 4;
            const std::size_t offset = 4 + random() % (headers_size - 12);
            const std::uint64_t value = random() % 2 == 0 ? random() : edge_values[random() % std::size(edge_values)];
            std::memcpy(bytes.data() + offset, &value, width);
        }
        const auto elf = read(bytes);
        SCOPED_TRACE(testing::Message() << "seed " << seed << " mutant " << mutant);
        if (elf) {
            ++accepted;
            expect_sound(*elf);
        } else {
            EXPECT_FALSE(elf.error().start_error().sentence.empty());
        }
    }
    EXPECT_GT(accepted, 500);  // else the mutants never get past the first check
}

}  // namespace
}  // namespace lxr
