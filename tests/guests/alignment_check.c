// AC: misaligned accesses are SIGBUS while it is set, in handlers too, which find it as it was; children inherit it.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define ALIGNMENT_CHECK 0x40000UL

static _Alignas(64) char memory[128];
static volatile unsigned long handler_flags, frame_flags;
static volatile int caught, code;

static unsigned long flags(void) {
    unsigned long value;
    __asm__ volatile("pushfq; pop %0" : "=r"(value));
    return value;
}

static void set_flags(unsigned long value) {
    __asm__ volatile("push %0; popfq" : : "r"(value) : "memory", "cc");
}

static void on_signal(int signal, siginfo_t* info, void* raw_context) {
    handler_flags = flags();
    set_flags(handler_flags & ~ALIGNMENT_CHECK);
    ucontext_t* context = raw_context;
    frame_flags = (unsigned long)context->uc_mcontext.gregs[REG_EFL];
    caught = signal;
    code = info->si_code;
    context->uc_mcontext.gregs[REG_RIP] = context->uc_mcontext.gregs[REG_RBX];  // behind the access
}

#define ACCESS(instruction, where)                               \
    __asm__ volatile("lea 1f(%%rip), %%rbx; " instruction "; 1:" \
                     :                                           \
                     : "a"(where), "d"(0), "c"(4), "D"(where)    \
                     : "rbx", "xmm0", "memory", "cc")

#define SHOW(instruction)                                                                                                     \
    for (int offset = 0; offset < 3; ++offset) {                                                                              \
        char* const where = memory + 16 + offset;                                                                             \
        caught = code = 0;                                                                                                    \
        set_flags(flags() | ALIGNMENT_CHECK);                                                                                 \
        ACCESS(instruction, where);                                                                                           \
        const unsigned long after = flags();                                                                                  \
        set_flags(after & ~ALIGNMENT_CHECK);                                                                                  \
        printf("%-26s +%d: signal %d code %d, AC %d; handler %d, frame %d\n", instruction, offset, caught, code,              \
               (after & ALIGNMENT_CHECK) != 0, (handler_flags & ALIGNMENT_CHECK) != 0, (frame_flags & ALIGNMENT_CHECK) != 0); \
    }

int main(void) {
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    SHOW("movb (%%rax), %%dl")
    SHOW("movw (%%rax), %%dx")
    SHOW("movl %%edx, (%%rax)")
    SHOW("movups (%%rax), %%xmm0")
    SHOW("lock addq $1, (%%rax)")
    SHOW("rep stosw")
    fflush(stdout);

    signal(SIGBUS, SIG_DFL);
    set_flags(flags() | ALIGNMENT_CHECK);
    long child;  // not by libc, which need not be aligned
    __asm__ volatile("syscall" : "=a"(child) : "0"(SYS_fork) : "rcx", "r11", "memory");
    if (child == 0) {
        ACCESS("movl %%edx, (%%rax)", memory + 17);
        __builtin_trap();
    }
    set_flags(flags() & ~ALIGNMENT_CHECK);
    int status = 0;
    waitpid((pid_t)child, &status, 0);
    printf("child: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return 0;
}
