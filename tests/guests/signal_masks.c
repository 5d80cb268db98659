// Masks: what a handler runs with, SA_NODEFER, SA_RESETHAND, sa_mask, sigsuspend, pselect, ppoll, pending, synchronous signals blocked.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned long kernel_mask(void) {
    unsigned long mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
    return mask;
}
static unsigned long pending(void) {
    unsigned long set = 0;
    syscall(SYS_rt_sigpending, &set, 8);
    return set;
}

static int depth, repeats;
static void handler(int signal, siginfo_t* info, void* context) {
    ucontext_t* user = context;
    unsigned long saved;
    memcpy(&saved, &user->uc_sigmask, 8);
    printf("%*ssignal %d code %d mask %lx saved %lx oldmask %lx\n", depth * 2, "", signal, info->si_code, kernel_mask(), saved,
           (unsigned long)user->uc_mcontext.gregs[REG_OLDMASK]);
    ++depth;
    if (signal == SIGUSR1 && repeats-- > 0) raise(SIGUSR1);
    if (signal == SIGHUP) raise(SIGUSR2);
    --depth;
}

static void install(int signal, int flags, int also) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    if (also) sigaddset(&action.sa_mask, also);
    sigaction(signal, &action, NULL);
}

static void block(int how, unsigned long set) {
    long result = syscall(SYS_rt_sigprocmask, how, &set, NULL, 8);
    printf("mask %d %lx: %ld, now %lx\n", how, set, result, kernel_mask());
}
#define BIT(s) (1UL << ((s) - 1))

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    repeats = 2;
    install(SIGUSR1, SA_NODEFER, 0);
    raise(SIGUSR1);
    repeats = 2;
    install(SIGUSR1, 0, 0);
    raise(SIGUSR1);
    install(SIGHUP, 0, SIGUSR2);
    install(SIGUSR2, SA_RESETHAND, 0);
    raise(SIGHUP);
    struct sigaction old;
    sigaction(SIGUSR2, NULL, &old);
    printf("after reset: default %d flags %x\n", old.sa_handler == SIG_DFL, (unsigned)old.sa_flags);
    install(SIGUSR2, 0, 0);

    block(SIG_BLOCK, ~0UL);
    block(SIG_SETMASK, BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGSEGV) | BIT(SIGTERM));
    install(SIGSEGV, 0, 0);
    raise(SIGUSR2);
    raise(SIGSEGV);
    kill(getpid(), SIGUSR1);
    printf("pending %lx\n", pending());
    block(SIG_UNBLOCK, BIT(SIGSEGV));
    unsigned long none = BIT(SIGTERM);
    long result = syscall(SYS_rt_sigsuspend, &none, 8);
    printf("sigsuspend %ld %d, mask %lx pending %lx\n", result, errno, kernel_mask(), pending());

    raise(SIGUSR1);
    sigset_t set;
    sigemptyset(&set);
    struct timespec second = {1, 0};
    result = pselect(0, NULL, NULL, NULL, &second, &set);
    printf("pselect %ld %d, mask %lx pending %lx\n", result, errno, kernel_mask(), pending());
    raise(SIGUSR2);
    result = ppoll(NULL, 0, &second, &set);
    printf("ppoll %ld %d, mask %lx\n", result, errno, kernel_mask());
    raise(SIGUSR1);
    struct epoll_event event;
    int epoll = epoll_create1(0);
    result = epoll_pwait(epoll, &event, 1, 1000, &set);
    printf("epoll_pwait %ld %d, mask %lx\n", result, errno, kernel_mask());
    struct timespec zero = {0, 1000};
    result = ppoll(NULL, 0, &zero, &set);
    printf("ppoll without signal %ld, mask %lx\n", result, kernel_mask());
    printf("bad sizes: %ld %ld\n", syscall(SYS_rt_sigprocmask, SIG_BLOCK, &none, NULL, 4), syscall(SYS_rt_sigsuspend, &none, 16));

    pid_t pid = fork();
    if (pid == 0) {
        block(SIG_BLOCK, BIT(SIGSEGV));
        *(volatile int*)0 = 1;  // blocked: the kernel kills
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("fault while blocked: signal %d\n", WTERMSIG(status));
    pid = fork();
    if (pid == 0) {
        signal(SIGFPE, SIG_IGN);
        raise(SIGFPE);
        volatile int zero_divisor = 0;
        __asm__ volatile("div %0" ::"r"(zero_divisor) : "rax", "rdx");
        _exit(0);
    }
    waitpid(pid, &status, 0);
    printf("fault while ignored: signal %d\n", WTERMSIG(status));
    return 0;
}
