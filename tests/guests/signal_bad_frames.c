// rt_sigreturn with frames that are wrong, stacks that cannot take a frame, actions without restorer: how each child ends.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

struct kernel_action {
    void* handler;
    unsigned long flags;
    void* restorer;
    unsigned long mask;
};

static void nothing(int signal) { (void)signal; }
static void report(int signal, siginfo_t* info, void* context) {
    ucontext_t* user = context;
    printf("  SIGSEGV handler: code %d address %p trap %ld\n", info->si_code, info->si_addr, (long)user->uc_mcontext.gregs[REG_TRAPNO]);
    _exit(signal);
}
static void bad_mxcsr(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.fpregs->mxcsr = 0xffffffff;
}
static void no_fpstate(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.fpregs = NULL;
}
static void no_magic(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    memset(&((ucontext_t*)context)->uc_mcontext.fpregs->__glibc_reserved1[12], 0, 4);
}
static void wild_fpstate(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.fpregs = (void*)0x10;
}
static void wild_flags(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.gregs[REG_EFL] = 0xffffffff & ~0x40100L;  // but for TF and AC
}
static void wild_mask(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    memset(&((ucontext_t*)context)->uc_sigmask, 0xff, 8);
}
static void wild_rip(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP] = 0x123;
}
static void wild_address(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP] = 0x8000123400000000;
}

static void with_handler(void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    unsigned long mask = 0, flags;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
    __asm__ volatile("pushf; pop %0; pushq $0x202; popf" : "=r"(flags)::"memory", "cc");
    unsigned mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    printf("  went on: mask %lx mxcsr %x flags %lx\n", mask, mxcsr, flags & ~0x8d5UL);
}

static void garbage_frame(void) {
    char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(page, 0x41, 8192);
    __asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" ::"r"(page + 2048));
}
static void unreadable_frame(void) { __asm__ volatile("mov $64, %%esp; mov $15, %%eax; syscall" ::); }
static void no_stack(void) {
    signal(SIGUSR1, nothing);
    long pid = getpid(), tid = syscall(SYS_gettid);
    __asm__ volatile("mov $64, %%esp; syscall; ud2" ::"a"(SYS_tgkill), "D"(pid), "S"(tid), "d"(SIGUSR1));
}
static void no_restorer(void) {
    struct kernel_action action = {.handler = nothing, .flags = 0};
    syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8);
    raise(SIGUSR1);
}
static void handler_nowhere(void) {
    signal(SIGUSR1, (void (*)(int))0x1234);
    raise(SIGUSR1);
}
static void mxcsr_case(void) { with_handler(bad_mxcsr); }
static void fpstate_case(void) { with_handler(no_fpstate); }
static void magic_case(void) { with_handler(no_magic); }
static void wild_fpstate_case(void) { with_handler(wild_fpstate); }
static void flags_case(void) { with_handler(wild_flags); }
static void mask_case(void) { with_handler(wild_mask); }
static void rip_case(void) { with_handler(wild_rip); }
static void address_case(void) { with_handler(wild_address); }

static const struct {
    const char* name;
    void (*run)(void);
} cases[] = {
    {"garbage frame", garbage_frame},   {"unreadable frame", unreadable_frame},
    {"no stack", no_stack},             {"no restorer", no_restorer},
    {"handler nowhere", handler_nowhere}, {"bad mxcsr", mxcsr_case},
    {"no fpstate", fpstate_case},       {"no magic", magic_case},
    {"wild fpstate", wild_fpstate_case}, {"wild flags", flags_case},
    {"wild mask", mask_case},           {"wild rip", rip_case},
    {"non-canonical rip", address_case},
};

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int with_report = 0; with_report < 2; ++with_report) {
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; ++i) {
            printf("%s\n", cases[i].name);
            pid_t pid = fork();
            if (pid == 0) {
                if (with_report) {
                    stack_t stack = {.ss_sp = mmap(NULL, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = 65536};
                    sigaltstack(&stack, NULL);
                    struct sigaction action = {.sa_sigaction = report, .sa_flags = SA_SIGINFO | SA_ONSTACK};
                    sigaction(SIGSEGV, &action, NULL);
                }
                cases[i].run();
                _exit(0);
            }
            int status;
            waitpid(pid, &status, 0);
            printf("  %s %d\n", WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
    return 0;
}
