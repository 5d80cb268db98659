// Runs llvm-mc-19 and reads the bytes out of what it prints. Called by main.cpp.
#include "tools/lxr-dump/assembler.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

namespace lxr {
namespace {

constexpr std::string_view encoding_mark = "encoding: [";

std::string content_of(int file) {
    std::string content;
    std::array<char, 4096> part;
    lseek(file, 0, SEEK_SET);
    for (ssize_t got = 0; (got = read(file, part.data(), part.size())) > 0;) {
        content.append(part.data(), static_cast<std::size_t>(got));
    }
    return content;
}

/// Runs the assembler with these files as its standard streams. @return its wait status, or -1.
int run_assembler(int input, int output, int errors) {
    posix_spawn_file_actions_t streams;
    posix_spawn_file_actions_init(&streams);
    posix_spawn_file_actions_adddup2(&streams, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&streams, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&streams, errors, STDERR_FILENO);
    std::array<std::string, 5> words = {"llvm-mc-19", "--triple=x86_64", "--x86-asm-syntax=intel", "--output-asm-variant=1",
                                        "--show-encoding"};
    std::array<char*, words.size() + 1> argv{};
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
    pid_t child = 0;
    const int failed = posix_spawnp(&child, argv[0], &streams, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&streams);
    int status = -1;
    if (failed == 0) waitpid(child, &status, 0);
    return status;
}

/// Reads "0x48,0x01,0xd8]"; a letter stands for what only a linker knows.
bool append_encoding(std::vector<std::byte>& bytes, std::string_view text) {
    while (text.starts_with("0x")) {
        unsigned value = 0;
        std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
        bytes.push_back(static_cast<std::byte>(value));
        text.remove_prefix(4);
        if (text.starts_with(',')) text.remove_prefix(1);
    }
    return text.starts_with(']');
}

}  // namespace

std::expected<std::vector<std::byte>, std::string> assemble(const std::string& text) {
    const int input = memfd_create("assembly", MFD_CLOEXEC);
    const int output = memfd_create("listing", MFD_CLOEXEC);
    const int errors = memfd_create("errors", MFD_CLOEXEC);
    const std::string source = text + "\n";
    if (write(input, source.data(), source.size()) < 0) return std::unexpected("no memory for the assembly");
    lseek(input, 0, SEEK_SET);
    const int status = run_assembler(input, output, errors);
    const std::string listing = content_of(output);
    const std::string complaint = content_of(errors);
    for (const int file : {input, output, errors}) close(file);
    if (status == -1) return std::unexpected("llvm-mc-19 cannot be started; install the Debian package llvm-19, or give bytes");
    if (status != 0) return std::unexpected("that does not assemble:\n" + complaint);

    std::vector<std::byte> bytes;
    for (std::size_t at = 0; (at = listing.find(encoding_mark, at)) != listing.npos;) {
        at += encoding_mark.size();
        if (!append_encoding(bytes, std::string_view(listing).substr(at))) {
            return std::unexpected("that names an address that only a linker knows; give bytes instead");
        }
    }
    return bytes;
}

}  // namespace lxr
