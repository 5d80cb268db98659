// x86-64 hosts: CPUID, and whether the operating system saves the registers.
#include "lifter/host/processor.h"

#include <cpuid.h>

#include "lifter/cpu_model.h"

namespace lxr::host {

CpuidResult processor_identification(std::uint32_t leaf, std::uint32_t subleaf) {
    CpuidResult result{};
    if (__get_cpuid_count(leaf, subleaf, &result.eax, &result.ebx, &result.ecx, &result.edx) == 0) return {};
    return result;
}

bool has_wide_vectors() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx") != 0;
}

}  // namespace lxr::host
