// There is one: the optimising tier's compile thread, which a fork ends before it copies the memory.
#include "lifter/support/engine_tasks.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "lifter/support/check.h"

namespace lxr {
namespace {

std::atomic<pid_t> only_task = 0;

}  // namespace

EngineTask::EngineTask() {
    LXR_CHECK(only_task.exchange(gettid()) == 0);
}

EngineTask::~EngineTask() {
    only_task = 0;
}

bool is_engine_task(pid_t task) {
    return task != 0 && task == only_task && tgkill(getpid(), task, 0) == 0;
}

int engine_task_count() {
    return is_engine_task(only_task) ? 1 : 0;
}

}  // namespace lxr
