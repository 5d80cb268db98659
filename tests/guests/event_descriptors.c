// epoll, eventfd, timerfd, inotify, select and poll as event loops use them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void epoll(void) {
    int queue = epoll_create1(EPOLL_CLOEXEC);
    int event = eventfd(3, EFD_NONBLOCK);
    struct epoll_event wanted = {EPOLLIN | EPOLLOUT, {.u64 = 0x1234567890abcdef}};
    check("add", epoll_ctl(queue, EPOLL_CTL_ADD, event, &wanted));
    check("add again", epoll_ctl(queue, EPOLL_CTL_ADD, event, &wanted));
    check("add itself", epoll_ctl(queue, EPOLL_CTL_ADD, queue, &wanted));
    struct epoll_event got[4];
    check("wait", epoll_wait(queue, got, 4, 1000));
    printf("events %x data %lx\n", got[0].events, (unsigned long)got[0].data.u64);
    uint64_t value = 0;
    check("read", read(event, &value, 8));
    printf("value %lu\n", (unsigned long)value);
    check("read when zero", read(event, &value, 8));
    wanted.events = EPOLLIN | EPOLLET | EPOLLONESHOT;
    check("modify", epoll_ctl(queue, EPOLL_CTL_MOD, event, &wanted));
    check("nothing", epoll_wait(queue, got, 4, 0));
    value = 5;
    check("write", write(event, &value, 8));
    check("one shot", epoll_pwait(queue, got, 4, 1000, NULL));
    check("shot", epoll_wait(queue, got, 4, 0));
    struct timespec timeout = {0, 1000000};
    check("epoll_pwait2", syscall(SYS_epoll_pwait2, queue, got, 4, &timeout, NULL, 8));
    check("bad size", epoll_wait(queue, got, 0, 0));
    check("bad pointer", epoll_ctl(queue, EPOLL_CTL_MOD, event, (struct epoll_event*)8));
    check("delete", epoll_ctl(queue, EPOLL_CTL_DEL, event, NULL));
    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    for (int i = 0; i < 3; ++i) check("semaphore", read(semaphore, &value, 8));
    value = ~0ULL;
    check("too much", write(semaphore, &value, 8));
}

static void timer(void) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec when = {{0, 1000000}, {0, 1000000}}, old;
    uint64_t count = 0;
    check("not armed", read(timer, &count, 8));
    check("settime", timerfd_settime(timer, 0, &when, NULL));
    struct pollfd poll_timer = {timer, POLLIN, 0};
    check("poll", poll(&poll_timer, 1, 5000));
    check("read", read(timer, &count, 8));
    printf("at least once %d\n", count >= 1);
    check("gettime", timerfd_gettime(timer, &old));
    printf("interval %ld\n", old.it_interval.tv_nsec);
    check("disarm", timerfd_settime(timer, 0, &(struct itimerspec){0}, &old));
    check("bad clock", timerfd_create(77, 0));
}

static void notify(void) {
    int queue = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    mkdir("watched", 0700);
    int watch = inotify_add_watch(queue, "watched", IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE);
    check("watch", watch);
    check("watch what is not there", inotify_add_watch(queue, "nowhere", IN_CREATE));
    close(open("watched/one", O_CREAT | O_WRONLY, 0600));
    rename("watched/one", "watched/two");
    unlink("watched/two");
    char buffer[4096] __attribute__((aligned(8)));
    long size = read(queue, buffer, sizeof buffer);
    for (long at = 0; at < size;) {
        struct inotify_event* event = (struct inotify_event*)(buffer + at);
        printf("event %x %s cookie %d\n", event->mask, event->len ? event->name : "", event->cookie != 0);
        at += sizeof *event + event->len;
    }
    check("no more", read(queue, buffer, sizeof buffer));
    check("remove", inotify_rm_watch(queue, watch));
    check("remove again", inotify_rm_watch(queue, watch));
}

static volatile sig_atomic_t caught;
static void on_signal(int signal) {
    caught = signal;
}

static void selects(void) {
    int ends[2];
    pipe(ends);
    fd_set reading, writing;
    FD_ZERO(&reading);
    FD_ZERO(&writing);
    FD_SET(ends[0], &reading);
    FD_SET(ends[1], &writing);
    struct timeval timeout = {0, 0};
    check("select", select(ends[1] + 1, &reading, &writing, NULL, &timeout));
    printf("sets %d %d\n", FD_ISSET(ends[0], &reading) != 0, FD_ISSET(ends[1], &writing) != 0);
    FD_SET(99, &reading);
    check("select of a closed one", select(100, &reading, NULL, NULL, &timeout));

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR1);
    printf("blocked %d\n", caught);
    check("ppoll lets it in", ppoll(NULL, 0, NULL, &none));
    printf("caught %d\n", caught);
    caught = 0;
    raise(SIGUSR1);
    FD_ZERO(&reading);
    FD_SET(ends[0], &reading);
    check("pselect lets it in", pselect(ends[1] + 1, &reading, NULL, NULL, NULL, &none));
    printf("caught %d\n", caught);
    caught = 0;
    raise(SIGUSR1);
    int queue = epoll_create1(0);
    struct epoll_event got;
    check("epoll_pwait lets it in", epoll_pwait(queue, &got, 1, -1, &none));
    printf("caught %d\n", caught);
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    printf("still blocked %d\n", sigismember(&now, SIGUSR1));
    check("negative descriptor", poll(&(struct pollfd){-1, POLLIN, 0}, 1, 1));
    struct pollfd closed = {99, POLLIN, 0};
    check("poll of a closed one", poll(&closed, 1, 0));
    printf("revents %x\n", closed.revents);
}

int main(void) {
    epoll();
    timer();
    notify();
    selects();
    return 0;
}
