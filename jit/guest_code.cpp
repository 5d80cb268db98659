// The frame around guest code that does not keep the guest's registers in the host's.
#include "jit/guest_code.h"

#include "jit/host/guest_entry.h"

namespace lxr {

void run_guest_code(EngineThread& thread, void (*function)(const void*, void*, void*), const void* what, void* more) {
    auto& state = thread.state;
    host::install_mxcsr(state.mxcsr);
    thread.faulted = false;
    thread.in_guest = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    host::lxr_enter_guest(&thread.recovery, function, what, &state, more);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread.in_guest = false;
    state.mxcsr = host::take_mxcsr();
    materialize_flags(state);
    if (thread.faulted) thread.reason = LeaveReason::fault;
}

}  // namespace lxr
