// The one place where lxr touches guest memory that may not be there. Each host machine has its own guest_copy.S and .cpp.
#pragma once

#include <cstddef>

extern "C" {

/// Copies upwards, byte by byte as far as anyone can see. @return the number of bytes that could not be copied.
std::size_t lxr_guest_copy(void* destination, const void* source, std::size_t size_bytes);

/// The instruction of lxr_guest_copy that may fault, and where to go on when it did.
extern const char lxr_guest_copy_access[];
extern const char lxr_guest_copy_recovery[];
}
