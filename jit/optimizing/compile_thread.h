// Requests to the optimiser's process, and the thread that waits for its answers: there while there is something to compile,
// and never at a time when its being there could be noticed or its locks be inherited.
#pragma once

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "jit/optimizing/optimizer_process.h"
#include "lifter/support/engine_descriptors.h"

namespace lxr::optimizing {

struct CompileJob {
    RegionRequest request;
    /// Asked before the request is sent: false if it has become pointless.
    std::function<bool()> is_wanted;
    std::function<void(const RegionRequest&, const RegionAnswer&)> finish;
    /// Asked some time after `finish`, some times: whether the engine's threads are to look up.
    std::function<bool()> wants_look;
};

/// One per engine. Thread-safe. The thread has all signals blocked, and calls a job's functions without holding a lock.
class CompileThread {
public:
    struct Callbacks {
        /// Asked with a lock held: how long it is until `remind` is to be called, at least; 0 if that is now.
        std::function<std::chrono::nanoseconds()> time_until_reminder;
        std::function<void()> remind;
        /// Called when a job wants it.
        std::function<void()> look_up;
    };
    explicit CompileThread(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}
    ~CompileThread();
    CompileThread(const CompileThread&) = delete;
    CompileThread& operator=(const CompileThread&) = delete;

    /// From a job's end to the first look, and to the next.
    static constexpr std::chrono::milliseconds look_up_after{3};
    static constexpr unsigned most_looks = 8;

    /// Does the job when those before it are done. Starts the process if it is not there, on the calling thread, whose
    /// descriptors it then is that has them. @return false if there is no optimiser or no thread; then the job is dropped.
    bool add(CompileJob job);

    /// `Callbacks::remind` will be called once.
    void remind();

    /// Waits for the answer on the calling thread. @return nothing if there is none, because there is no optimiser.
    std::optional<RegionAnswer> ask(const RegionRequest& request);

    /// Ends the thread at once, and begins no other one before as many calls of `resume`. What the process was asked it goes on
    /// with. The caller holds no lock that a job or a reminder takes.
    void pause();
    /// Begins the thread again if there is a job; for a reminder, `go_on` does. By a vfork child it is left to the next `add`.
    void resume();
    /// Called now and then by the guest's threads: begins what `resume` has left. Who forks again and again would else begin a
    /// thread each time, and end it.
    void go_on() {
        if (is_left_.load(std::memory_order_relaxed)) begin_what_is_left();  // a hint: the mutex guards what is looked at then
    }
    /// Ends the process, too; only between `pause` and `resume`. A request that it has not answered will be sent to the next.
    void end_process();

    /// Brackets a fork, with all locks held in between.
    void before_fork();
    void after_fork();
    /// Instead of after_fork in the child: nothing is waiting, and a process and a thread may be begun.
    void start_anew_in_child();

private:
    static void* run(void* self);
    bool begin_thread();
    void join_thread();
    void begin_what_is_left();
    void work();
    void wait_for_reminder(std::unique_lock<std::mutex>& lock);
    void compile_first(std::unique_lock<std::mutex>& lock);
    enum class Outcome : unsigned char { answered, interrupted, dropped };
    Outcome exchange(const CompileJob& job, RegionAnswer& answer);

    const Callbacks callbacks_;
    std::mutex pause_mutex_;    // held while one waits, so that nobody else believes it has been waited for; taken first
    std::mutex process_mutex_;  // guards process_ and is_sent_
    OptimizerProcess process_;
    bool is_sent_ = false;                    // the first job's request
    std::unique_ptr<EngineDescriptor> wake_;  // an eventfd that interrupts the thread; made before the first job
    std::mutex mutex_;                        // guards all that follows
    std::condition_variable paused_;          // wakes the thread that waits until it may go on
    std::deque<CompileJob> jobs_;
    bool reminds_ = false;
    std::atomic<bool> is_left_ = false;   // a reminder, to `go_on`; written with the mutex held
    std::chrono::nanoseconds waited_{};   // for the reminder, last time
    std::chrono::nanoseconds missing_{};  // what time_until_reminder said then
    pid_t process_id_ = getpid();
    int pauses_ = 0;
    bool working_ = false;                 // the thread looks for jobs
    std::atomic<bool> is_hidden_ = false;  // from the guest
    bool joinable_ = false;                // the thread was begun and nobody has joined it
    pthread_t thread_{};
};

}  // namespace lxr::optimizing
