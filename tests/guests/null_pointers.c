// RBP becomes null in the middle of a loop that has long been hot, and memory is accessed there: by a load whose value counts, by
// one whose value does not, by a store. A compiler takes such an access through a pointer of its own for impossible.
// flags: -O2 -static
// flags: -O2
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

// rdi: rounds, from which on it counts down; rsi: the round in which RBP is null.
long loads(long rounds, long round_of_null);
long loads_for_nothing(long rounds, long round_of_null);
long stores(long rounds, long round_of_null);

#define LOOP(name, access)        \
    asm(".text\n" #name           \
        ":\n"                     \
        "    pushq %rbp\n"        \
        "    subq $16, %rsp\n"    \
        "    xorl %eax, %eax\n"   \
        "1:  movq %rsp, %rbp\n"   \
        "    cmpq %rsi, %rdi\n"   \
        "    jne 2f\n"            \
        "    xorl %ebp, %ebp\n"   \
        "2:  movq %rdi, (%rsp)\n" \
        "    " access             \
        "\n"                      \
        "    decq %rdi\n"         \
        "    jnz 1b\n"            \
        "    addq $16, %rsp\n"    \
        "    popq %rbp\n"         \
        "    ret\n")
LOOP(loads, "addq (%rbp), %rax");
LOOP(loads_for_nothing, "movq (%rbp), %rcx");
LOOP(stores, "movq %rax, (%rbp)");

enum { calls = 3000, rounds = 3000 };

static void report(const char* name, long (*loop)(long, long)) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < calls; ++i) loop(rounds, -1);
        loop(rounds, 10);
        _exit(7);
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("%s: %s %d\n", name, WIFSIGNALED(status) ? "signal" : "exit",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int main(void) {
    report("load", loads);
    report("load for nothing", loads_for_nothing);
    report("store", stores);
    return 0;
}
