// What the guest's vDSO asks of lxr. Called by Process.
#pragma once

#include <cstdint>

#include "lifter/guest_state.h"
#include "runtime/loader/vdso/vdso_calls.h"

namespace lxr {

[[nodiscard]] constexpr bool is_vdso_call(std::uint64_t number) {
    return number - LXR_VDSO_CALLS < LXR_VDSO_CALL_COUNT;
}

/// Leaves status and values in the registers that runtime/loader/vdso/vdso.S expects them in. is_vdso_call(rax) must hold.
/// Async-signal-safe.
void answer_vdso_call(GuestState& state);

}  // namespace lxr
