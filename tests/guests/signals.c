// Signals: handlers, masks, nesting, siginfo, order of real-time signals, alternate stack, siglongjmp, restart, timers.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static void say(const char* text) { (void)!write(1, text, strlen(text)); }
static void say_number(const char* text, long number) {
    char line[100];
    snprintf(line, sizeof line, "%s %ld\n", text, number);
    say(line);
}

static void install(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    if (sigaction(signal, &action, NULL) != 0) say("sigaction failed\n");
}

static void describe(int signal, siginfo_t* info, void* context) {
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    say_number("signal", signal);
    say_number(" code", info->si_code);
    say_number(" value", info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
    say_number(" from myself", info->si_pid == getpid());
    say_number(" blocked in its handler", sigismember(&mask, signal));
    say_number(" flags of the interrupted code kept", (((ucontext_t*)context)->uc_mcontext.gregs[REG_EFL] & 2) != 0);
}

static void real_time_order(void) {
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    for (int i = 0; i < 3; ++i) {
        sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = i});
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 10 + i});
        kill(getpid(), SIGUSR1);
    }
    sigset_t pending;
    sigpending(&pending);
    say_number("pending", sigismember(&pending, SIGUSR1) + sigismember(&pending, SIGRTMIN + 1) + sigismember(&pending, SIGUSR2));
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static sigjmp_buf escape;
static void jump_out(int signal, siginfo_t* info, void* context) {
    say_number("fault address", (long)info->si_addr);
    say_number(" code", info->si_code);
    say_number(" error", ((ucontext_t*)context)->uc_mcontext.gregs[REG_ERR]);
    say_number(" trap", ((ucontext_t*)context)->uc_mcontext.gregs[REG_TRAPNO]);
    siglongjmp(escape, signal);
}

static void faults(void) {
    install(SIGSEGV, jump_out, 0);
    install(SIGFPE, jump_out, 0);
    if (sigsetjmp(escape, 1) == 0) *(volatile int*)0x1234 = 1;
    if (sigsetjmp(escape, 1) == 0) (void)*(volatile int*)0x5678;
    if (sigsetjmp(escape, 1) == 0) ((void (*)(void))0x9abc)();
    if (sigsetjmp(escape, 1) == 0) *(volatile int*)0x8000000000000000 = 1;
    say_number("still here", 1);
}

static void* stack_memory;
static void on_alternate_stack(int signal, siginfo_t* info, void* context) {
    char here;
    say_number("on the alternate stack", &here > (char*)stack_memory && &here < (char*)stack_memory + 65536);
    stack_t now;
    sigaltstack(NULL, &now);
    say_number(" which says so", now.ss_flags == SS_ONSTACK);
    (void)signal, (void)info, (void)context;
}

static void change_registers(int signal, siginfo_t* info, void* context) {
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    registers[REG_RAX] = 77;
    registers[REG_RIP] += 2;  // past ud2
    (void)signal, (void)info;
}

static int ticks;
static void tick(int signal, siginfo_t* info, void* context) {
    ++ticks;
    (void)signal, (void)info, (void)context;
}

static void interrupted_calls(void) {
    int ends[2];
    char byte;
    if (pipe(ends) != 0) return;
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    install(SIGALRM, tick, 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    long result = read(ends[0], &byte, 1);
    say_number("interrupted read", result == -1 && errno == EINTR);
    install(SIGALRM, tick, SA_RESTART);
    pid_t child = fork();
    if (child == 0) {
        usleep(100000);
        _exit(write(ends[1], "x", 1) != 1);
    }
    setitimer(ITIMER_REAL, &soon, NULL);
    result = read(ends[0], &byte, 1);
    say_number("restarted read", result);
    say_number("ticks", ticks);
    int status;
    waitpid(child, &status, 0);
}

int main(void) {
    install(SIGUSR1, describe, 0);
    install(SIGRTMIN + 1, describe, 0);
    install(SIGRTMIN + 2, describe, SA_NODEFER);
    raise(SIGUSR1);
    real_time_order();
    faults();

    stack_memory = malloc(65536);
    stack_t stack = {.ss_sp = stack_memory, .ss_size = 65536};
    sigaltstack(&stack, NULL);
    install(SIGUSR2, on_alternate_stack, SA_ONSTACK | SA_RESETHAND);
    raise(SIGUSR2);
    struct sigaction now;
    sigaction(SIGUSR2, NULL, &now);
    say_number("reset", now.sa_handler == SIG_DFL);

    install(SIGILL, change_registers, 0);
    int result;
    __asm__ volatile("xor %%eax, %%eax; ud2" : "=a"(result) : : "memory");
    say_number("register set by the handler", result);

    interrupted_calls();
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    kill(getpid(), SIGTERM);
    siginfo_t info;
    say_number("waited for", sigwaitinfo(&wanted, &info));
    return 0;
}
