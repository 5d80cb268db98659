// The upper halves of YMM registers over signals and syscalls, and a gather that faults on its way.
// flags: -O1
#include <immintrin.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t alarms;
static int* readable;

static void on_alarm(int signal) {
    (void)signal;
    __asm__ volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n vmovdqa %%ymm0, %%ymm1\n vmovdqa %%ymm0, %%ymm15" ::
                         : "xmm0", "xmm1", "xmm15");
    ++alarms;
}

/// Makes what the gather wants readable; the instruction goes on with the elements that are missing.
static void on_fault(int signal, siginfo_t* info, void* context) {
    const ucontext_t* uc = context;
    const uint32_t* xmm2 = uc->uc_mcontext.fpregs->_xmm[2].element;
    printf("signal %d at +%ld, mask %08x %08x %08x %08x\n", signal, (long)((char*)info->si_addr - (char*)readable), xmm2[0],
           xmm2[1], xmm2[2], xmm2[3]);
    mprotect((char*)readable + 4096, 4096, PROT_READ);
}

__attribute__((target("avx2"))) static void over_signals(void) {
    struct itimerval timer = {{0, 2000}, {0, 2000}};
    const struct itimerval none = {{0, 0}, {0, 0}};
    const __m256i step = _mm256_set_epi64x(4, 3, 2, 1);
    __m256i sum = _mm256_setzero_si256();
    uint64_t rounds = 0;
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &timer, NULL);
    for (; alarms < 20; ++rounds) {
        __asm__ volatile("vpaddq %1, %0, %0" : "+x"(sum) : "x"(step));
        if (rounds % 1024 == 0) getpid();
    }
    setitimer(ITIMER_REAL, &none, NULL);
    uint64_t sums[4];
    _mm256_storeu_si256((__m256i*)sums, sum);
    for (unsigned i = 0; i < 4; ++i) printf("lane %u %s\n", i, sums[i] == rounds * (i + 1) ? "kept" : "lost");
}

__attribute__((target("avx2"))) static void over_fault(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    readable = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 2048; ++i) readable[i] = i;
    mprotect((char*)readable + 4096, 4096, PROT_NONE);
    __m128i result = _mm_set1_epi32(-1);
    const int wanted[4] = {5, 1023, 1024, 2047};
    const __m128i index = _mm_loadu_si128((const __m128i*)wanted);
    __asm__ volatile("vpcmpeqd %%xmm2, %%xmm2, %%xmm2\n vpgatherdd %%xmm2, (%1,%2,4), %0"
                     : "+&x"(result)
                     : "r"(readable), "x"(index)
                     : "xmm2", "memory");
    int elements[4];
    memcpy(elements, &result, sizeof elements);
    printf("%d %d %d %d\n", elements[0], elements[1], elements[2], elements[3]);
}

int main(void) {
    if (!__builtin_cpu_supports("avx2")) return puts("no AVX2"), 0;
    over_signals();
    over_fault();
    return 0;
}
