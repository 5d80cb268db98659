// A deque of jobs under a mutex: a region is a matter of milliseconds.
#include "jit/optimizing/compile_thread.h"

#include <linux/close_range.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {
/// LLVM recurses; the guest's RLIMIT_STACK, which would be the default, is none of its business.
constexpr std::size_t stack_bytes = 8U << 20;

/// Gives the thread descriptors of its own, none but the log's: what it opens takes no number that the guest would get, and
/// what the guest closes is closed. Where the kernel refuses, it goes on with the guest's.
void leave_guest_descriptors() {
    const int log = log_descriptor();
    if (log > 0) close_range(0, static_cast<unsigned>(log) - 1, CLOSE_RANGE_UNSHARE);
    close_range(static_cast<unsigned>(log + 1), ~0U, CLOSE_RANGE_UNSHARE);
}

}  // namespace

CompileThread::~CompileThread() {
    pause();
}

bool CompileThread::add(Job job) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
    if (working_ || pauses_ > 0 || begin_thread()) return true;
    jobs_.pop_back();
    return false;
}

/// With the mutex held, while nothing works. A thread that was there before has nothing more to do than to end.
bool CompileThread::begin_thread() {
    if (std::exchange(joinable_, false)) pthread_join(thread_, nullptr);
    pthread_attr_t attributes;
    sigset_t all;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_attr_setsigmask_np(&attributes, &all);
    working_ = joinable_ = pthread_create(&thread_, &attributes, &run, this) == 0;
    pthread_attr_destroy(&attributes);
    return working_;
}

void* CompileThread::run(void* self) {
    leave_guest_descriptors();
    static_cast<CompileThread*>(self)->work();
    return nullptr;
}

void CompileThread::work() {
    std::unique_lock lock(mutex_);
    while (pauses_ == 0 && !jobs_.empty()) {
        if (const auto wait = time_until_next_(); wait.count() > 0) {
            paused_.wait_for(lock, wait);
            continue;
        }
        const auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
    working_ = false;
}

void CompileThread::pause() {
    const std::scoped_lock pausing(pause_mutex_);
    {
        const std::scoped_lock lock(mutex_);
        ++pauses_;  // nobody begins a thread from here on
        paused_.notify_all();
    }
    if (std::exchange(joinable_, false)) pthread_join(thread_, nullptr);
}

void CompileThread::resume() {
    const std::scoped_lock lock(mutex_);
    if (--pauses_ == 0 && !working_ && !jobs_.empty() && !begin_thread()) jobs_.clear();
}

void CompileThread::start_anew_in_child() {
    // Other threads, which are not here, may have held them for a moment.
    std::construct_at(&pause_mutex_);
    std::construct_at(&mutex_);
    std::construct_at(&paused_);
    jobs_.clear();
    pauses_ = 0;
}

}  // namespace lxr::optimizing
