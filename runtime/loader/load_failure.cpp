// The rows of load_failures.inc as errno and as a sentence.
#include "runtime/loader/load_failure.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

namespace lxr {

namespace {

struct Row {
    int errno_value;
    int exit_code;
    std::string_view sentence;
};

constexpr std::array rows = {
#define FAILURE(name, errno_value, exit_code, sentence) Row{errno_value, exit_code, sentence},
#include "runtime/loader/load_failures.inc"
#undef FAILURE
};

const Row& row_of(LoadFailureKind kind) {
    return rows[static_cast<std::size_t>(kind)];
}

}  // namespace

int LoadFailure::errno_value() const {
    const int value = row_of(kind).errno_value;
    if (value == 0) return system_errno;
    // Linux fs/binfmt_elf.c, load_elf_binary: what is no program of ours is a bad library where an interpreter is wanted.
    return value == ENOEXEC && role == LoadRole::elf_interpreter ? ELIBBAD : value;
}

StartError LoadFailure::start_error() const {
    const Row& row = row_of(kind);
    const std::string what = wanted_by.empty() ? file : fmt::format("{}, the interpreter of {}", file, wanted_by);
    const std::string why = fmt::format(fmt::runtime(row.sentence), fmt::arg("detail", detail));
    return {.exit_code = row.exit_code, .sentence = fmt::format("cannot run {}: {}", what, why)};
}

}  // namespace lxr
