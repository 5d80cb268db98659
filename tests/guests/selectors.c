// Segment registers: what loads, what a thread, a child, a signal handler and arch_prctl find in them.
// flags: -O1 -pthread
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

struct selectors {
    unsigned short ds, es, fs, gs;
};

static struct selectors now(void) {
    struct selectors s;
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3" : "=m"(s.ds), "=m"(s.es), "=m"(s.fs), "=m"(s.gs));
    return s;
}

static void show(const char* where) {
    const struct selectors s = now();
    printf("%-20s ds %#x es %#x fs %#x gs %#x\n", where, s.ds, s.es, s.fs, s.gs);
    fflush(stdout);
}

static void load_data_segments(unsigned ds, unsigned es, unsigned gs) {
    __asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %2, %%gs" : : "r"(ds), "r"(es), "r"(gs));
}

static struct selectors in_handler;
static unsigned short frame_cs, frame_gs, frame_fs, frame_ss;

static void on_signal(int signal, siginfo_t* info, void* raw_context) {
    (void)signal, (void)info;
    const ucontext_t* context = raw_context;
    const unsigned long long packed = context->uc_mcontext.gregs[REG_CSGSFS];
    frame_cs = packed, frame_gs = packed >> 16, frame_fs = packed >> 32, frame_ss = packed >> 48;
    in_handler = now();
    load_data_segments(0x33, 0x33, 0x33);
}

static void* on_thread(void* unused) {
    show("thread");
    return unused;
}

int main(void) {
    show("start");
    load_data_segments(0x2b, 0x23, 0x7b);
    show("loaded");

    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("in handler: ds %#x es %#x fs %#x gs %#x, frame: cs %#x gs %#x fs %#x ss %#x\n", in_handler.ds, in_handler.es,
           in_handler.fs, in_handler.gs, frame_cs, frame_gs, frame_fs, frame_ss);
    show("after handler");

    load_data_segments(0x2b, 0x23, 0x2a);
    if (fork() == 0) {
        show("child");
        _exit(0);
    }
    wait(NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, on_thread, NULL);
    pthread_join(thread, NULL);

    syscall(SYS_arch_prctl, ARCH_SET_GS, 0x1000);
    show("after ARCH_SET_GS");

    unsigned long fs_base, loaded_base;
    unsigned short loaded;
    syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
    __asm__ volatile(
        "mov %3, %%fs\n\t"
        "mov %%fs, %0\n\t"
        "mov %4, %%eax\n\t"
        "mov %5, %%edi\n\t"
        "mov %6, %%rsi\n\t"
        "syscall\n\t"
        "mov %4, %%eax\n\t"
        "mov %7, %%edi\n\t"
        "mov %2, %%rsi\n\t"
        "syscall"
        : "=&r"(loaded), "=m"(loaded_base)
        : "r"(fs_base), "r"(0x2b), "i"(SYS_arch_prctl), "i"(ARCH_GET_FS), "r"(&loaded_base), "i"(ARCH_SET_FS)
        : "rax", "rcx", "r11", "rdi", "rsi", "memory");
    printf("fs %#x has base %#lx\n", loaded, loaded_base);
    show("after ARCH_SET_FS");
    return 0;
}
