// A flag that a loop looks at through RBP, as if it were a local variable: set by a signal handler, by another thread, and by
// another process. The loop has run often before anybody else could see the memory.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/// Goes round until the flag is set, at most `limit` times. @return whether it is.
__attribute__((noinline)) static int spin(volatile int* flag, long limit) {
    int seen;
    __asm__ volatile(
        "push %%rbp\n\t"
        "mov %[flag], %%rbp\n\t"
        "1: cmpl $0, (%%rbp)\n\t"
        "jne 2f\n\t"
        "dec %[limit]\n\t"
        "jnz 1b\n\t"
        "2: mov (%%rbp), %[seen]\n\t"
        "pop %%rbp"
        : [seen] "=&r"(seen), [limit] "+&r"(limit)
        : [flag] "r"(flag)
        : "cc", "memory");
    return seen;
}

static volatile int own_flag;

static void make_hot(void) {
    for (int i = 0; i < 2000; ++i) spin(&own_flag, 2000);
}

static void set_own_flag(int signal) {
    (void)signal;
    own_flag = 1;
}

static int by_signal(void) {
    signal(SIGALRM, set_own_flag);
    const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    return spin(&own_flag, -1);
}

static void* set_flag_soon(void* flag) {
    usleep(50000);
    *(volatile int*)flag = 1;
    return NULL;
}

static int by_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, set_flag_soon, (void*)&own_flag) != 0) return 2;
    const int seen = spin(&own_flag, -1);
    pthread_join(thread, NULL);
    return seen;
}

static int by_process(void) {
    volatile int* const flag = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (flag == MAP_FAILED) return 2;
    if (fork() == 0) {
        set_flag_soon((void*)flag);
        _exit(0);
    }
    const int seen = spin(flag, -1);
    wait(NULL);
    return seen;
}

static void try(const char* who, int (*set)(void)) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        make_hot();
        exit(set());
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("%s: %s\n", who, WIFEXITED(status) && WEXITSTATUS(status) == 1 ? "seen" : "not seen");
}

int main(void) {
    try("a signal handler", by_signal);
    try("a thread", by_thread);
    try("a process", by_process);
    return 0;
}
