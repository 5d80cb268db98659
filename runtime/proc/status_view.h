// The text of /proc/PID/status and stat for the guest. Called when the guest opens them.
#pragma once

#include <string>
#include <string_view>

#include "runtime/signal/signal_set.h"

namespace lxr {

/// What differs from the host's.
struct GuestStatus {
    SignalSet own;  // signals whose bits in the lines SigIgn and SigCgt become those of the next two
    SignalSet ignored;
    SignalSet caught;
    int engine_tasks;  // so many threads are not the guest's
};
std::string guest_status(std::string_view host, const GuestStatus& status);

/// Of the fields (proc(5), "/proc/pid/stat") only num_threads changes.
std::string guest_stat(std::string_view host, int engine_tasks);

}  // namespace lxr
