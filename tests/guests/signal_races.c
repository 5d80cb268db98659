// Signals that arrive around the entry of a blocking call must not be lost: ping-pong by kill and sigsuspend, ppoll, read; storms of timers.
// flags: -O1 -pthread -static
// flags: -O1 -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t pings;
static void on_ping(int signal) {
    (void)signal;
    ++pings;
}

// Each side waits for the other's signal with the signal blocked except in the wait.
static void ping_pong(const char* name, int (*wait_once)(const sigset_t*)) {
    enum { rounds = 2000 };
    sigset_t block, open;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, &open);
    signal(SIGUSR1, on_ping);
    pings = 0;
    pid_t parent = getpid(), child = fork();
    pid_t other = child == 0 ? parent : child;
    for (int round = 0; round < rounds; ++round) {
        if (child != 0) kill(other, SIGUSR1);
        while (pings <= round) wait_once(&open);
        if (child == 0) kill(other, SIGUSR1);
    }
    if (child == 0) _exit(pings == rounds ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    printf("%s: %d and %x\n", name, (int)pings, status);
    sigprocmask(SIG_SETMASK, &open, NULL);
}
static int by_sigsuspend(const sigset_t* mask) { return sigsuspend(mask); }
static int by_ppoll(const sigset_t* mask) { return ppoll(NULL, 0, NULL, mask); }

// A handler that writes to the pipe the reader waits on: if the signal is lost, the read never ends.
static int ends[2];
static void on_alarm(int signal) {
    (void)signal;
    ++pings;
    int saved = errno;
    (void)!write(ends[1], "x", 1);
    errno = saved;
}
static void restarted_reads(void) {
    (void)!pipe(ends);
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    int reads = 0;
    for (int i = 0; i < 2000; ++i) {
        struct itimerval soon = {.it_value = {.tv_usec = 1 + i % 60}};
        setitimer(ITIMER_REAL, &soon, NULL);
        for (volatile int spin = 0; spin < i % 23; ++spin) {
        }
        char byte;
        if (read(ends[0], &byte, 1) == 1) ++reads;
    }
    printf("reads %d\n", reads);
}

static volatile long storm;
static void on_storm(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info, (void)context;
    ++storm;
}
static void storms(void) {
    struct sigaction action = {.sa_sigaction = on_storm, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval often = {.it_interval = {.tv_usec = 200}, .it_value = {.tv_usec = 200}};
    setitimer(ITIMER_REAL, &often, NULL);
    unsigned long sum = 0;
    double real = 1;
    for (int i = 0; i < 200000; ++i) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        sum += strlen(text) * (unsigned long)i;
        real = real * 1.0000001 + (double)i * 1e-9;
        if (i % 20000 == 0) {
            pid_t pid = fork();
            if (pid == 0) _exit(i / 20000);
            int status;
            while (waitpid(pid, &status, 0) < 0) {
            }
            sum += (unsigned long)WEXITSTATUS(status);
        }
    }
    struct itimerval never = {0};
    setitimer(ITIMER_REAL, &never, NULL);
    printf("sum %lu real %.9f storm %s\n", sum, real, storm > 10 ? "many" : "few");
}

static atomic_int stop, received;
static void on_count(int signal) {
    (void)signal;
    atomic_fetch_add(&received, 1);
}
static void* spin(void* argument) {
    unsigned long x = (unsigned long)argument;
    while (!atomic_load(&stop)) x = x * 6364136223846793005UL + 1;
    return (void*)x;
}
static void* sleep_often(void* argument) {
    while (!atomic_load(&stop)) {
        struct timespec time = {.tv_nsec = 50000};
        nanosleep(&time, NULL);
    }
    return argument;
}
static void directed(void) {
    signal(SIGUSR2, on_count);
    pthread_t threads[4];
    for (long i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, i < 2 ? spin : sleep_often, (void*)i);
    int sent = 0;
    for (int i = 0; i < 1000; ++i) {
        int before = atomic_load(&received);
        pthread_kill(threads[i % 4], SIGUSR2);
        ++sent;
        while (atomic_load(&received) == before) sched_yield();
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
    printf("sent %d received %d\n", sent, atomic_load(&received));
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    ping_pong("sigsuspend", by_sigsuspend);
    ping_pong("ppoll", by_ppoll);
    restarted_reads();
    storms();
    directed();
    return 0;
}
