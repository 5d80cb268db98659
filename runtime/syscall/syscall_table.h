// The table of system calls that syscalls.inc describes: looked up by number, never switched over. Called by
// perform_syscall, --strace and the INT 0x80 table.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "runtime/syscall/syscall.h"

namespace lxr {

/// How a row is answered; the meaning of each stands at the head of syscalls.inc.
enum class Disposition : std::uint8_t { handled, passed, alone, refused, unsupported, absent };

/// After an `alone` call that was successful.
enum class Afterwards : bool { compiles_no_more, compiles_on };

/// What an argument is, for --strace.
enum class ArgumentKind : std::uint8_t {
    none,
#define KIND(name, function, when) name,
#define NAMES(name) name,
#include "runtime/syscall/strace_arguments.inc"
};

struct SyscallRow {
    /// As in the kernel's table; null for a number that it does not have.
    const char* name = nullptr;
    Disposition disposition = Disposition::absent;
    /// For `handled`, else null.
    SyscallHandler handler = nullptr;
    /// Positive; what `refused`, `unsupported` and `absent` give.
    int errno_value = 0;
    /// Why, for `refused` and `unsupported`, else null.
    const char* reason = nullptr;
    std::array<ArgumentKind, 6> arguments{};
    /// For `alone`.
    Afterwards afterwards = Afterwards::compiles_on;

    /// The kinds of the arguments that the call has.
    [[nodiscard]] std::span<const ArgumentKind> argument_kinds() const;
};

/// The row of this number, of which the kernel looks at 32 bits; for one that its table does not have, a row without name that
/// is `absent`.
const SyscallRow& syscall_row(std::uint64_t number);

/// Guest numbers by name: `guest_syscall::openat`. (The host's own, SYS_…, may be another machine's.)
namespace guest_syscall {
#define HANDLED(number, name, family, ...) inline constexpr std::uint64_t name = number;
#define PASSED(number, name, ...) inline constexpr std::uint64_t name = number;
#define ALONE(number, name, afterwards, ...) inline constexpr std::uint64_t name = number;
#define REFUSED(number, name, error_name, why) inline constexpr std::uint64_t name = number;
#define UNSUPPORTED(number, name, error_name, why) inline constexpr std::uint64_t name = number;
#define ABSENT(number, name) inline constexpr std::uint64_t name = number;
#include "runtime/syscall/syscalls.inc"
}  // namespace guest_syscall

/// The handlers, declared from their rows: SyscallResult sys_NAME(GuestThread&, const SyscallArguments&).
#define HANDLED(number, name, family, ...) SyscallResult sys_##name(GuestThread& thread, const SyscallArguments& arguments);
#define PASSED(number, name, ...)
#define ALONE(number, name, afterwards, ...)
#define REFUSED(number, name, error_name, why)
#define UNSUPPORTED(number, name, error_name, why)
#define ABSENT(number, name)
#include "runtime/syscall/syscalls.inc"

}  // namespace lxr
