// Signals that come anywhere in code with many live registers, flags and x87 values: nothing may be lost or come back old.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t interruptions;
static volatile long double scratch = 1;

static void on_alarm(int signal) {
    (void)signal;
    ++interruptions;
    for (int i = 0; i < 8; ++i) scratch = scratch * 1.5L - scratch / 3;  // all of the x87 stack is the handler's own
    if (scratch > 1e6L) scratch = 1;
}

/// Counts in nine registers at once, most of them such as a translator has no room for; with flags that live across all of it.
static unsigned long count(unsigned long turns) {
    unsigned long result;
    __asm__ volatile(
        "xor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\txor %%r14d, %%r14d\n\txor %%r15d, %%r15d\n\t"
        "xor %%r12d, %%r12d\n\txor %%r13d, %%r13d\n\txor %%ebx, %%ebx\n\txor %%edx, %%edx\n\t"
        "1:\n\t"
        "add $1, %%r14\n\t"
        "mov %%r14, %%rax\n\t"
        "lea (%%r14, %%r15), %%r8\n\t"  // two of them at once
        "add %%r14, %%r15\n\t"
        "sub %%r14, %%r15\n\t"
        "stc\n\t"
        "mov %%r14, %%r12\n\t"
        "mov %%r15, %%r13\n\t"
        "adc %%r13, %%rdx\n\t"  // the carry: 1 each turn
        "xadd %%r15, %%r9\n\t"
        "imul $3, %%r14, %%rbx\n\t"
        "cmp %%r14, %%r8\n\t"
        "mov %%r12, %%r12\n\t"
        "jne 2f\n\t"
        "cmp %%rax, %%r14\n\t"
        "jne 2f\n\t"
        "lea (%%r14, %%r14, 2), %%rax\n\t"
        "cmp %%rax, %%rbx\n\t"
        "jne 2f\n\t"
        "cmp %%rdx, %%r14\n\t"
        "jne 2f\n\t"
        "dec %%rcx\n\t"
        "jnz 1b\n\t"
        "2:\n\t"
        "mov %%r14, %%rax\n\t"
        : "=a"(result), "+c"(turns)
        :
        : "rdx", "rbx", "r8", "r9", "r12", "r13", "r14", "r15", "cc");
    return turns == 0 ? result : 0;
}

static long double series(int terms) {
    long double sum = 0, sign = 1;
    for (int i = 0; i < terms; ++i) {
        sum += sign / (2 * i + 1);
        sign = -sign;
    }
    return sum * 4;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(void) {
    const long double expected = series(1000);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    int wrong_counts = 0, wrong_sums = 0;
    for (const double end = now() + 1; now() < end;) {
        wrong_counts += count(2000) != 2000;
        wrong_sums += series(1000) != expected;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    printf("wrong counts %d, wrong sums %d, interrupted %s\n", wrong_counts, wrong_sums,
           interruptions > 50 ? "often" : "hardly");
    return 0;
}
