// How guest threads and processes come to be. Host signals are blocked from the first step until the child and the parent have
// settled, so that no signal is caught on behalf of the wrong thread.
#include "runtime/process_creation.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <new>
#include <optional>

#include "lifter/support/check.h"
#include "lifter/support/log.h"
#include "runtime/execve.h"
#include "runtime/guest_memory.h"
#include "runtime/host/system_call.h"
#include "runtime/host_thread.h"
#include "runtime/process.h"
#include "runtime/signal/host_handler.h"
#include "runtime/signal/signal_actions.h"
#include "runtime/signal/thread_signals.h"

namespace lxr {

namespace {

constexpr std::uint64_t clone_clear_sighand = 0x1'0000'0000;
constexpr std::uint64_t clone_into_cgroup = 0x2'0000'0000;
constexpr std::size_t robust_list_head_bytes = 24;

bool has(const CloneRequest& request, std::uint64_t flags) {
    return (request.flags & flags) == flags;
}

/// The registers with which every child starts.
void prepare_child(GuestThread& child, const CloneRequest& request) {
    child[Gpr::rax] = 0;
    if (request.stack_top() != 0) child[Gpr::rsp] = request.stack_top();
    if (has(request, CLONE_SETTLS)) child.set_segment_base(Segment::fs, request.tls);
    // Linux kernel/fork.c, copy_process: sas_ss_reset.
    if ((request.flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) child.signals->alternate_stack.disable();
}

void write_tid(std::uint64_t address, pid_t tid) {
    (void)copy_to_guest(GuestAddress(address), &tid, sizeof tid);  // a bad address is ignored, as by the kernel
}

/// Host threads share everything; what the guest's flags leave out is taken apart again.
void unshare_what_is_not_shared(const CloneRequest& request) {
    const std::uint64_t apart = ~request.flags & (CLONE_FS | CLONE_FILES | CLONE_SYSVSEM);
    if (apart != 0) host_syscall(SYS_unshare, apart);
}

/// The kernel's own lists of the calling thread become the guest's: libc has put its own there.
void set_kernel_lists(const CloneRequest& request) {
    host_syscall(SYS_set_tid_address, has(request, CLONE_CHILD_CLEARTID) ? request.child_tid : 0);
    host_syscall(SYS_set_robust_list, 0, robust_list_head_bytes);
}

/// Waits until the other side has stored something else than 0.
template <typename T>
T wait_for(std::atomic<T>& value) {
    value.wait(0, std::memory_order_acquire);
    return value.load(std::memory_order_acquire);
}

// ---- a thread

constexpr std::uint64_t unsupported_for_threads = CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWCGROUP |
                                                  CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                                  clone_into_cgroup;

void run_thread(std::unique_ptr<GuestThread> child, const CloneRequest& request, std::atomic<pid_t>& started) {
    const auto tid = static_cast<pid_t>(host_syscall(SYS_gettid));
    child->tid = tid;
    set_kernel_lists(request);
    unshare_what_is_not_shared(request);
    if (has(request, CLONE_PARENT_SETTID)) write_tid(request.parent_tid, tid);
    if (has(request, CLONE_CHILD_SETTID)) write_tid(request.child_tid, tid);
    child->host_signal_stack = std::make_unique<HostSignalStack>();
    started.store(tid, std::memory_order_release);  // `request` and `started` are the parent's: not to be touched from here on
    started.notify_one();
    child->run();
}

SyscallResult make_thread(GuestThread& thread, const CloneRequest& request) {
    if ((request.flags & unsupported_for_threads) != 0 || request.set_tid_size != 0) {
        log(LogCategory::process, LogLevel::warning,
            "clone: a thread with flags {:#x} is not supported (runtime/process_creation.cpp)", request.flags);
        return Errno{EINVAL};
    }
    auto child = std::make_unique<GuestThread>(thread, *thread.actions);
    prepare_child(*child, request);
    child->engine_thread = thread.process.engine.make_thread(*child);
    thread.process.live_threads.fetch_add(1);
    // Shared with the child, which may still be in notify_one when this function has returned.
    const auto started = std::make_shared<std::atomic<pid_t>>(0);
    // std::function wants something copyable.
    const auto body = [raw = child.get(), &request, started] {
        run_thread(std::unique_ptr<GuestThread>(raw), request, *started);
    };
    const auto result = start_host_thread(body);
    if (!result) {
        thread.process.live_threads.fetch_sub(1);
        return result;
    }
    (void)child.release();
    return SyscallResult::raw(wait_for(*started));
}

// ---- a process with its own memory

/// Holds every lock whose state a child's copy of the memory must not inherit from another thread.
class ForkLocks {
public:
    explicit ForkLocks(GuestThread& thread) : thread_(thread) {
        thread.process.memory.mutex().lock();  // first: it is held when the engine is told what is unmapped
        thread.process.engine.before_fork();
        thread.actions->mutex().lock();
    }
    void release_in_parent() {
        thread_.actions->mutex().unlock();
        thread_.process.engine.after_fork();
        thread_.process.memory.mutex().unlock();
    }
    /// A recursive mutex remembers the thread id of its owner, which is another one in the child: made anew.
    void release_in_child() {
        std::construct_at(&thread_.actions->mutex());
        std::construct_at(&thread_.process.memory.mutex());
        thread_.process.engine.after_fork_in_child();
    }

private:
    GuestThread& thread_;
};

void start_forked_child(GuestThread& thread, const CloneRequest& request, ForkLocks& locks) {
    locks.release_in_child();
    forget_host_threads();
    thread.tid = static_cast<pid_t>(host_syscall(SYS_gettid));
    thread.process.live_threads.store(1);
    thread.borrows_memory = false;
    thread.signals->forget_held(all_signals);
    prepare_child(thread, request);
    set_kernel_lists(request);
    if (has(request, CLONE_CHILD_SETTID)) write_tid(request.child_tid, thread.tid);
    if (has(request, clone_clear_sighand)) thread.actions->clear_handlers();
}

/// clone or clone3 of the host for flags that libc's fork cannot say. libc then does not know the child's thread id, which
/// only its own recursive mutexes look at, and those only compare it.
std::int64_t raw_clone(const CloneRequest& request) {
    CloneRequest host = request;
    host.flags &= ~(std::uint64_t{CLONE_SETTLS} | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID);
    host.stack = host.stack_size = host.tls = host.child_tid = 0;
    const bool needs_clone3 =
        (request.flags >> 32) != 0 || request.set_tid_size != 0 || has(request, CLONE_PIDFD | CLONE_PARENT_SETTID);
    if (needs_clone3) return host_syscall(SYS_clone3, reinterpret_cast<std::uint64_t>(&host), sizeof host);
    // clone has one place for the two results (clone(2), CLONE_PIDFD).
    const std::uint64_t result_place = has(request, CLONE_PIDFD) ? host.pidfd : host.parent_tid;
    return host_syscall(SYS_clone, host.flags | host.exit_signal, 0, result_place);
}

SyscallResult make_fork(GuestThread& thread, const CloneRequest& request) {
    constexpr std::uint64_t done_by_hand = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_SETTLS;
    const bool plain = (request.flags & ~done_by_hand) == 0 && request.exit_signal == SIGCHLD && request.set_tid_size == 0;
    ForkLocks locks(thread);
    std::int64_t pid = 0;
    if (plain) {
        pid = fork();  // libc's: malloc's locks are free in the child
        if (pid < 0) pid = -errno;
    } else {
        pid = raw_clone(request);
    }
    if (pid == 0) {
        start_forked_child(thread, request, locks);
        return SyscallResult::raw(0);
    }
    locks.release_in_parent();
    if (plain && pid > 0 && has(request, CLONE_PARENT_SETTID)) write_tid(request.parent_tid, static_cast<pid_t>(pid));
    return SyscallResult::raw(pid);
}

// ---- a process in its parent's memory

/// The child runs on a host stack of its own with the host thread's TLS of whoever makes it, who waits meanwhile (CLONE_VFORK);
/// it may be killed at any moment.
struct BorrowingChild {
    std::optional<SignalActions> own_actions;
    std::unique_ptr<GuestThread> thread;
    CloneRequest request;
    std::atomic<pid_t> started = 0;
};

void run_borrowing_child(BorrowingChild* child) {
    GuestThread& thread = *child->thread;
    thread.tid = static_cast<pid_t>(host_syscall(SYS_gettid));
    if (has(child->request, CLONE_PARENT_SETTID)) write_tid(child->request.parent_tid, thread.tid);
    if (has(child->request, clone_clear_sighand)) thread.actions->clear_handlers();
    child->started.store(thread.tid, std::memory_order_release);
    child->started.notify_one();
    thread.run();
    LXR_CHECK(false && "a borrowing child ends by exit or execve");
}

std::unique_ptr<BorrowingChild> prepare_borrowing_child(GuestThread& thread, const CloneRequest& request) {
    auto child = std::make_unique<BorrowingChild>();
    child->request = request;
    const bool shares_actions = has(request, CLONE_SIGHAND);
    if (!shares_actions) child->own_actions.emplace(*thread.actions);
    child->thread = std::make_unique<GuestThread>(thread, shares_actions ? *thread.actions : *child->own_actions);
    child->thread->borrows_memory = true;
    prepare_child(*child->thread, request);
    child->thread->engine_thread = thread.process.engine.make_thread(*child->thread);
    return child;
}

/// Makes the child and waits until it has ended or executed another program. @return its process id or -errno.
std::int64_t run_while_waiting(BorrowingChild& child, const HostStack& stack) {
    auto* top = reinterpret_cast<std::uint64_t*>(stack.end()) - 2;
    top[0] = reinterpret_cast<std::uint64_t>(&run_borrowing_child);
    top[1] = reinterpret_cast<std::uint64_t>(&child);
    CloneRequest host = child.request;
    host.flags = (host.flags | CLONE_VFORK) & ~(std::uint64_t{CLONE_SETTLS} | CLONE_PARENT_SETTID);
    host.tls = 0;
    const bool needs_clone3 = (host.flags >> 32) != 0 || host.set_tid_size != 0;
    if (needs_clone3) {
        host.stack = reinterpret_cast<std::uint64_t>(stack.begin());
        host.stack_size = reinterpret_cast<std::uint64_t>(top) - host.stack;
        const std::array<std::uint64_t, 6> arguments = {reinterpret_cast<std::uint64_t>(&host), sizeof host};
        return lxr_clone_with_stack(SYS_clone3, arguments.data());
    }
    const std::array<std::uint64_t, 6> arguments = {host.flags | host.exit_signal, reinterpret_cast<std::uint64_t>(top),
                                                    host.pidfd, host.child_tid};
    return lxr_clone_with_stack(SYS_clone, arguments.data());
}

SyscallResult make_vfork(GuestThread& thread, const CloneRequest& request) {
    const auto stack = HostStack::make();
    if (!stack) return stack.error();
    const auto child = prepare_borrowing_child(thread, request);
    const std::int64_t pid = run_while_waiting(*child, *stack);
    GuestThread::set_current(&thread);
    return SyscallResult::raw(pid);
}

/// CLONE_VM without CLONE_VFORK: a host thread is the one that waits, and lends its TLS.
SyscallResult make_concurrent_child(GuestThread& thread, const CloneRequest& request) {
    auto stack = HostStack::make();
    if (!stack) return stack.error();
    const std::shared_ptr<BorrowingChild> child = prepare_borrowing_child(thread, request);
    const auto shared_stack = std::make_shared<HostStack>(std::move(*stack));
    const auto started = start_host_thread([child, shared_stack] {
        const std::int64_t pid = run_while_waiting(*child, *shared_stack);
        GuestThread::set_current(nullptr);
        if (pid >= 0) return;
        child->started.store(static_cast<pid_t>(pid), std::memory_order_release);
        child->started.notify_one();
    });
    if (!started) return started;
    return SyscallResult::raw(wait_for(child->started));
}

// ----

using MakeChild = SyscallResult (*)(GuestThread&, const CloneRequest&);

/// Which shape the flags ask for; the first row whose flags are all there.
struct Shape {
    std::uint64_t flags;
    MakeChild make;
};
constexpr std::array shapes = {
    Shape{CLONE_THREAD, make_thread},
    Shape{CLONE_VM | CLONE_VFORK, make_vfork},
    Shape{CLONE_VM, make_concurrent_child},
    Shape{0, make_fork},
};

/// Linux kernel/fork.c, copy_process: what contradicts itself.
bool contradictory(const CloneRequest& request) {
    return (has(request, CLONE_THREAD) && !has(request, CLONE_SIGHAND)) ||
           (has(request, CLONE_SIGHAND) && !has(request, CLONE_VM)) || has(request, CLONE_NEWNS | CLONE_FS) ||
           has(request, CLONE_NEWUSER | CLONE_FS) || has(request, CLONE_SIGHAND | clone_clear_sighand);
}

/// The engine's descriptors are those of all threads and of no other process.
bool breaks_descriptor_table_apart(const CloneRequest& request) {
    return has(request, CLONE_THREAD) ? !has(request, CLONE_FILES) : has(request, CLONE_FILES) && !has(request, CLONE_VM);
}

}  // namespace

SyscallResult clone_guest(GuestThread& thread, const CloneRequest& request) {
    if (contradictory(request)) return Errno{EINVAL};
    if (breaks_descriptor_table_apart(request) && !thread.borrows_memory) {
        thread.process.engine.begin_alone();
        thread.process.engine.end_alone(false);
    }
    if (has(request, CLONE_VM) && !has(request, CLONE_VFORK)) thread.process.engine.expect_onlookers();
    if (!block_host_signals(thread)) return SyscallResult::restart();
    const auto* shape = shapes.begin();
    while (!has(request, shape->flags)) ++shape;
    const SyscallResult result = shape->make(thread, request);
    set_host_mask(thread.signals->mask);
    return result;
}

}  // namespace lxr
