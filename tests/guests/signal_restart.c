// Which calls a handler interrupts and which go on: with and without SA_RESTART, for read, wait, nanosleep, poll, futex, sigtimedwait.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int caught;
static int pipe_ends[2];

static void handler(int signal) {
    (void)signal;
    ++caught;
    if (caught == 1) {
        struct itimerval again = {.it_value = {.tv_usec = 60000}};
        setitimer(ITIMER_REAL, &again, NULL);
    } else {
        (void)!write(pipe_ends[1], "x", 1);
    }
}

static void start(int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(SIGALRM, &action, NULL);
    caught = 0;
    struct itimerval soon = {.it_value = {.tv_usec = 60000}};
    setitimer(ITIMER_REAL, &soon, NULL);
}
static void stop(const char* what, long result) {
    int error = result < 0 ? errno : 0;
    struct itimerval never = {0};
    setitimer(ITIMER_REAL, &never, NULL);
    printf("%s: %ld %s caught %s\n", what, result, strerrorname_np(error), caught == 0 ? "none" : caught == 1 ? "one" : "two");
    struct pollfd leftover = {.fd = pipe_ends[0], .events = POLLIN};
    char byte;
    while (poll(&leftover, 1, 0) > 0) (void)!read(pipe_ends[0], &byte, 1);
}

static void with(int flags) {
    char byte;
    printf("flags %x\n", (unsigned)flags);
    start(flags);
    stop("read", read(pipe_ends[0], &byte, 1));
    pid_t pid = fork();
    if (pid == 0) {
        usleep(800000);
        _exit(3);
    }
    int status;
    start(flags);
    long result = waitpid(pid, &status, 0);
    stop("waitpid", result < 0 ? result : 1);
    if (result < 0) waitpid(pid, &status, 0);
    struct timespec time = {.tv_nsec = 800000000}, left = {7, 7};
    start(flags);
    result = nanosleep(&time, &left);
    stop("nanosleep", result);
    printf("remaining less: %d\n", left.tv_sec == 0 && left.tv_nsec < time.tv_nsec);
    struct pollfd nothing = {.fd = pipe_ends[0], .events = POLLIN};
    start(flags);
    stop("poll", poll(&nothing, 1, 1500));
    int word = 0;
    struct timespec timeout = {.tv_nsec = 800000000};
    start(flags);
    stop("futex with timeout", syscall(SYS_futex, &word, FUTEX_WAIT, 0, &timeout, NULL, 0));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    start(flags);
    stop("sigtimedwait", sigtimedwait(&set, NULL, &timeout));
    start(flags);
    stop("pause", pause());
    int sockets[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    struct timeval limit = {.tv_usec = 800000};
    setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    start(flags);
    stop("recv with timeout", recv(sockets[0], &byte, 1, 0));
    close(sockets[0]);
    close(sockets[1]);
    char path[] = "/tmp/lxr-lock-XXXXXX";
    int file = mkstemp(path), other = open(path, 2);
    unlink(path);
    flock(file, LOCK_EX);
    pid = fork();
    if (pid == 0) {
        usleep(800000);
        flock(file, LOCK_UN);
        _exit(0);
    }
    start(flags);
    stop("flock", flock(other, LOCK_EX));
    waitpid(pid, &status, 0);
    close(file);
    close(other);
}

int main(void) {
    (void)!pipe(pipe_ends);
    with(0);
    with(SA_RESTART);
    return 0;
}
