// Returns that do not go where the last call came from, and stacks of calls that are deep, left or exchanged.
// flags: -O1
// flags: -O2 -static
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

__attribute__((noinline, noclone)) static unsigned deep(unsigned depth) {
    volatile unsigned here = depth;
    return depth == 0 ? 0 : deep(depth - 1) + (here & 1);
}

static jmp_buf place;

__attribute__((noinline, noclone)) static void leave(int depth) {
    if (depth == 0) longjmp(place, 1);
    leave(depth - 1);
    __asm__ volatile("");
}

static unsigned left_by_longjmp(void) {
    volatile unsigned count = 0;
    for (volatile int i = 0; i < 20000; ++i) {
        if (setjmp(place) == 0) {
            leave(i % 50);
        } else {
            ++count;
        }
    }
    return count;
}

static ucontext_t main_context, other_context;
static char other_stack[65536];
static unsigned switches;

static void other(void) {
    for (;;) {
        ++switches;
        swapcontext(&other_context, &main_context);
    }
}

static void exchange_stacks(void) {
    getcontext(&other_context);
    other_context.uc_stack.ss_sp = other_stack;
    other_context.uc_stack.ss_size = sizeof other_stack;
    makecontext(&other_context, other, 0);
    for (int i = 0; i < 1000; ++i) swapcontext(&main_context, &other_context);
}

// A return in place of a jump, and a call whose return address is only looked at.
static unsigned pushed_returns(void) {
    unsigned count = 0;
    for (int i = 0; i < 10000; ++i) {
        __asm__ volatile(
            "sub $128, %%rsp\n lea 1f(%%rip), %%rax\n push %%rax\n ret\n"
            "1: call 2f\n 2: pop %%rax\n add $128, %%rsp\n incl %0"
            : "+r"(count)
            :
            : "rax", "cc", "memory");
    }
    return count;
}

// Flags and RCX survive a call and its return.
static unsigned kept_flags(void) {
    unsigned wrong = 0;
    for (uint64_t i = 0; i < 3000; ++i) {
        uint64_t flags, rcx = i;
        __asm__ volatile(
            "sub $128, %%rsp\n lea 2f(%%rip), %%rax\n stc\n call *%%rax\n jnc 3f\n cmp $1, %%eax\n call 2f\n jmp 3f\n"
            "2: ret\n"
            "3: pushfq\n pop %0\n add $128, %%rsp"
            : "=r"(flags), "+c"(rcx)
            :
            : "rax", "cc", "memory");
        uint64_t expected;
        __asm__ volatile("lea 2b(%%rip), %%rax\n cmp $1, %%eax\n pushfq\n pop %0" : "=r"(expected) : : "rax", "cc", "memory");
        wrong += (flags & 0xc5) != (expected & 0xc5) || rcx != i;
    }
    return wrong;
}

static volatile int stage;
static uint64_t seen_rip, seen_below, seen_rsp;

static void on_fault(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    seen_rip = (uint64_t)registers[REG_RIP];
    seen_rsp = (uint64_t)registers[REG_RSP];
    seen_below = ((uint64_t*)seen_rsp)[-1];
    registers[REG_RIP] = registers[REG_RBX];
}

// A call and a return to an address that is none: as if they had not been made.
static void impossible_targets(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    static char stack[65536];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    uint64_t at, rsp;
    __asm__ volatile(
        "mov %%rsp, %1\n sub $256, %%rsp\n movq $0x1234, -8(%%rsp)\n mov $0x1234567812345678, %%rax\n"
        "lea 1f(%%rip), %0\n lea 2f(%%rip), %%rbx\n 1: call *%%rax\n 2: mov %1, %%rsp"
        : "=&r"(at), "=&r"(rsp)
        :
        : "rax", "rbx", "memory");
    printf("call: %d %d %#lx\n", seen_rip == at, seen_rsp == rsp - 256, (unsigned long)seen_below);
    __asm__ volatile(
        "mov %%rsp, %1\n sub $256, %%rsp\n mov $0x1234567812345678, %%rax\n push %%rax\n"
        "lea 1f(%%rip), %0\n lea 2f(%%rip), %%rbx\n 1: ret $16\n 2: mov %1, %%rsp"
        : "=&r"(at), "=&r"(rsp)
        :
        : "rax", "rbx", "memory");
    printf("return: %d %d\n", seen_rip == at, seen_rsp == rsp - 264);
}

static volatile unsigned ticks;
static void on_tick(int signal) {
    (void)signal;
    ticks += 1 + deep(3) * 0;
}

int main(void) {
    printf("deep: %u %u\n", deep(100000), deep(9000));
    printf("left by longjmp: %u\n", left_by_longjmp());
    exchange_stacks();
    printf("switches: %u\n", switches);
    printf("pushed returns: %u\n", pushed_returns());
    printf("flags lost: %u\n", kept_flags());
    impossible_targets();
    signal(SIGALRM, on_tick);
    const struct itimerval timer = {{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &timer, NULL);
    unsigned sum = 0;
    while (ticks < 300) sum |= deep(2000) ^ 1000;
    printf("interrupted: %u\n", sum);
    return 0;
}
