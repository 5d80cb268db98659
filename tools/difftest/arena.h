// Where tested code and its data lie, in the child and in lxr-difftest itself at the same addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/support/address.h"

namespace lxr::difftest::arena {

// Below 2 GiB, so that absolute and 32-bit addresses reach everything.
/// Code: filled with INT3, so that whatever is jumped to stops. Not writable through this view.
inline constexpr std::uint64_t code_begin = 0x0f000000;
inline constexpr std::uint64_t code_size_bytes = 2 * page_size_bytes;
inline constexpr std::uint64_t code_end = code_begin + code_size_bytes;
/// Where the tested bytes usually begin.
inline constexpr std::uint64_t usual_entry = code_begin + 0x800;

/// Data, readable and writable; nothing behind it, before it a page that can only be read. In that order, because of an operand
/// that is modified and lies half in a page that can only be read, half in nothing, a processor reports the one, lxr the other.
inline constexpr std::uint64_t data_begin = 0x20000000;
inline constexpr std::uint64_t data_size_bytes = 2 * page_size_bytes;
inline constexpr std::uint64_t data_end = data_begin + data_size_bytes;
inline constexpr std::uint64_t read_only_begin = data_begin - page_size_bytes;

inline constexpr std::byte landing_pad{0xcc};

/// Maps code and data. The code's guest view is readable only; the native child makes its own view executable.
void map();

/// Touches every page in the calling process, so that page faults tell of protections only. `map` does it; a child must.
void make_present();

/// The code for writing, shared with the child.
std::span<std::byte> writable_code();

/// Fills the code with landing pads but for `bytes` at `entry`.
void place_code(std::uint64_t entry, std::span<const std::byte> bytes);

}  // namespace lxr::difftest::arena
