// The thread on which regions are compiled: there while there is something to do, and never at a time when its being there
// could be noticed or its locks be inherited.
#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace lxr::optimizing {

/// One per engine. Thread-safe. The thread has all signals blocked, and ends when nothing is left to do.
class CompileThread {
public:
    using Job = std::function<void()>;

    /// @param time_until_next  asked before each job, with a lock held: how long it has to wait; 0 if not at all.
    explicit CompileThread(std::function<std::chrono::nanoseconds()> time_until_next)
        : time_until_next_(std::move(time_until_next)) {}
    ~CompileThread();
    CompileThread(const CompileThread&) = delete;
    CompileThread& operator=(const CompileThread&) = delete;

    /// Runs the job when those before it are done. @return false if the host gives no thread; then the job is dropped.
    bool add(Job job);

    /// Waits until the job that is running is done and the thread has ended, and begins no other one before as many calls of
    /// `resume`. The caller holds no lock that a job takes.
    void pause();
    void resume();
    /// In a child of fork, whose parent has paused: nothing is waiting, and a thread may be begun.
    void start_anew_in_child();

private:
    static void* run(void* self);
    bool begin_thread();
    void work();

    const std::function<std::chrono::nanoseconds()> time_until_next_;
    std::mutex pause_mutex_;          // held while one waits, so that nobody else believes it has been waited for; taken first
    std::mutex mutex_;                // guards all that follows
    std::condition_variable paused_;  // wakes the thread that waits until it may begin
    std::deque<Job> jobs_;
    int pauses_ = 0;
    bool working_ = false;   // the thread looks for jobs
    bool joinable_ = false;  // the thread was begun and nobody has joined it
    pthread_t thread_{};
};

}  // namespace lxr::optimizing
