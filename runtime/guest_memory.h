// Copies between lxr and guest memory that survive bad pointers: a fault becomes EFAULT, as in the kernel's copy_from_user.
#pragma once

#include <ucontext.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>

#include "lifter/support/address.h"
#include "lifter/support/result.h"

namespace lxr {

/// Copies from guest memory. @return false if any byte could not be read (the destination is then partly written) or the
/// range leaves the guest's window. Async-signal-safe.
bool copy_from_guest(void* destination, GuestAddress source, std::size_t size_bytes);

/// Copies to guest memory. @return false if any byte could not be written (earlier bytes may have been). Async-signal-safe as
/// long as set_guest_write_permission has not been called.
bool copy_to_guest(GuestAddress destination, const void* source, std::size_t size_bytes);

/// Reads a NUL-terminated string of at most `limit_bytes`, the NUL included. Errors: EFAULT, ENAMETOOLONG.
Result<std::string> read_guest_string(GuestAddress source, std::size_t limit_bytes = 4096);

/// Sets the end of the guest's window: copies at or above it fail. Until then the whole user half is the guest's.
void set_guest_memory_end(std::uint64_t end);

/// What copy_to_guest asks when it has failed: may it try again? To be set before there is a second thread.
void set_guest_write_permission(std::function<bool(GuestAddress begin)> permission);

/// For the host's handler of SIGSEGV and SIGBUS: if the fault at `context` was caused by one of the copies above, changes
/// `context` so that the copy returns false. Async-signal-safe.
/// @return false if the fault has another cause.
bool redirect_guest_copy_fault(ucontext_t& context);

template <typename T>
    requires std::is_trivially_copyable_v<T>
Result<T> read_guest(GuestAddress source) {
    T value;
    if (!copy_from_guest(&value, source, sizeof value)) return error(EFAULT);
    return value;
}

template <typename T>
    requires std::is_trivially_copyable_v<T>
Result<void> write_guest(GuestAddress destination, const T& value) {
    if (!copy_to_guest(destination, &value, sizeof value)) return error(EFAULT);
    return {};
}

}  // namespace lxr
