// Every kind of fault with its siginfo, trap number, error code, cr2 and flags, as the handler's frame shows them.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf escape;
static volatile uintptr_t expected_rip;
static char* page;
static const char* what;

static const char* place(uintptr_t address) {
    if (address == 0) return "0";
    if (address >= (uintptr_t)page && address < (uintptr_t)page + 16384) return "page";
    if (address == expected_rip) return "rip";
    return "other";
}

static void handler(int signal, siginfo_t* info, void* context) {
    ucontext_t* user = context;
    greg_t* r = user->uc_mcontext.gregs;
    expected_rip = (uintptr_t)r[REG_RIP];
    unsigned short segments[4];
    memcpy(segments, &r[REG_CSGSFS], sizeof segments);
    printf("%s: signal %d code %d errno %d address %s(+%lx) trap %ld error %lx cr2 %s flags %lx cs %x fs %x gs %x ss %x uc %lx\n",
           what, signal, info->si_code, info->si_errno, place((uintptr_t)info->si_addr),
           place((uintptr_t)info->si_addr)[0] == 'p' ? (unsigned long)((char*)info->si_addr - page) : 0, (long)r[REG_TRAPNO],
           (unsigned long)r[REG_ERR], place((uintptr_t)r[REG_CR2]), (unsigned long)r[REG_EFL] & ~0x8d5UL, segments[0],
           segments[2], segments[1], segments[3], user->uc_flags & 7);
    siglongjmp(escape, 1);
}

#define TRY(name, ...)                        \
    do {                                      \
        what = name;                          \
        if (sigsetjmp(escape, 1) == 0) {      \
            __VA_ARGS__;                      \
            printf("%s: no fault\n", what);   \
        }                                     \
    } while (0)

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t stack = {.ss_sp = mmap(NULL, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = 65536};
    sigaltstack(&stack, NULL);
    const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; ++i) sigaction(signals[i], &action, NULL);
    page = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + 4096, 4096, PROT_READ);
    mprotect(page + 8192, 4096, PROT_NONE);
    page[4095] = 1;
    volatile char* p = page;

    TRY("read of null", (void)*(volatile char*)0);
    TRY("write to null", *(volatile char*)0 = 1);
    TRY("read of read-only", (void)p[4096]);
    TRY("write to read-only", p[4096] = 1);
    TRY("read of no-access", (void)p[8200]);
    TRY("write to no-access", p[8200] = 1);
    munmap(page + 12288, 4096);
    TRY("read of unmapped", (void)p[12300]);
    TRY("read across pages", (void)*(volatile long*)(page + 8188));
    TRY("kernel address", (void)*(volatile char*)0xffffffff81000000UL);
    TRY("non-canonical address", (void)*(volatile char*)0x800000000000UL);
    TRY("jump to null", ((void (*)(void))0)());
    TRY("jump to data", ((void (*)(void))(uintptr_t)page)());
    TRY("jump to non-canonical", ((void (*)(void))0x1234567890abcdefUL)());
    TRY("division by zero", { int zero = 0, n = 5; __asm__ volatile("cltd; idivl %1" : "+a"(n) : "r"(zero) : "edx"); });
    TRY("division overflow", { int m = -1, n = 0x80000000; __asm__ volatile("cltd; idivl %1" : "+a"(n) : "r"(m) : "edx"); });
    TRY("ud2", __asm__ volatile("ud2"));
    TRY("int3", __asm__ volatile("int3"));
    TRY("int 3", __asm__ volatile(".byte 0xcd, 3"));
    TRY("int1", __asm__ volatile(".byte 0xf1"));
    TRY("hlt", __asm__ volatile("hlt"));
    TRY("cli", __asm__ volatile("cli"));
    TRY("in", __asm__ volatile("inb $0x80, %%al" ::: "al"));
    TRY("mov cr0", __asm__ volatile("mov %%cr0, %%rax" ::: "rax"));
    TRY("rdmsr", __asm__ volatile("rdmsr" ::: "rax", "rdx"));
    TRY("movaps unaligned", __asm__ volatile("movaps 1(%0), %%xmm0" ::"r"(page)));
    TRY("bad mxcsr", { unsigned bad = 0xffffffff; __asm__ volatile("ldmxcsr %0" ::"m"(bad)); });
    TRY("single step", __asm__ volatile("pushf; orl $0x100, (%%rsp); popf; nop; nop" ::: "cc", "memory"));
    return 0;
}
