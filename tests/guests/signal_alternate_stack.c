// sigaltstack: reported flags, nesting, overflow of the normal stack, SS_AUTODISARM, errors, overflow of the alternate stack.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define AUTODISARM (1U << 31)
static char* memory;
enum { size = 65536 };
static sigjmp_buf escape;

static void show(const char* what) {
    stack_t now;
    sigaltstack(NULL, &now);
    printf("%s: sp %s flags %x size %zu\n", what, now.ss_sp == memory ? "memory" : now.ss_sp == NULL ? "null" : "other",
           (unsigned)now.ss_flags, now.ss_size);
}

static void on_stack(int signal, siginfo_t* info, void* context) {
    (void)info;
    char local;
    ucontext_t* user = context;
    printf("signal %d on alternate stack: %d\n", signal, &local > memory && &local < memory + size);
    printf("uc_stack: %d flags %x size %zu\n", user->uc_stack.ss_sp == memory, (unsigned)user->uc_stack.ss_flags, user->uc_stack.ss_size);
    show("inside");
    stack_t change = {.ss_sp = memory, .ss_size = size / 2};
    int result = sigaltstack(&change, NULL);
    printf("change inside: %d %d\n", result, result ? errno : 0);
    if (signal == SIGUSR1) raise(SIGUSR2);
    if (signal == SIGSEGV) siglongjmp(escape, 1);
}

static void install(int signal, int flags) {
    struct sigaction action = {.sa_sigaction = on_stack, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal, &action, NULL);
}

static int recurse(volatile char* before) {
    volatile char here[4096];
    here[0] = before ? before[0] : 0;
    return recurse(here) + here[0];
}

static void set(unsigned flags, size_t bytes) {
    stack_t wanted = {.ss_sp = memory, .ss_flags = (int)flags, .ss_size = bytes};
    int result = sigaltstack(&wanted, NULL);
    printf("set flags %x size %zu: %d %d\n", flags, bytes, result, result ? errno : 0);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show("start");
    install(SIGUSR1, SA_ONSTACK);
    install(SIGUSR2, SA_ONSTACK);
    install(SIGSEGV, SA_ONSTACK);
    set(0, 100);
    set(7, size);
    set(0, size);
    show("set");
    raise(SIGUSR1);
    show("after");
    if (sigsetjmp(escape, 1) == 0) recurse(NULL);
    show("after overflow");
    set(AUTODISARM, size);
    show("autodisarm");
    raise(SIGUSR2);
    show("after autodisarm");
    set(SS_DISABLE, size);
    show("disabled");
    raise(SIGUSR2);
    set(SS_ONSTACK, size);
    show("onstack as a mode");
    pid_t pid = fork();
    if (pid == 0) {
        show("in a child");
        // No room on the alternate stack: the kernel kills.
        stack_t tiny = {.ss_sp = memory, .ss_size = 2048};
        sigaltstack(&tiny, NULL);
        char* small = memory + 2048 - 100;
        __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(small));
    }
    int status;
    waitpid(pid, &status, 0);
    printf("child: signal %d\n", WTERMSIG(status));
    return 0;
}
