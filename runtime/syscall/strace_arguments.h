// How --strace prints one argument. Called by strace.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/syscall/syscall_table.h"

namespace lxr {

/// The arguments of a call, and its result once it is there.
struct TracedCall {
    const SyscallArguments& arguments;
    /// As the kernel returns it; meaningless before the call.
    std::int64_t result;

    [[nodiscard]] bool failed() const { return result < 0 && result >= -4095; }
};

/// True if the argument is printed after the call, because the kernel writes it.
bool is_printed_after(ArgumentKind kind);

/// Appends the argument of this index.
void print_argument(std::string& out, const TracedCall& call, std::size_t index, ArgumentKind kind);

/// Appends the names of a value of a NAMES kind.
void print_names(std::string& out, ArgumentKind kind, std::uint64_t value);

/// Appends a string in quotes with strace's escapes, followed by "..." if it was cut.
void print_quoted(std::string& out, std::string_view bytes, bool cut);

/// "SIGINT", or a number for what is not one.
std::string signal_name(std::uint64_t signal);

}  // namespace lxr
