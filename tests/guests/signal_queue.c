// Real-time signals queue in order with their values; sigwaitinfo, sigtimedwait, signalfd, timer_create, rt_tgsigqueueinfo, kill's siginfo.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void handler(int signal, siginfo_t* info, void* context) {
    (void)context;
    printf("handler %d code %d value %d own %d\n", signal - SIGRTMIN, info->si_code, info->si_value.sival_int, info->si_pid == getpid());
}

static void queue(int signal, int value) {
    union sigval v = {.sival_int = value};
    int result = sigqueue(getpid(), signal, v);
    if (result != 0) printf("sigqueue: %d\n", errno);
}

static void timer_signal(int signal, siginfo_t* info, void* context) {
    (void)context;
    printf("timer signal %d code %d value %d overrun %d\n", signal, info->si_code, info->si_value.sival_int, info->si_overrun);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    for (int i = 0; i < 4; ++i) sigaction(SIGRTMIN + i, &action, NULL);
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    queue(SIGRTMIN + 2, 1);
    queue(SIGRTMIN + 1, 2);
    queue(SIGRTMIN + 2, 3);
    queue(SIGRTMIN, 4);
    queue(SIGRTMIN + 1, 5);
    queue(SIGRTMIN, 6);
    sigprocmask(SIG_SETMASK, &old, NULL);

    for (int i = 0; i < 4; ++i) sigaddset(&action.sa_mask, SIGRTMIN + i);  // now one after the other
    for (int i = 0; i < 4; ++i) sigaction(SIGRTMIN + i, &action, NULL);
    sigprocmask(SIG_BLOCK, &all, &old);
    for (int i = 0; i < 3; ++i) queue(SIGRTMIN + 3 - i, 10 + i), queue(SIGRTMIN + 3 - i, 20 + i);
    sigprocmask(SIG_SETMASK, &old, NULL);

    sigprocmask(SIG_BLOCK, &all, &old);
    queue(SIGRTMIN + 1, 30);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    siginfo_t info;
    memset(&info, 0xff, sizeof info);
    struct timespec second = {1, 0}, zero = {0, 0};
    for (int i = 0; i < 3; ++i) {
        int signal = sigtimedwait(&all, &info, i < 2 ? &second : &zero);
        if (signal < 0) {
            printf("sigtimedwait: %s\n", strerrorname_np(errno));
        } else {
            printf("sigtimedwait %s code %d value %d own %d\n", signal >= SIGRTMIN ? "real-time" : strsignal(signal), info.si_code,
                   signal >= SIGRTMIN ? info.si_value.sival_int : 0, info.si_pid == getpid());
        }
    }
    int fd = signalfd(-1, &all, SFD_NONBLOCK);
    queue(SIGRTMIN + 2, 40);
    raise(SIGUSR2);
    struct signalfd_siginfo read_info;
    for (int i = 0; i < 3; ++i) {
        ssize_t size = read(fd, &read_info, sizeof read_info);
        if (size < 0) {
            printf("signalfd: %s\n", strerrorname_np(errno));
        } else {
            printf("signalfd %zd: signal %u code %d int %d\n", size, read_info.ssi_signo, read_info.ssi_code, read_info.ssi_int);
        }
    }
    raise(SIGSEGV);  // synchronous ones can be waited for as well
    int signal = sigtimedwait(&all, &info, &second);
    printf("sigtimedwait %d code %d\n", signal, info.si_code);
    sigprocmask(SIG_SETMASK, &old, NULL);

    struct sigaction on_timer = {.sa_sigaction = timer_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &on_timer, NULL);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 77}};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    struct itimerspec soon = {.it_value = {.tv_nsec = 10000000}};
    timer_settime(timer, 0, &soon, NULL);
    pause();
    timer_delete(timer);

    siginfo_t forged = {.si_code = SI_QUEUE};
    forged.si_value.sival_int = 99;
    forged.si_pid = getpid();
    long result = syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGRTMIN, &forged);
    printf("rt_tgsigqueueinfo %ld\n", result);
    sigaction(SIGSEGV, &on_timer, NULL);
    forged.si_code = SEGV_MAPERR;  // poses as a fault
    result = syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGSEGV, &forged);
    printf("posing %ld\n", result);
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    forged.si_signo = SIGSEGV;
    printf("posing by descriptor %ld\n", syscall(SYS_pidfd_send_signal, self, SIGSEGV, &forged, 0));
    forged.si_signo = SIGBUS;
    printf("posing as another signal %ld\n", syscall(SYS_pidfd_send_signal, self, SIGSEGV, &forged, 0));
    forged.si_code = SI_USER;
    result = syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &forged);
    printf("forged for another: %ld %s\n", result, strerrorname_np(errno));
    return 0;
}
