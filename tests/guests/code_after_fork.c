// Forks of a process whose code pages are writable: parent and child both run what was there, write it anew, and run that.
// flags: -O1 -static
// flags: -O1
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*Function)(int);

enum { forks = 1000, functions = 16 };

// lea eax, [rdi + value]; ret
static void write_adder(unsigned char* code, int value) {
    code[0] = 0x8d, code[1] = 0x87;
    memcpy(code + 2, &value, 4);
    code[6] = 0xc3;
}

static int run(unsigned char* code, int number) {
    return ((Function)(void*)(code + number % functions * 64))(1);
}

static int goes_on(unsigned char* code, int number, int old, int new) {
    if (run(code, number) != old + 1) return 0;
    write_adder(code + number % functions * 64, new);
    return run(code, number) == new + 1;
}

int main(void) {
    unsigned char* code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < functions; ++i) write_adder(code + i * 64, i);
    int value[functions];
    for (int i = 0; i < functions; ++i) value[i] = i;
    for (volatile int i = 0; i < forks; ++i) {
        int* const old = &value[i % functions];
        if (run(code, i) != *old + 1) return printf("before fork %d\n", i), 1;
        const pid_t child = i % 8 == 7 ? vfork() : fork();
        if (child == 0 && i % 8 == 7) _exit(run(code, i) == *old + 1 ? 0 : 1);
        if (child == 0) _exit(goes_on(code, i, *old, 100000 + i) ? 0 : 1);
        if (!goes_on(code, i, *old, 1000 + i)) return printf("parent %d\n", i), 1;
        *old = 1000 + i;
        int status = 0;
        waitpid(child, &status, 0);
        if (status != 0) return printf("child %d: %x\n", i, status), 1;
    }
    printf("%d forks\n", forks);
    return 0;
}
