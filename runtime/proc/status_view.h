// The text of /proc/PID/status for the guest. Called when the guest opens it.
#pragma once

#include <string>
#include <string_view>

#include "runtime/signal/signal_set.h"

namespace lxr {

/// The host's text with the bits of `own` in its lines SigIgn and SigCgt replaced by those of `ignored` and `caught`.
std::string guest_status(std::string_view host, SignalSet own, SignalSet ignored, SignalSet caught);

}  // namespace lxr
