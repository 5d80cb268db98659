// The fault of lxr_guest_copy, told by the host's program counter.
#include "runtime/host/guest_copy.h"

#include "runtime/guest_memory.h"

namespace lxr {

bool redirect_guest_copy_fault(ucontext_t& context) {
    auto& pc = context.uc_mcontext.gregs[REG_RIP];
    if (pc != reinterpret_cast<greg_t>(&lxr_guest_copy_access)) return false;
    pc = reinterpret_cast<greg_t>(&lxr_guest_copy_recovery);
    return true;
}

}  // namespace lxr
