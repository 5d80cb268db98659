// How a system call of the guest is answered: one row per number in syscalls.inc, one function per handled row.
#pragma once

#include <array>
#include <cstdint>

#include "lifter/support/address.h"
#include "lifter/support/result.h"
#include "runtime/guest_thread.h"

namespace lxr {

/// rdi, rsi, rdx, r10, r8, r9 as the guest gave them (psABI, A.2.1 Calling Conventions).
struct SyscallArguments {
    std::array<std::uint64_t, 6> values;
    [[nodiscard]] std::uint64_t operator[](std::size_t index) const { return values[index]; }
    [[nodiscard]] int integer(std::size_t index) const { return static_cast<int>(values[index]); }
    [[nodiscard]] GuestAddress address(std::size_t index) const { return GuestAddress(values[index]); }
};

/// What a handler leaves for the guest.
class SyscallResult {
public:
    enum class Kind : std::uint8_t {
        value,     // rax = value (an errno is the negative number, as the kernel returns it)
        restart,   // a signal came first: rip goes back to the instruction; the call is made again after its handler
        no_result  // the handler has set the whole state (rt_sigreturn, execve, a thread that ends)
    };

    SyscallResult(Errno failed) : value_(-static_cast<std::int64_t>(failed.value)) {}  // NOLINT(google-explicit-constructor)
    SyscallResult(std::unexpected<Errno> failed) : SyscallResult(failed.error()) {}    // NOLINT(google-explicit-constructor)
    template <typename T>
    SyscallResult(const Result<T>& result) {  // NOLINT(google-explicit-constructor)
        if (!result) {
            value_ = -static_cast<std::int64_t>(result.error().value);
        } else if constexpr (std::is_same_v<T, GuestAddress>) {
            value_ = static_cast<std::int64_t>(result->value());
        } else if constexpr (!std::is_void_v<T>) {
            value_ = static_cast<std::int64_t>(*result);
        }
    }
    /// A raw value as the kernel returns it: -4095…-1 is an errno.
    static SyscallResult raw(std::int64_t value) { return SyscallResult(Kind::value, value); }
    static SyscallResult restart() { return SyscallResult(Kind::restart, 0); }
    static SyscallResult no_result() { return SyscallResult(Kind::no_result, 0); }

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] std::int64_t value() const { return value_; }

private:
    SyscallResult(Kind kind, std::int64_t value) : kind_(kind), value_(value) {}
    Kind kind_ = Kind::value;
    std::int64_t value_ = 0;
};

using SyscallHandler = SyscallResult (*)(GuestThread& thread, const SyscallArguments& arguments);

/// Makes the guest's system call of this number on the thread: table look-up, --strace, handler or pass-through.
SyscallResult perform_syscall(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments);

/// Passes a system call to the host unchanged, through the one interruptible stub: a signal that arrives before the
/// kernel has begun it gives `restart`; one that the kernel would restart after its handler gives `restart` too.
SyscallResult pass_to_host(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments);

/// A raw system call of lxr's own, not interruptible by the guest's signals. @return as the kernel: -errno on failure.
std::int64_t host_syscall(std::uint64_t number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0,
                          std::uint64_t d = 0, std::uint64_t e = 0, std::uint64_t f = 0);

}  // namespace lxr
