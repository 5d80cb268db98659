// A handler that repairs what faulted: by mprotect, by skipping the instruction, by changing registers, flags and XMM in the frame.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static char* page;
static volatile int faults;

static void repair(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)context;
    ++faults;
    mprotect((void*)((uintptr_t)info->si_addr & ~4095UL), 4096, PROT_READ | PROT_WRITE);
}

static void skip(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ucontext_t* user = context;
    user->uc_mcontext.gregs[REG_RIP] += 2;  // ud2
    user->uc_mcontext.gregs[REG_RBX] = 0x1122334455667788;
    user->uc_mcontext.gregs[REG_R15] = 0x99aabbccddeeff00;
    user->uc_mcontext.gregs[REG_EFL] |= 0x401;  // CF, DF
    uint64_t value[2] = {0x0123456789abcdef, 0xfedcba9876543210};
    memcpy(&user->uc_mcontext.fpregs->_xmm[5], value, sizeof value);
    user->uc_mcontext.fpregs->mxcsr = 0x1fa0;
}

static void look(int signal, siginfo_t* info, void* context) {
    (void)signal, (void)info;
    ucontext_t* user = context;
    uint64_t xmm[2], now[2] = {1, 1};
    memcpy(xmm, &user->uc_mcontext.fpregs->_xmm[7], sizeof xmm);
    __asm__ volatile("movdqu %%xmm7, %0" : "=m"(now));
    unsigned mxcsr;
    unsigned short control;
    __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
    uint64_t flags;
    __asm__ volatile("pushf; pop %0" : "=r"(flags));
    printf("frame xmm7 %lx %lx, handler's own %lx %lx\n", xmm[0], xmm[1], now[0], now[1]);
    printf("frame mxcsr %x cwd %x ftw %x, handler's own %x %x, df %lx\n", user->uc_mcontext.fpregs->mxcsr,
           user->uc_mcontext.fpregs->cwd, user->uc_mcontext.fpregs->ftw, mxcsr, control, flags & 0x400);
    printf("frame st0 %lx\n", *(uint64_t*)&user->uc_mcontext.fpregs->_st[0]);
    user->uc_mcontext.gregs[REG_RIP] += 2;
}

static void install(int signal, void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(signal, &action, NULL);
}

int main(void) {
    page = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    install(SIGSEGV, repair);
    page[0] = 'a';
    page[4096] = 'b';
    memset(page + 4090, 'x', 10);
    printf("faults %d, %c %c\n", faults, page[0], page[4096]);

    install(SIGILL, skip);
    uint64_t rbx = 0, r15 = 0, flags = 0, xmm[2];
    unsigned mxcsr;
    __asm__ volatile(
        "xor %%ebx, %%ebx; xor %%r15d, %%r15d; pxor %%xmm5, %%xmm5; test %%eax, %%eax; ud2; pushf; cld; pop %2; mov %%rbx, %0; mov "
        "%%r15, %1; movdqu %%xmm5, %3; stmxcsr %4"
        : "=&r"(rbx), "=&r"(r15), "=&r"(flags), "=m"(xmm), "=m"(mxcsr)
        :
        : "rbx", "r15", "xmm5", "cc", "memory");
    printf("rbx %lx r15 %lx flags %lx xmm5 %lx %lx mxcsr %x\n", rbx, r15, flags & 0xcd5, xmm[0], xmm[1], mxcsr);

    install(SIGILL, look);
    unsigned set = 0x1f80 | 0x6000;
    unsigned short control = 0x27f;
    uint64_t in[2] = {42, 43}, out[2];
    __asm__ volatile("movdqu %1, %%xmm7; ldmxcsr %2; fldcw %3; fldpi; std; ud2; cld; movdqu %%xmm7, %0; stmxcsr %2; fnstcw %3; fstp %%st(0)"
                     : "=m"(out)
                     : "m"(in), "m"(set), "m"(control)
                     : "xmm7", "memory");
    printf("after: xmm7 %lx %lx mxcsr %x control %x\n", out[0], out[1], set, control);
    set = 0x1f80;
    __asm__ volatile("ldmxcsr %0; fninit" ::"m"(set));
    return 0;
}
