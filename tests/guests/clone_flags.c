// clone and clone3 without CLONE_VM: thread ids written, pidfd, exit signal, new stack, sizes and errors of clone3, set_tid_address.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int got;
static void handler(int signal) { got = signal; }
static int status;

static void result(const char* what, long pid, int flags) {
    if (pid < 0) {
        printf("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    long waited = waitpid((pid_t)pid, &status, flags);
    printf("%s: waited %d status %x\n", what, waited == pid, status);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    int child_tid = 0, parent_tid = 0, pidfd = -1;
    long pid = syscall(SYS_clone, SIGCHLD | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID, 0, &parent_tid, &child_tid, 0);
    if (pid == 0) _exit(child_tid == getpid() ? 1 : 2);
    printf("parent sees %d %d\n", parent_tid == pid, child_tid);
    result("ids", pid, 0);

    pid = syscall(SYS_clone, SIGCHLD | CLONE_PIDFD, 0, &pidfd, 0, 0);
    if (pid == 0) _exit(3);
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    printf("pidfd ready %d\n", poll(&poll_fd, 1, 5000));
    siginfo_t info = {0};
    printf("waitid by pidfd %d", waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    printf(" status %d\n", info.si_status);

    signal(SIGUSR1, handler);
    pid = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
    if (pid == 0) _exit(4);
    result("exit signal", pid, __WALL);
    printf("got %d\n", got);
    pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (pid == 0) _exit(5);
    result("no exit signal, without __WCLONE", pid, 0);
    result("no exit signal", pid, __WCLONE);
    printf("files and paths shared: ");
    pid = syscall(SYS_clone, SIGCHLD | CLONE_FS | CLONE_FILES, 0, 0, 0, 0);
    if (pid == 0) {
        (void)!chdir("/");
        close(pidfd);
        _exit(0);
    }
    waitpid((pid_t)pid, &status, 0);
    char folder[100];
    printf("%s %d\n", getcwd(folder, sizeof folder), close(pidfd));

    struct clone_args args = {.flags = CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | CLONE_PIDFD,
                              .child_tid = (uintptr_t)&child_tid,
                              .parent_tid = (uintptr_t)&parent_tid,
                              .pidfd = (uintptr_t)&pidfd,
                              .exit_signal = SIGCHLD};
    pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) _exit(child_tid == getpid() ? 6 : 7);
    printf("parent_tid %d pidfd open %d\n", parent_tid == pid, close(pidfd) == 0);
    result("clone3", pid, 0);
    args = (struct clone_args){.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    signal(SIGUSR2, SIG_IGN);
    signal(SIGSEGV, handler);
    pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) {
        struct sigaction one, two, three;
        sigaction(SIGUSR1, NULL, &one);
        sigaction(SIGUSR2, NULL, &two);
        sigaction(SIGSEGV, NULL, &three);
        _exit((one.sa_handler == SIG_DFL) + 2 * (two.sa_handler == SIG_IGN) + 4 * (three.sa_handler == SIG_DFL));
    }
    result("clear actions", pid, 0);
    result("clone3 too small", syscall(SYS_clone3, &args, 8), 0);
    result("clone3 bad pointer", syscall(SYS_clone3, 8, 88), 0);
    args = (struct clone_args){.stack_size = 5, .exit_signal = SIGCHLD};
    result("clone3 stack size alone", syscall(SYS_clone3, &args, sizeof args), 0);
    args = (struct clone_args){.exit_signal = 65};
    result("clone3 bad exit signal", syscall(SYS_clone3, &args, sizeof args), 0);
    args = (struct clone_args){.flags = CLONE_THREAD, .exit_signal = 0};
    result("clone3 thread alone", syscall(SYS_clone3, &args, sizeof args), 0);
    args = (struct clone_args){.flags = 17, .exit_signal = 0};
    result("clone3 signal in flags", syscall(SYS_clone3, &args, sizeof args), 0);
    char large[200] = {0};
    large[190] = 1;
    result("clone3 from the future", syscall(SYS_clone3, large, sizeof large), 0);
    printf("set_tid_address %d\n", syscall(SYS_set_tid_address, &child_tid) == getpid());
    pid = syscall(SYS_fork);
    if (pid == 0) _exit(8);
    result("fork", pid, 0);
    return 0;
}
