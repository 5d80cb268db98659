// The guest's processor: what CPUID and XGETBV answer, and what else must agree with them (AT_HWCAP, /proc/cpuinfo). Called by
// the helpers of CPUID and XGETBV, and by the runtime.
#pragma once

#include <cstdint>
#include <string>

#include "lifter/cpu_features.h"

namespace lxr {

/// The four registers that CPUID returns.
struct CpuidResult {
    std::uint32_t eax, ebx, ecx, edx;
    bool operator==(const CpuidResult&) const = default;
};

/// Chooses what the guest's processor has. Before the guest's first instruction; until then it is that of host_cpu().
void choose_guest_cpu(const CpuFeatures& features);

/// What the guest's processor has. The same in every call.
const CpuFeatures& guest_cpu();

/// CPUID with EAX = leaf and ECX = subleaf (SDM Vol. 2A, CPUID). Depends on the features, the number of processors and the one
/// that the calling thread runs on, and on nothing else.
CpuidResult guest_cpuid(std::uint32_t leaf, std::uint32_t subleaf);

/// CPUID of a given processor; guest_cpuid is that of guest_cpu().
CpuidResult cpuid_of(const CpuFeatures& features, std::uint32_t leaf, std::uint32_t subleaf);

/// XCR0: which state XSAVE knows.
std::uint64_t guest_xcr0();

/// AT_HWCAP: CPUID 1 EDX (Linux arch/x86/include/asm/elf.h, ELF_HWCAP).
std::uint32_t guest_hwcap();

/// AT_HWCAP2: bit 1 says that user mode may use RDFSBASE and its kin (Linux arch/x86/include/uapi/asm/hwcap2.h).
std::uint32_t guest_hwcap2();

/// The names of the features in the order of cpu_features.inc, as the "flags" of /proc/cpuinfo.
std::string guest_cpu_flags();

}  // namespace lxr
