// LDMXCSR and STMXCSR themselves.
#include "lifter/host/mxcsr.h"

#include <xmmintrin.h>

namespace lxr::host {

std::uint32_t mxcsr() {
    return _mm_getcsr();
}

void set_mxcsr(std::uint32_t value) {
    _mm_setcsr(value);
}

}  // namespace lxr::host
