// Writes a guest instruction down again with other general-purpose registers. Called by the block emitter.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "jit/host/x86_64/assembler.h"
#include "lifter/encoding.h"

namespace lxr::host {

/// The host register for each guest register.
using RegisterMap = std::array<Reg, 16>;

/// How the memory operand's address is made of host registers, where it is not as the guest's.
struct AddressOverride {
    std::optional<Reg> base;   // replaces base (and a rip-relative or absolute address's absence of one)
    std::optional<Reg> index;  // with scale 1
    bool drop_displacement = false;
};

[[nodiscard]] bool is_segment_prefix(unsigned byte);

/// Appends the instruction with registers replaced by `map` and the memory operand changed by `address`. Segment prefixes are
/// dropped.
/// @return false if it cannot be encoded (a high-byte register beside one that needs REX, or too long); nothing is appended
/// then.
bool reencode(Assembler& assembler, const Encoding& encoding, std::span<const std::byte> bytes, const RegisterMap& map,
              const AddressOverride& address);

}  // namespace lxr::host
