// Why a program cannot be loaded, once for both who ask: the guest's execve wants an errno, main a sentence.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>

#include "lifter/support/result.h"

namespace lxr {

/// The rows of load_failures.inc.
enum class LoadFailureKind : std::uint8_t {
#define FAILURE(name, errno_value, exit_code, sentence) name,
#include "runtime/loader/load_failures.inc"
#undef FAILURE
};

/// What the file at fault was wanted for.
enum class LoadRole : std::uint8_t { program, script_interpreter, elf_interpreter };

struct LoadFailure {
    LoadFailureKind kind;
    std::string file;      // as the guest or the user named it
    std::string detail{};  // what {detail} stands for in the row's sentence
    int system_errno = 0;
    LoadRole role = LoadRole::program;
    std::string wanted_by{};  // for an interpreter: the file that names it

    /// What execve(2) returns, positive.
    [[nodiscard]] int errno_value() const;
    [[nodiscard]] StartError start_error() const;
};

template <typename T>
using LoadResult = std::expected<T, LoadFailure>;

}  // namespace lxr
