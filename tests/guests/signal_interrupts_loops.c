// flags: -O2 -static -pthread
// flags: -O2 -pthread
// Signals that arrive in the middle of loops without any system call: nothing that the loop keeps in registers, flags or vector
// registers may change, and none may be lost.
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static volatile sig_atomic_t caught;

static void count(int signal) {
    (void)signal;
    ++caught;
    // Whatever the handler leaves in registers must not be seen outside.
    __asm__ volatile("xor %%eax, %%eax; mov $-1, %%rcx; mov $-1, %%rdx; pxor %%xmm0, %%xmm0; pxor %%xmm7, %%xmm7; stc; std; cld"
                     ::: "rax", "rcx", "rdx", "xmm0", "xmm7", "cc");
}

static uint64_t integers(uint64_t rounds) {
    uint64_t state = 88172645463325252u, sum = 0;
    for (uint64_t i = 0; i < rounds; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sum += state & 0xff ? state : i;
    }
    return sum;
}

// Carries through a chain of additions: the flags live across every instruction boundary.
static uint64_t carries(uint64_t rounds) {
    uint64_t a = 1, b = 2, c = 3, d = 4;
    for (uint64_t i = 0; i < rounds; ++i) {
        __asm__("add %4, %0; adc %0, %1; adc %1, %2; adc %2, %3; adc $0, %0; push %0; pop %0; lahf; sahf; rcl $1, %1"
                : "+r"(a), "+r"(b), "+r"(c), "+r"(d)
                : "r"(0x9e3779b97f4a7c15u)
                : "rax", "cc", "memory");
    }
    return a ^ b ^ c ^ d;
}

static double floats(uint64_t rounds) {
    double x = 0.5, y = 1.5;
    for (uint64_t i = 0; i < rounds; ++i) {
        x = x * 0.999 + y * 0.001;
        y = y * 0.998 + 0.003;
    }
    return x + y;
}

static uint64_t calls(unsigned n) { return n < 2 ? n : calls(n - 1) + calls(n - 2); }

static void *fill(void *buffer) {
    for (int round = 0; round < 3000; ++round) {
        memset(buffer, round, 1 << 14);  // REP STOS or vectors: interrupted in the middle
        __asm__ volatile("rep stosb" ::"D"(buffer), "c"(1 << 14), "a"(round + 1) : "memory");
    }
    return buffer;
}

int main(void) {
    signal(SIGALRM, count);
    const struct itimerval often = {{0, 300}, {0, 300}};
    setitimer(ITIMER_REAL, &often, NULL);
    uint64_t sum = 0;
    double fraction = 0;
    // Until enough signals came; each round gives the same, however often it was interrupted.
    for (int round = 0; round < 20 || caught < 500; ++round) {
        sum = integers(400000) ^ carries(100000) ^ calls(18);
        fraction = floats(200000);
        if (round > 0 && (sum != integers(400000) ^ carries(100000) ^ calls(18))) return puts("changed"), 1;
    }
    static unsigned char buffer[1 << 14];
    pthread_t thread;
    pthread_create(&thread, NULL, fill, buffer);
    pthread_join(thread, NULL);
    unsigned total = 0;
    for (unsigned i = 0; i < sizeof buffer; ++i) total += buffer[i];
    printf("%llx %.17g %u\n", (unsigned long long)sum, fraction, total);
    return 0;
}
