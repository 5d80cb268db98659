// The stack pointer among pushes and pops, as handlers of faults and of asynchronous signals see it.
// flags: -O1
// flags: -O2 -static
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t faults;
static uintptr_t stack_at_fault;
static uintptr_t registers_at_fault;
static void on_fault(int number, siginfo_t* information, void* context) {
    (void)number;
    ucontext_t* interrupted = context;
    greg_t* registers = interrupted->uc_mcontext.gregs;
    ++faults;
    stack_at_fault = (uintptr_t)registers[REG_RSP] - (uintptr_t)information->si_addr;
    registers_at_fault = (uintptr_t)registers[REG_RIP];
    registers[REG_RSP] = registers[REG_R13];
    registers[REG_RIP] = registers[REG_R12];
}

static void push_into_guard(int free_words) {
    unsigned char* stack = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(stack, 4096, PROT_NONE);
    uintptr_t begin;
    __asm__ volatile(
        "mov %%rsp, %%r13\n\t"
        "lea 2f(%%rip), %%r12\n\t"
        "lea 1f(%%rip), %0\n\t"
        "mov %1, %%rsp\n\t"
        "1: push %%rax\n\t"
        "push %%rbx\n\t"
        "mov %%rax, %%rcx\n\t"
        "push $5\n\t"
        "pop %%rdx\n\t"
        "push %%r14\n\t"
        "push %%rax\n\t"
        "push %%rax\n\t"
        "2:"
        : "=&r"(begin)
        : "r"(stack + 4096 + 8 * free_words)
        : "rcx", "rdx", "r12", "r13", "memory");
    printf("%d %ld %ld\n", (int)faults, (long)stack_at_fault, (long)(registers_at_fault - begin));
    munmap(stack, 8192);
}

static uintptr_t frame_top;
static volatile sig_atomic_t ticks, wrong;
static void on_tick(int number, siginfo_t* information, void* context) {
    (void)number;
    (void)information;
    const greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    const uintptr_t stack = (uintptr_t)registers[REG_RSP];
    ++ticks;
    // The loop pushes 1, 2, 3, 4: what is on top says how many there are.
    if (frame_top != 0 && stack < frame_top && frame_top - stack <= 32) {
        const uint64_t top = *(const uint64_t*)stack;
        wrong += top != (frame_top - stack) / 8;
    }
}

static void pushes_under_signals(void) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    action.sa_sigaction = on_tick;
    sigaction(SIGALRM, &action, NULL);
    const struct itimerval often = {{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &often, NULL);
    while (ticks < 200) {
        __asm__ volatile(
            "lea -128(%%rsp), %%rsp\n\t"
            "mov %%rsp, %0\n\t"
            "mov $10000, %%ecx\n\t"
            "1: push $1\n\t"
            "push $2\n\t"
            "push $3\n\t"
            "push $4\n\t"
            "pop %%rax\n\t"
            "pop %%rax\n\t"
            "pop %%rax\n\t"
            "pop %%rax\n\t"
            "dec %%ecx\n\t"
            "jnz 1b\n\t"
            "movq $0, %0\n\t"
            "lea 128(%%rsp), %%rsp"
            : "+m"(frame_top)
            :
            : "rax", "rcx", "memory");
    }
    const struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    printf("wrong %d\n", (int)wrong);
}

int main(void) {
    static unsigned char signal_stack[65536];
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    action.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &action, NULL);
    for (int round = 0; round < 3; ++round)
        for (int words = 0; words < 5; ++words) push_into_guard(words);
    pushes_under_signals();
    return 0;
}
