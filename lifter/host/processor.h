// What the host's processor can do for the guest. Asked by lifter/cpu_features.cpp.
#pragma once

#include <cstdint>

namespace lxr {
struct CpuidResult;
}

namespace lxr::host {

/// The host's own CPUID; all zero for leaves that it does not have, and on machines of other kinds.
CpuidResult processor_identification(std::uint32_t leaf, std::uint32_t subleaf);

/// True if the operating system saves 256-bit vector registers, without which AVX and all above it are not there.
bool has_wide_vectors();

}  // namespace lxr::host
