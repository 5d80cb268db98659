// How a guest mapping looks on the host. Called by AddressSpace only.
#pragma once

#include <sys/mman.h>

#include <cstdint>

namespace lxr {

/// The guest's rights as the host gets them: guest pages are never executable by the host's processor, and what the guest may
/// only execute the engine must read.
constexpr int host_protection(int guest_protection) {
    return (guest_protection & PROT_EXEC) != 0 ? (guest_protection & ~PROT_EXEC) | PROT_READ : guest_protection;
}

/// Where the mapping that held `known_begin` begins now, if everything between `floor` and `known_begin` either belongs to it
/// or is free: how far the kernel has let it grow down.
std::uint64_t lowest_mapped_page(std::uint64_t floor, std::uint64_t known_begin);

}  // namespace lxr
