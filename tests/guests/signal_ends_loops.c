// flags: -O2 -static
// flags: -O2
// Loops that only a signal ends, and that comes once: wherever it arrives, it must not wait for the loop to end.
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile sig_atomic_t caught;

static void end_loop(int signal) {
    (void)signal;
    caught = 1;
}

static void come_soon(int round) {
    caught = 0;
    const struct itimerval once = {{0, 0}, {0, 50 + round % 97}};
    setitimer(ITIMER_REAL, &once, NULL);
}

static long double long_doubles(void) {
    long double x = 1;
    while (!caught) x = x * 0.75L + 0.25L;
    return x;
}

static double doubles(void) {
    double x = 1;
    while (!caught) x = x * 0.75 + 0.25;
    return x;
}

__attribute__((noinline)) static int is_caught(void) {
    return caught;
}
static int (*volatile indirect)(void) = is_caught;

static void calls(void) {
    while (!is_caught()) {
    }
}

static void indirect_calls(void) {
    while (!indirect()) {
    }
}

static void evaluated(void) {
    unsigned char area[10];
    while (!caught)
        __asm__ volatile("fldpi; fbstp %0"
                         : "=m"(area)
                         :
                         : "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
}

static void pushes(void) {
    while (!caught) __asm__ volatile("leaq -128(%%rsp), %%rsp; pushfq; popfq; leaq 128(%%rsp), %%rsp" ::: "cc", "memory");
}

int main(void) {
    signal(SIGALRM, end_loop);
    for (int round = 0; round < 300; ++round) {
        come_soon(round);
        if (long_doubles() != 1) return puts("changed"), 1;
        come_soon(round);
        if (doubles() != 1) return puts("changed"), 1;
        come_soon(round);
        calls();
        come_soon(round);
        indirect_calls();
        come_soon(round);
        evaluated();
        come_soon(round);
        pushes();
    }
    puts("each came");
    return 0;
}
