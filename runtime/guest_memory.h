// Copies between lxr and guest memory that survive bad pointers: a fault becomes EFAULT, as in the kernel's copy_from_user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "lifter/support/address.h"
#include "lifter/support/result.h"

namespace lxr {

/// Copies from guest memory. @return false if any byte could not be read (the destination is then partly written) or the
/// range leaves the guest's window. Async-signal-safe.
bool copy_from_guest(void* destination, GuestAddress source, std::size_t size_bytes);

/// Copies to guest memory. @return false if any byte could not be written (earlier bytes may have been).
bool copy_to_guest(GuestAddress destination, const void* source, std::size_t size_bytes);

/// Reads a NUL-terminated string of at most `limit_bytes`. Errors: EFAULT, ENAMETOOLONG.
Result<std::string> read_guest_string(GuestAddress source, std::size_t limit_bytes = 4096);

template <typename T>
    requires std::is_trivially_copyable_v<T>
Result<T> read_guest(GuestAddress source) {
    T value;
    if (!copy_from_guest(&value, source, sizeof value)) return error(14 /* EFAULT */);
    return value;
}

template <typename T>
    requires std::is_trivially_copyable_v<T>
Result<void> write_guest(GuestAddress destination, const T& value) {
    if (!copy_to_guest(destination, &value, sizeof value)) return error(14 /* EFAULT */);
    return {};
}

}  // namespace lxr
