// The guest's processor: what CPUID and XGETBV answer, and what else must agree with them (AT_HWCAP, /proc/cpuinfo). Called by
// the helpers of CPUID and XGETBV, and by the runtime.
#pragma once

#include <cstdint>
#include <string>

namespace lxr {

/// The four registers that CPUID returns.
struct CpuidResult {
    std::uint32_t eax, ebx, ecx, edx;
    bool operator==(const CpuidResult&) const = default;
};

/// Levels of psABI 3.1.1 as row sets of cpu_features.inc.
enum class CpuLevel : std::uint8_t { v1 = 1, v2, v3 };

/// The level that lxr offers: what the semantics can do, but no more than the host can, whose own instructions do the guest's.
/// Without AVX there is nothing that XSAVE keeps and FXSAVE does not, so XSAVE comes with v3, as on the machines of these
/// levels. The same in every call.
CpuLevel guest_cpu_level();

/// CPUID with EAX = leaf and ECX = subleaf (SDM Vol. 2A, CPUID). The same on every host of a level but for the number of
/// processors and the one that the calling thread runs on.
CpuidResult guest_cpuid(std::uint32_t leaf, std::uint32_t subleaf);

/// CPUID of a given level; guest_cpuid is that of guest_cpu_level().
CpuidResult cpuid_of_level(CpuLevel level, std::uint32_t leaf, std::uint32_t subleaf);

/// XGETBV with ECX = index: XCR0 for index 0, which is all there is. The caller sees to #UD (no OSXSAVE) and #GP (other
/// indexes).
std::uint64_t guest_xgetbv(std::uint32_t index);

/// AT_HWCAP: CPUID 1 EDX (Linux arch/x86/include/asm/elf.h, ELF_HWCAP).
std::uint32_t guest_hwcap();

/// AT_HWCAP2: bit 1 says that user mode may use RDFSBASE and its kin (Linux arch/x86/include/uapi/asm/hwcap2.h).
std::uint32_t guest_hwcap2();

/// The names of the features in the order of cpu_features.inc, as the "flags" of /proc/cpuinfo.
std::string guest_cpu_flags();

}  // namespace lxr
