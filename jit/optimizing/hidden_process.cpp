// Three generations: lxr, a process in lxr's memory that only waits, and the program.
#include "jit/optimizing/hidden_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>

#include "jit/host/hidden_process.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t stack_bytes = 64 << 10;  // half for each of the two
constexpr int descriptor_of_program = 0;

/// What the processes are told, and tell. Lies at the end of their stack.
struct Start {
    const char* path = nullptr;
    int socket = -1;
    std::byte* stack_of_program = nullptr;
    int failure = 0;                    // errno
    bool is_done = false;               // written before `is_pending`
    std::atomic<pid_t> is_pending = 1;  // 0 if it is done, or by the kernel when the one in between has ended
};

long futex(std::atomic<pid_t>& word, int operation, int value) {
    return syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

/// @return false if the one in between has ended before (CLONE_CHILD_CLEARTID in clone(2)).
bool wait_until_done(Start& start) {
    while (start.is_pending.load(std::memory_order_acquire) != 0) futex(start.is_pending, FUTEX_WAIT, 1);
    return start.is_done;
}

struct LimitRow {
    int resource;
    rlim_t soft;
};
/// The guest's soft limits are none of the program's business; and it shall leave no core file.
constexpr std::array limit_rows = {LimitRow{RLIMIT_AS, RLIM_INFINITY}, LimitRow{RLIMIT_DATA, RLIM_INFINITY},
                                   LimitRow{RLIMIT_CPU, RLIM_INFINITY}, LimitRow{RLIMIT_STACK, 8U << 20},
                                   LimitRow{RLIMIT_CORE, 0}};

void set_limits() {
    for (const auto& row : limit_rows) {
        const auto resource = static_cast<__rlimit_resource>(row.resource);
        rlimit limit{};
        if (getrlimit(resource, &limit) != 0) continue;
        limit.rlim_cur = std::min(row.soft, limit.rlim_max);
        setrlimit(resource, &limit);
    }
}

/// All but SIGALRM are blocked, as they have been since before the first clone.
void let_alarm_through() {
    signal(SIGALRM, SIG_DFL);
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
}

void keep_only(int socket) {
    if (socket == descriptor_of_program) {
        fcntl(socket, F_SETFD, 0);
    } else {
        dup2(socket, descriptor_of_program);
    }
    close_range(descriptor_of_program + 1, ~0U, 0);
}

// Both run in lxr's memory, with the thread-local storage of a thread that waits for them.

int run_program(void* argument) {
    auto& start = *static_cast<Start*>(argument);
    set_limits();
    keep_only(start.socket);
    let_alarm_through();
    const std::array<char*, 2> arguments = {const_cast<char*>(start.path), nullptr};
    const std::array<char*, 1> environment = {nullptr};
    execve(start.path, arguments.data(), environment.data());
    start.failure = errno;
    _exit(1);
}

int run_parent(void* argument) {
    auto& start = *static_cast<Start*>(argument);
    setsid();
    const auto program = clone(&run_program, start.stack_of_program, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
    if (program < 0) start.failure = errno;
    close_range(0, ~0U, 0);  // what the guest closes shall be closed
    start.is_done = true;
    start.is_pending.store(0, std::memory_order_release);  // with the acquire in wait_until_done
    futex(start.is_pending, FUTEX_WAKE, 1);
    if (program < 0) _exit(1);
    host::lxr_wait_and_exit(program);
}

void wait_for_end(pid_t child) {
    while (waitpid(child, nullptr, __WCLONE) < 0 && errno == EINTR) {
    }
}

}  // namespace

void HiddenProcess::Unmap::operator()(std::byte* stack) const {
    munmap(stack, stack_bytes);
}

std::expected<HiddenProcess, int> HiddenProcess::start(const char* path, int socket) {
    auto* const memory = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return std::unexpected(errno);
    Stack stack(static_cast<std::byte*>(memory));
    constexpr std::size_t told_bytes = (sizeof(Start) + 63) / 64 * 64;
    auto* const end = stack.get() + stack_bytes - told_bytes;
    auto* const told = new (end) Start{.path = path, .socket = socket, .stack_of_program = stack.get() + stack_bytes / 2};
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler may run in the others
    const auto parent = clone(&run_parent, end, CLONE_VM | CLONE_CHILD_CLEARTID, told, nullptr, nullptr, &told->is_pending);
    const int failure = parent < 0 ? errno : 0;
    const bool is_done = parent > 0 && wait_until_done(*told);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failure != 0) return std::unexpected(failure);
    if (!is_done) {
        static_cast<void>(stack.release());  // the program may be beginning on it yet
        wait_for_end(parent);
        return std::unexpected(ECHILD);
    }
    if (told->failure != 0) {
        wait_for_end(parent);
        return std::unexpected(told->failure);
    }
    return HiddenProcess(parent, std::move(stack));
}

void HiddenProcess::end() {
    kill(-parent_, SIGCONT);
    kill(-parent_, SIGALRM);  // which the one in between has blocked, so that it can wait for the other
    wait_for_end(parent_);
}

}  // namespace lxr::optimizing
