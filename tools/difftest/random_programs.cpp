// A program sets its registers and goes on into a random string. No string can make a system call, so that a native run does no
// harm: it ends by a signal, at the latest by that of a timer.
#include "tools/difftest/random_programs.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>

#include "lifter/support/check.h"
#include "tools/difftest/fuzz.h"
#include "tools/difftest/random_strings.h"
#include "tools/difftest/tests.h"

namespace lxr::difftest {

namespace {

// -- which strings are run

bool holds(const Bytes& image, std::array<unsigned, 2> pair) {
    const auto same = [](std::byte byte, unsigned wanted) { return std::to_integer<unsigned>(byte) == wanted; };
    return std::ranges::search(image, pair, same).begin() != image.end();
}

/// True if code that begins at any byte of the image could ask the kernel for something.
bool can_call_the_kernel(const Bytes& image) {
    return holds(image, {0x0f, 0x05}) || holds(image, {0x0f, 0x34}) || holds(image, {0xcd, 0x80});
}

/// What differs between processors: near branches of 16 bits, far pointers of 80 bits, repeated LOOPs, PREFETCH of a register.
/// And far transfers, which may lead into 32-bit code.
bool depends_on_processor(const Instruction& i, std::span<const std::byte> bytes) {
    constexpr std::array branches = {Mnemonic::CALL, Mnemonic::JMP,   Mnemonic::RET,
                                     Mnemonic::IRET, Mnemonic::IRETD, Mnemonic::IRETQ};
    constexpr std::array far_returns = {0xcaU, 0xcbU, 0xcfU};
    const bool branch = i.operands[0].relative || std::ranges::find(branches, i.mnemonic) != branches.end();
    const bool narrow = std::ranges::find(bytes, std::byte{0x66}) != bytes.end();
    const bool far = std::ranges::find(far_returns, i.opcode) != far_returns.end() || (i.opcode == 0xff && (i.modrm & 8) != 0);
    const bool loop = i.mnemonic == Mnemonic::LOOPE || i.mnemonic == Mnemonic::LOOPNE;
    const bool prefetch = i.modrm >= 0xc0 && i.opcode == 0x0d && i.mnemonic == Mnemonic::NOP;
    const bool far_load = i.mnemonic == Mnemonic::LFS || i.mnemonic == Mnemonic::LGS || i.mnemonic == Mnemonic::LSS;
    const bool long_pointer = far_load && i.operands[0].bits == 64;
    return (branch && (narrow || far)) || loop || prefetch || long_pointer;
}

std::size_t count_prefixes(std::span<const std::byte> bytes) {
    constexpr std::array prefixes = {0x26U, 0x2eU, 0x36U, 0x3eU, 0x64U, 0x65U, 0x66U, 0x67U, 0xf0U, 0xf2U, 0xf3U};
    const auto is_prefix = [&](std::byte byte) {
        const auto value = std::to_integer<unsigned>(byte);
        return (value & 0xf0) == 0x40 || std::ranges::find(prefixes, value) != prefixes.end();
    };
    return static_cast<std::size_t>(std::ranges::find_if_not(bytes, is_prefix) - bytes.begin());
}

/// A near branch that has less than 15 bytes only if prefix 66 makes its distance a short one.
bool is_narrow_branch(std::span<const std::byte> prefixes, std::span<const std::byte> opcode) {
    const auto has = [&](unsigned prefix) { return std::ranges::find(prefixes, std::byte(prefix)) != prefixes.end(); };
    const auto first = std::to_integer<unsigned>(opcode[0]);
    const auto second = std::to_integer<unsigned>(opcode[1]);
    const bool is_branch = (first & 0xfe) == 0xe8 || (first == 0x0f && (second & 0xf0) == 0x80);
    return is_branch && has(0x66) && !has(0xf0);
}

/// LOCK MOV CR, which is CR8 on AMD's processors, XOP, which they had (AMD64 manual Vol. 3 and 4), and narrow branches.
bool is_of_vendor(std::span<const std::byte> bytes) {
    const auto count = count_prefixes(bytes);
    const auto opcode = bytes.subspan(count);
    if (opcode.size() < 2) return false;
    if (is_narrow_branch(bytes.first(count), opcode)) return true;
    return opcode[0] == std::byte{0x8f} || (opcode[0] == std::byte{0x0f} && (opcode[1] & std::byte{0xfd}) == std::byte{0x20});
}

/// True if what the string does, read from its beginning, is the same on every processor that lxr may be like.
bool is_comparable(const Bytes& string) {
    for (std::size_t at = 0; at < string.size();) {
        const auto rest = std::span(string).subspan(at);
        const auto instruction = decode(rest, GuestAddress(arena::usual_entry + at));
        if (!instruction) return !is_of_vendor(rest);
        const auto bytes = rest.first(instruction->length_bytes);
        const bool known =
            instruction->mnemonic != Mnemonic::unknown && !instruction->evex && exclusion(instruction->mnemonic).empty();
        if (!known || depends_on_processor(*instruction, bytes)) return false;
        at += instruction->length_bytes;
    }
    return true;
}

// -- the file

template <typename T>
void append(Bytes& bytes, const T& value) {
    const auto* const begin = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof value);
}

/// MOV reg, imm64 for each register.
Bytes prologue(const MachineState& state) {
    Bytes code;
    for (std::size_t reg = 0; reg < state.gpr.size(); ++reg) {
        code.push_back(static_cast<std::byte>(0x48 | reg >> 3));
        code.push_back(static_cast<std::byte>(0xb8 | (reg & 7)));
        append(code, state.gpr[reg]);
    }
    return code;
}

struct Program {
    Bytes string;
    std::uint64_t entry = 0;
    Bytes code;  // all of the arena's
    Bytes data;
};

Program random_program(const std::vector<Form>& forms, Random& random) {
    Program program;
    do {
        program.string = random_string(forms, random);
        program.code.assign(arena::code_size_bytes, arena::landing_pad);
        const auto beginning = prologue(random_start(random).before);
        program.entry = arena::usual_entry - beginning.size();
        const auto at = program.code.begin() + static_cast<std::ptrdiff_t>(program.entry - arena::code_begin);
        std::ranges::copy(program.string, std::ranges::copy(beginning, at).out);
    } while (!is_comparable(program.string) || can_call_the_kernel(program.code));
    program.data.resize(arena::data_size_bytes);
    fill_memory(program.data, random);
    return program;
}

Elf64_Phdr segment(Elf64_Word type, Elf64_Word flags, std::uint64_t offset, std::uint64_t address, std::uint64_t size_bytes) {
    return {.p_type = type,
            .p_flags = flags,
            .p_offset = offset,
            .p_vaddr = address,
            .p_paddr = address,
            .p_filesz = size_bytes,
            .p_memsz = size_bytes,
            .p_align = page_size_bytes};
}

/// A static executable of two segments: the arena's code and data.
Bytes elf_file(const Program& program) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = program.entry;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    Bytes file;
    append(file, header);
    append(file, segment(PT_LOAD, PF_R | PF_X, page_size_bytes, arena::code_begin, arena::code_size_bytes));
    append(file,
           segment(PT_LOAD, PF_R | PF_W, page_size_bytes + arena::code_size_bytes, arena::data_begin, arena::data_size_bytes));
    append(file, segment(PT_GNU_STACK, PF_R | PF_W, 0, 0, 0));
    file.resize(page_size_bytes);
    file.insert(file.end(), program.code.begin(), program.code.end());
    file.insert(file.end(), program.data.begin(), program.data.end());
    return file;
}

// -- running it

constexpr int refused = 99;  // exit code of a child that could not begin; no program can exit

/// In the child: what both runs begin with. Timers outlive execve (setitimer(2)); the one of real time ends a process that
/// waits.
void prepare_process(std::chrono::milliseconds patience) {
    const int nothing = open("/dev/null", O_RDWR);
    for (const int descriptor : {0, 1, 2}) dup2(nothing, descriptor);
    const rlimit no_core{};
    setrlimit(RLIMIT_CORE, &no_core);
    personality(ADDR_NO_RANDOMIZE);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const itimerval processor_time = {
        .it_interval = {},
        .it_value = {.tv_sec = seconds.count(), .tv_usec = (patience - seconds) / std::chrono::microseconds(1)}};
    const itimerval real_time = {.it_interval = {}, .it_value = {.tv_sec = 60, .tv_usec = 0}};
    setitimer(ITIMER_VIRTUAL, &processor_time, nullptr);
    setitimer(ITIMER_REAL, &real_time, nullptr);
}

/// @return the wait status.
int status_of(std::vector<std::string> command, std::chrono::milliseconds patience) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto child = fork();
    LXR_CHECK(child >= 0);
    if (child == 0) {
        std::array<char*, 1> environment = {nullptr};
        prepare_process(patience);
        execve(arguments[0], arguments.data(), environment.data());
        _exit(refused);
    }
    int status = 0;
    LXR_CHECK(waitpid(child, &status, 0) == child);
    LXR_CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != refused);
    return status;
}

std::string status_name(int status) {
    return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status)) : fmt::format("exit {}", WEXITSTATUS(status));
}

/// A file in memory, whose path both runs can open.
class ProgramFile {
public:
    explicit ProgramFile(const Bytes& content) : descriptor_(memfd_create("random-program", 0)) {
        LXR_CHECK(write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    }
    ~ProgramFile() { close(descriptor_); }
    ProgramFile(const ProgramFile&) = delete;
    ProgramFile& operator=(const ProgramFile&) = delete;

    [[nodiscard]] std::string path() const { return fmt::format("/proc/{}/fd/{}", getpid(), descriptor_); }

private:
    int descriptor_;
};

struct Endings {
    int native;
    int under_lxr;
};

/// What does not end by itself ends by the timer, in both; what only takes long gets more time.
Endings endings_of(const ProgramFile& file, const RandomProgramsOptions& options) {
    using std::chrono::milliseconds;
    const auto once = [&](milliseconds native_patience, milliseconds lxr_patience) {
        return Endings{status_of({file.path()}, native_patience),
                       status_of({options.lxr, fmt::format("--tier={}", options.tier), file.path()}, lxr_patience)};
    };
    const auto quick = once(milliseconds(20), milliseconds(200));
    return quick.native == quick.under_lxr ? quick : once(milliseconds(4000), milliseconds(40000));
}

void print_code(const Bytes& string) {
    for (std::size_t at = 0; at < string.size();) {
        const auto rest = std::span(string).subspan(at);
        const auto instruction = decode(rest, GuestAddress(arena::usual_entry + at));
        const auto length =
            std::min<std::size_t>(instruction ? instruction->length_bytes : longest_instruction_bytes, rest.size());
        fmt::print("    {:#x}: {:40}", arena::usual_entry + at, disassemble(rest, GuestAddress(arena::usual_entry + at)));
        for (const auto byte : rest.first(length)) fmt::print(" {:02x}", std::to_integer<unsigned>(byte));
        fmt::print("\n");
        at = instruction ? at + length : string.size();
    }
}

}  // namespace

bool run_random_programs(const std::vector<Form>& forms, const RandomProgramsOptions& options) {
    std::map<std::string, std::uint64_t> endings;
    std::uint64_t differing = 0;
    for (auto number = options.first; number < options.first + options.programs; ++number) {
        Random random(derived_seed(options.seed, number));
        const auto program = random_program(forms, random);
        const ProgramFile file(elf_file(program));
        const auto [native, under_lxr] = endings_of(file, options);
        ++endings[status_name(native)];
        if (native == under_lxr) continue;
        ++differing;
        fmt::print("program {} ended by {} natively, by {} under lxr: lxr-difftest --seed={} --random-programs=1 --first={}\n",
                   number, status_name(native), status_name(under_lxr), options.seed, number);
        print_code(program.string);
    }
    fmt::print("{} programs;", options.programs);
    for (const auto& [name, count] : endings) fmt::print(" {}: {}", name, count);
    fmt::print("; {} ended otherwise under lxr\n", differing);
    return differing == 0;
}

}  // namespace lxr::difftest
