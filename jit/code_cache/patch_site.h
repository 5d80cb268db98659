// Where four bytes of code may lie that are overwritten while other threads execute them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lxr {

/// A processor fetches code in pieces, and an instruction that lies in two of them can come half from before a store and half
/// from behind it: so seen on Zen 4 at every 32 bytes. No processor divides an aligned quadword (AMD64 Architecture
/// Programmer's Manual, volume 1, "Atomicity of accesses"; SDM volume 3, "Guaranteed Atomic Operations").
inline constexpr std::size_t patch_unit_bytes = 8;

constexpr bool is_patch_site(std::uintptr_t address) {
    return address % patch_unit_bytes <= patch_unit_bytes - sizeof(std::int32_t);
}

}  // namespace lxr
