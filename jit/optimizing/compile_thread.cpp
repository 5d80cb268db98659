// A deque of jobs under a mutex: a region is a matter of milliseconds.
#include "jit/optimizing/compile_thread.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "lifter/support/engine_tasks.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t stack_bytes = 256U << 10;
using Nanoseconds = std::chrono::duration<double, std::nano>;
constexpr const char* no_answer = "the optimiser has ended";

}  // namespace

CompileThread::~CompileThread() {
    pause();
}

bool CompileThread::add(CompileJob job) {
    const std::scoped_lock lock(mutex_);
    if (pauses_ == 0) {
        // Now: later, its descriptors would take numbers that the guest gets. Who holds the mutex has a process.
        const std::unique_lock process(process_mutex_, std::try_to_lock);
        if (process && !process_.start()) return false;
    }
    if (wake_ == nullptr) wake_ = std::make_unique<EngineDescriptor>(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    jobs_.push_back(std::move(job));
    paused_.notify_all();
    if (working_ || pauses_ > 0 || begin_thread()) return true;
    jobs_.pop_back();
    return false;
}

void CompileThread::remind() {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(reminds_, true)) return;
    waited_ = missing_ = {};
    if (!working_ && pauses_ == 0 && !begin_thread()) reminds_ = false;
}

std::optional<RegionAnswer> CompileThread::ask(const RegionRequest& request) {
    const std::scoped_lock lock(process_mutex_);
    if (!process_.send(request)) return std::nullopt;
    RegionAnswer answer;
    if (process_.receive(answer, -1) == OptimizerProcess::Outcome::answered) return answer;
    if (!process_.is_available()) return std::nullopt;
    answer.refusal = no_answer;
    return answer;
}

/// With the mutex held, while nothing works. A thread that was there before has nothing more to do than to end.
bool CompileThread::begin_thread() {
    if (std::exchange(joinable_, false)) join_thread();
    pthread_attr_t attributes;
    sigset_t all;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_attr_setsigmask_np(&attributes, &all);
    working_ = joinable_ = pthread_create(&thread_, &attributes, &run, this) == 0;
    pthread_attr_destroy(&attributes);
    if (working_) is_hidden_.wait(false, std::memory_order_acquire);  // the guest may look at its threads next
    return working_;
}

void CompileThread::join_thread() {
    pthread_join(thread_, nullptr);
    is_hidden_ = false;
    end_engine_task();
}

void* CompileThread::run(void* self) {
    auto& thread = *static_cast<CompileThread*>(self);
    begin_engine_task();
    thread.is_hidden_.store(true, std::memory_order_release);  // with the acquire in begin_thread
    thread.is_hidden_.notify_one();
    thread.work();
    return nullptr;
}

void CompileThread::work() {
    std::unique_lock lock(mutex_);
    while (pauses_ == 0 && (!jobs_.empty() || reminds_)) jobs_.empty() ? wait_for_reminder(lock) : compile_first(lock);
    working_ = false;
}

/// With the lock held, as at its end. How long the process will take for what is missing is foreseen by how long it took for
/// what it has used meanwhile: it may have a part of a processor only. One that waits for something itself is woken less and
/// less often.
void CompileThread::wait_for_reminder(std::unique_lock<std::mutex>& lock) {
    const auto missing = callbacks_.time_until_reminder();
    if (missing.count() > 0) {
        const auto used = std::exchange(missing_, missing) - missing;
        Nanoseconds next = std::max(missing, 2 * waited_);
        if (used.count() > 0) next = std::clamp<Nanoseconds>(missing * (Nanoseconds(waited_) / used), missing, next);
        waited_ = std::chrono::duration_cast<std::chrono::nanoseconds>(next);
        paused_.wait_for(lock, waited_, [this] { return pauses_ > 0 || !jobs_.empty(); });
        return;
    }
    reminds_ = false;
    lock.unlock();
    callbacks_.remind();
    lock.lock();
}

/// With the lock held, as at its end. The job stays the first one if it is interrupted.
void CompileThread::compile_first(std::unique_lock<std::mutex>& lock) {
    auto& job = jobs_.front();  // stays where it is while others are added
    lock.unlock();
    RegionAnswer answer;
    const auto outcome = exchange(job, answer);
    if (outcome == Outcome::answered) job.finish(job.request, answer);
    lock.lock();
    if (outcome == Outcome::interrupted) return;
    const auto wants_look = std::move(job.wants_look);
    jobs_.pop_front();
    bool looks = outcome == Outcome::answered;
    for (unsigned i = 0; looks && i < most_looks; ++i) {
        paused_.wait_for(lock, look_up_after, [this] { return pauses_ > 0; });
        lock.unlock();
        looks = wants_look();
        if (looks) callbacks_.look_up();
        lock.lock();
        looks &= pauses_ == 0;
    }
}

CompileThread::Outcome CompileThread::exchange(const CompileJob& job, RegionAnswer& answer) {
    const std::scoped_lock lock(process_mutex_);
    if (!is_sent_ && (!job.is_wanted() || !process_.send(job.request))) return Outcome::dropped;
    is_sent_ = true;
    const auto outcome = process_.receive(answer, wake_->get());
    if (outcome == OptimizerProcess::Outcome::interrupted) return Outcome::interrupted;
    is_sent_ = false;
    if (outcome == OptimizerProcess::Outcome::gone) answer.refusal = no_answer;
    return Outcome::answered;
}

void CompileThread::pause() {
    const std::scoped_lock pausing(pause_mutex_);
    {
        const std::scoped_lock lock(mutex_);
        ++pauses_;  // nobody begins a thread from here on
        paused_.notify_all();
    }
    if (!std::exchange(joinable_, false)) return;
    if (wake_ != nullptr) wake_->with([](int number) { return eventfd_write(number, 1); });
    join_thread();
    eventfd_t woken = 0;
    if (wake_ != nullptr) wake_->with([&woken](int number) { return eventfd_read(number, &woken); });
}

void CompileThread::resume() {
    const std::scoped_lock lock(mutex_);
    if (--pauses_ > 0 || working_ || getpid() != process_id_) return;  // a vfork child's threads end with it
    is_left_ = jobs_.empty() && reminds_;
    if (jobs_.empty() || begin_thread()) return;
    jobs_.clear();
    reminds_ = false;
}

void CompileThread::begin_what_is_left() {
    const std::scoped_lock lock(mutex_);
    if (getpid() != process_id_ || !is_left_.exchange(false)) return;
    if (reminds_ && pauses_ == 0 && !working_ && !begin_thread()) reminds_ = false;
}

void CompileThread::end_process() {
    const std::scoped_lock lock(process_mutex_);
    process_.end();
    is_sent_ = false;
}

void CompileThread::before_fork() {
    pause();
    process_mutex_.lock();
}

void CompileThread::after_fork() {
    process_mutex_.unlock();
    resume();
}

void CompileThread::start_anew_in_child() {
    // Other threads, which are not here, may have held them for a moment.
    std::construct_at(&pause_mutex_);
    std::construct_at(&process_mutex_);
    std::construct_at(&mutex_);
    std::construct_at(&paused_);
    EngineDescriptor::unlock_in_child();
    reminds_ = false;
    is_left_ = false;
    is_hidden_ = false;
    end_engine_task();
    process_.forget();
    is_sent_ = false;
    wake_.reset();
    jobs_.clear();
    pauses_ = 0;
    process_id_ = getpid();
}

}  // namespace lxr::optimizing
