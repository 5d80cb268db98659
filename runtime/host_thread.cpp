// Detached host threads on stacks of our own. libc runs its own clean-up when the body returns; the kernel's part of a thread's
// end (clear_child_tid, robust list) belongs to the guest, so libc cannot tell when a stack is free: we ask the kernel.
#include "runtime/host_thread.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <mutex>
#include <utility>

#include "lifter/support/address.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

constexpr std::size_t stack_bytes = 512 * 1024;

struct HostThread {
    HostStack stack;
    std::function<void()> body;
    pid_t tid = 0;
    /// The body has returned; the thread may still use its stack.
    std::atomic<bool> finished = false;
};

struct HostThreads {
    std::mutex mutex;
    std::list<HostThread> list;
};

HostThreads* host_threads = nullptr;  // never destroyed: threads may outlive static destruction
std::once_flag host_threads_made;

HostThreads& the_host_threads() {
    std::call_once(host_threads_made, [] { host_threads = new HostThreads; });
    return *host_threads;
}

bool is_gone(const HostThread& thread) {
    if (!thread.finished.load(std::memory_order_acquire)) return false;
    return host_syscall(SYS_tgkill, static_cast<std::uint64_t>(getpid()), static_cast<std::uint64_t>(thread.tid), 0) == -ESRCH;
}

void* run_body(void* argument) {
    auto& thread = *static_cast<HostThread*>(argument);
    thread.tid = static_cast<pid_t>(host_syscall(SYS_gettid));
    thread.body();
    thread.body = nullptr;
    thread.finished.store(true, std::memory_order_release);
    return nullptr;
}

int start(HostThread& thread) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstack(&attributes, thread.stack.begin(), thread.stack.size_bytes());
    pthread_t handle{};
    const int failed = pthread_create(&handle, &attributes, run_body, &thread);
    pthread_attr_destroy(&attributes);
    return failed;
}

}  // namespace

Result<HostStack> HostStack::make() {
    void* const memory = mmap(nullptr, page_size_bytes + stack_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return error(EAGAIN);
    mprotect(memory, page_size_bytes, PROT_NONE);
    return HostStack(static_cast<std::byte*>(memory));
}

HostStack::HostStack(HostStack&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}

HostStack& HostStack::operator=(HostStack&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
}

HostStack::~HostStack() {
    if (memory_ != nullptr) munmap(memory_, page_size_bytes + stack_bytes);
}

std::byte* HostStack::end() const {
    return memory_ + page_size_bytes + stack_bytes;
}

std::size_t HostStack::size_bytes() const {
    return page_size_bytes + stack_bytes;
}

Result<void> start_host_thread(std::function<void()> body) {
    HostThreads& threads = the_host_threads();
    const std::scoped_lock lock(threads.mutex);
    threads.list.remove_if(is_gone);
    auto stack = HostStack::make();
    if (!stack) return std::unexpected(stack.error());
    HostThread& thread = threads.list.emplace_back(std::move(*stack), std::move(body));
    if (const int failed = start(thread); failed != 0) {
        threads.list.pop_back();
        return error(failed);
    }
    return {};
}

void forget_host_threads() {
    // Not freed: whoever held its mutex does not exist here, and the calling thread may run on one of the stacks.
    if (host_threads != nullptr) host_threads = new HostThreads;
}

}  // namespace lxr
