// x86-64 hosts: CPUID, and whether the operating system saves the registers.
#include "lifter/host/processor.h"

namespace lxr::host {

bool has_level_three() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("f16c") != 0 &&
           __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("lzcnt") != 0 &&
           __builtin_cpu_supports("movbe") != 0;
}

}  // namespace lxr::host
