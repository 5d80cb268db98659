// What a process that shares lxr's memory can do without touching it.
#pragma once

#include <sys/types.h>

namespace lxr::host {

/// Waits for the child and ends the calling process. Uses neither stack nor thread-local storage: those that the process has
/// borrowed may be gone.
extern "C" [[noreturn]] void lxr_wait_and_exit(pid_t child);

}  // namespace lxr::host
