// Host threads that lxr runs beside the guest's: the guest must not see them in /proc.
#pragma once

#include <sys/types.h>

namespace lxr {

/// The calling thread is one of lxr's own as long as this lives.
class EngineTask {
public:
    EngineTask();
    ~EngineTask();
    EngineTask(const EngineTask&) = delete;
    EngineTask& operator=(const EngineTask&) = delete;
};

/// True for the number of one in the calling process, which may share its memory with others. Async-signal-safe.
bool is_engine_task(pid_t task);
/// How many of them there are. Async-signal-safe.
int engine_task_count();

}  // namespace lxr
