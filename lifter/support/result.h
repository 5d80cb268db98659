// How a failure travels: an errno for system calls, a sentence for what the user of lxr must read.
#pragma once

#include <expected>
#include <string>

namespace lxr {

/// A Linux error number, positive (ENOENT, …).
struct Errno {
    int value;
    bool operator==(const Errno&) const = default;
};

/// The result of a system call or of anything that fails like one.
template <typename T>
using Result = std::expected<T, Errno>;

inline std::unexpected<Errno> error(int errno_value) {
    return std::unexpected(Errno{errno_value});
}

/// A failure at start that ends lxr: one sentence naming file, cause and remedy, and the exit code (126 found but cannot
/// run, 127 not found, 2 usage).
struct StartError {
    int exit_code;
    std::string sentence;
};

template <typename T>
using StartResult = std::expected<T, StartError>;

}  // namespace lxr
