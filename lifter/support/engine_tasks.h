// Host threads that lxr runs beside the guest's: the guest must not see them in /proc.
#pragma once

#include <sys/types.h>

namespace lxr {

/// The calling thread is lxr's own: the only one at a time.
void begin_engine_task();
/// It has been joined, so that /proc does not list it any more; or it is not in this process, which is the child of a fork.
void end_engine_task();

/// True for the number of one in the calling process, also if it has just ended. Async-signal-safe.
bool is_engine_task(pid_t task);
/// True if there may be one.
bool any_engine_task();
/// How many of them there are now. Async-signal-safe.
int engine_task_count();

}  // namespace lxr
