// Code that is written through another mapping than the one that runs it, or through the file that both are of.
// flags: -O1 -static
// flags: -O1
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*Function)(int);

// lea eax, [rdi + value]; ret
static void write_adder(unsigned char* code, int value) {
    code[0] = 0x8d, code[1] = 0x87;
    memcpy(code + 2, &value, 4);
    code[6] = 0xc3;
}

static int new_file(void) {
    const int file = memfd_create("code", 0);
    return ftruncate(file, 8192) == 0 ? file : -1;
}

static unsigned char* map(int file, int protection, int flags) {
    return mmap(NULL, 8192, protection, flags, file, 0);
}

// Calls that come from a loop of its own code, so that they are linked before the callee changes.
static int run_twice(unsigned char* code) {
    int sum = 0;
    for (int i = 0; i < 2; ++i) sum += ((Function)(void*)code)(i);
    return sum;
}

static int shared_and_shared(int protection) {
    const int file = new_file();
    unsigned char* writable = map(file, PROT_READ | PROT_WRITE, MAP_SHARED);
    unsigned char* executable = map(file, protection, MAP_SHARED);
    int sum = 0;
    for (int i = 0; i < 300; ++i) {
        write_adder(writable + i % 3 * 64, i);
        sum += run_twice(executable + i % 3 * 64);
    }
    return sum;
}

// A private page is that of the file until it is written through its own mapping.
static int shared_and_private(void) {
    const int file = new_file();
    unsigned char* writable = map(file, PROT_READ | PROT_WRITE, MAP_SHARED);
    unsigned char* executable = map(file, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
    int sum = 0;
    for (int i = 0; i < 100; ++i) {
        write_adder(writable, i);
        sum += run_twice(executable);
    }
    write_adder(executable, 1000);
    write_adder(writable, 5);
    return sum + run_twice(executable);
}

static int private_and_not_writable(void) {
    const int file = new_file();
    unsigned char* writable = map(file, PROT_READ | PROT_WRITE, MAP_SHARED);
    unsigned char* executable = map(file, PROT_READ | PROT_EXEC, MAP_PRIVATE);
    int sum = 0;
    for (int i = 0; i < 100; ++i) {
        write_adder(writable, i);
        sum += run_twice(executable);
    }
    return sum;
}

static int written_to_the_file(int flags) {
    const int file = new_file();
    unsigned char* executable = map(file, PROT_READ | PROT_EXEC, flags);
    int sum = 0;
    for (int i = 0; i < 100; ++i) {
        unsigned char code[7];
        write_adder(code, i * 3);
        if (pwrite(file, code, sizeof code, 0) != sizeof code) return -1;
        sum += run_twice(executable);
    }
    return sum;
}

static int written_by_a_child(void) {
    const int file = new_file();
    unsigned char* both = map(file, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED);
    int sum = 0;
    for (int i = 0; i < 20; ++i) {
        write_adder(both, 100 + i);
        sum += run_twice(both);
        const pid_t child = fork();
        if (child == 0) {
            write_adder(both, 200 + i);
            _exit(run_twice(both) & 0x7f);
        }
        int status = 0;
        waitpid(child, &status, 0);
        sum += run_twice(both) + WEXITSTATUS(status);
    }
    return sum;
}

int main(void) {
    printf("%d %d\n", shared_and_shared(PROT_READ | PROT_EXEC), shared_and_shared(PROT_READ | PROT_WRITE | PROT_EXEC));
    printf("%d %d\n", shared_and_private(), private_and_not_writable());
    printf("%d %d\n", written_to_the_file(MAP_PRIVATE), written_to_the_file(MAP_SHARED));
    printf("%d\n", written_by_a_child());
    return 0;
}
