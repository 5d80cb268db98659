// x87 and MMX state as programs see it: long double, control and status words, stack faults, images of the environment, pending
// exceptions (SIGFPE at the next waiting instruction).
// flags: -O1 -fno-builtin -static -lm
// flags: -O2 -fno-builtin -lm
#define _GNU_SOURCE
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static void show(const char* name, long double value) {
    unsigned char bytes[10];
    memcpy(bytes, &value, sizeof bytes);
    printf("%-10s", name);
    for (int i = 9; i >= 0; --i) printf("%02x", bytes[i]);
    printf(" %.20Lg\n", value);
}

static void functions(void) {
    const volatile long double values[] = {0.5L, 1.75L, -3.25e10L, 1e-4940L, 1e4000L, 0.0L};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; ++i) {
        const long double x = values[i];
        show("x", x);
        show("sqrt", sqrtl(x));
        show("sin", sinl(x));
        show("tan", tanl(x));
        show("atan2", atan2l(x, 3.0L));
        show("exp", expl(x));
        show("log", logl(x));
        show("log1p", log1pl(x));
        show("rint", rintl(x));
        show("fmod", fmodl(x, 0.3L));
        show("ldexp", ldexpl(x, -7));
        show("cbrt", cbrtl(x));
        show("divided", 1.0L / x);
        printf("%g %a %lld\n", (double)x, (double)(float)x, (long long)x);
    }
    printf("%Lf %La %.30Lf\n", strtold("123456789.000000001", NULL), LDBL_MAX, LDBL_MIN);
}

static void roundings(void) {
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (int i = 0; i < 4; ++i) {
        fesetround(modes[i]);
        const volatile long double one = 1.0L, three = 3.0L;
        show("third", one / three);
        show("-third", -one / three);
        printf("%ld %ld\n", lrintl(2.5L), lrintl(-2.5L));
        long double pi;
        __asm__("fldpi" : "=t"(pi));
        show("fldpi", pi);
    }
    fesetround(FE_TONEAREST);
    static const uint16_t precisions[] = {0x07f, 0x27f, 0x37f};
    for (int i = 0; i < 3; ++i) {
        long double quotient = 1.0L;
        __asm__("fldcw %1\n\tfdivs %2\n\tfldcw %3"
                : "+t"(quotient)
                : "m"(precisions[i]), "m"((float){7.0F}), "m"(precisions[2]));
        show("seventh", quotient);
    }
}

struct environment {
    uint32_t control, status, tags, instruction_pointer, code_selector, data_pointer, data_selector;
};

static void show_environment(const char* name, const struct environment* e) {
    printf("%-10s control %08x status %08x tags %08x\n", name, e->control, e->status, e->tags);
}

static void stack_faults(void) {
    struct environment environment;
    __asm__ volatile("fninit\n\tfadd %%st(1), %%st\n\tfnstenv %0" : "=m"(environment));
    show_environment("underflow", &environment);
    __asm__ volatile(
        "fninit\n\tfld1\n\tfldz\n\tfldpi\n\tfldl2e\n\tfld1\n\tfldz\n\tfldpi\n\tfldl2e\n\tfldln2\n\t"
        "fnstenv %0\n\tfninit"
        : "=m"(environment));
    show_environment("overflow", &environment);
    uint64_t decimal[2] = {0, 0};
    __asm__ volatile("fninit\n\tfildll %1\n\tfbstp %0" : "+m"(decimal) : "m"((int64_t){-123456789012345678}));
    printf("fbstp      %04x%016lx\n", (unsigned)decimal[1], (unsigned long)decimal[0]);
}

static void images(void) {
    static unsigned char area[512] __attribute__((aligned(64)));
    static unsigned char save[108];
    const double number = 1.5;
    memset(area, 0x55, sizeof area);
    __asm__ volatile("fninit\n\tfldl %1\n\tfldpi\n\tfxsave64 %0\n\tfnsave %2" : "+m"(area) : "m"(number), "m"(save) : "memory");
    for (int i = 0; i < 6; ++i) printf("%02x", area[i]);
    for (int i = 32; i < 64; ++i) printf("%02x", area[i]);
    printf(" %02x\n", area[416]);
    for (int i = 28; i < 48; ++i) printf("%02x", save[i]);
    printf("\n");
    uint16_t status = 0;
    __asm__ volatile("fxrstor64 %1\n\tfaddp\n\tfnstsw %0\n\tfstp %%st(0)\n\tfninit" : "=a"(status) : "m"(area));
    printf("status %04x\n", status);
    uint64_t sum = 0;
    struct environment environment;
    __asm__ volatile("movq %2, %%mm3\n\tpaddb %%mm3, %%mm3\n\tmovq %%mm3, %0\n\tfnsave %1\n\temms"
                     : "=m"(sum), "=m"(save)
                     : "m"((uint64_t){0x0102030405060708})
                     : "memory");
    memcpy(&environment, save, sizeof environment);
    show_environment("mmx", &environment);
    printf("%016lx ", (unsigned long)sum);
    for (int i = 0; i < 10; ++i) printf("%02x", save[28 + 3 * 10 + i]);
    printf("\n");
}

static void on_sigfpe(int signal, siginfo_t* info, void* context) {
    ucontext_t* u = context;
    const uintptr_t rip = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    const unsigned char* code = (const unsigned char*)rip;
    printf("signal %d code %d at %02x, address is rip: %d, status %04x\n", signal, info->si_code, code[0],
           (uintptr_t)info->si_addr == rip, u->uc_mcontext.fpregs->swd);
    u->uc_mcontext.fpregs->swd &= (uint16_t)~0x80ff;
}

static void pending_exceptions(void) {
    struct sigaction action = {.sa_sigaction = on_sigfpe, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    static const uint16_t controls[] = {0x37b, 0x37e, 0x377, 0x35f};  // zero divide, invalid, overflow, inexact
    static const double dividends[] = {1.0, 0.0, 1e300, 1.0};
    static const double divisors[] = {0.0, 0.0, 1e-300, 3.0};
    for (int i = 0; i < 4; ++i) {
        double stored = -1;
        uint16_t status = 0;
        __asm__ volatile("fninit\n\tfldcw %2\n\tfldl %3\n\tfdivl %4\n\tfnstsw %1\n\tfstl %0\n\tfnclex\n\tfninit"
                         : "+m"(stored), "=a"(status)
                         : "m"(controls[i]), "m"(dividends[i]), "m"(divisors[i]));
        printf("status %04x stored %g\n", status, stored);
    }
}

int main(void) {
    functions();
    roundings();
    stack_faults();
    images();
    setvbuf(stdout, NULL, _IONBF, 0);
    pending_exceptions();
    return 0;
}
