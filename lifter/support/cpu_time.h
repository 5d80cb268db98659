// How much of a processor's time was used.
#pragma once

#include <time.h>

#include <chrono>

namespace lxr {

inline std::chrono::nanoseconds cpu_time(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// By all threads of the process. Async-signal-safe.
inline std::chrono::nanoseconds process_cpu_time() {
    return cpu_time(CLOCK_PROCESS_CPUTIME_ID);
}

/// By the calling thread. Async-signal-safe.
inline std::chrono::nanoseconds thread_cpu_time() {
    return cpu_time(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace lxr
