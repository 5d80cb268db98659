// There is one: the optimising tier's compile thread, which a fork ends before it copies the memory.
#include "lifter/support/engine_tasks.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "lifter/support/check.h"

namespace lxr {
namespace {

std::atomic<pid_t> only_task = 0;
std::atomic<pid_t> process = 0;  // that it is in; others may share the memory. Written before only_task

}  // namespace

void begin_engine_task() {
    process = getpid();
    LXR_CHECK(only_task.exchange(gettid()) == 0);
}

void end_engine_task() {
    only_task = 0;
}

bool is_engine_task(pid_t task) {
    return task != 0 && task == only_task && process == getpid();
}

bool any_engine_task() {
    return only_task != 0;
}

int engine_task_count() {
    const pid_t task = only_task;
    return is_engine_task(task) && tgkill(process, task, 0) == 0 ? 1 : 0;
}

}  // namespace lxr
