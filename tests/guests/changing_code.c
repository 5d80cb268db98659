// Code that is made while the program runs: written, run, written again, through one mapping and through two.
// flags: -O1 -static
// flags: -O1
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int (*function)(void);

// mov eax, value; ret
static void write_function(unsigned char* at, int value) {
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

int main(void) {
    int sum = 0;
    unsigned char* both = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 1000; ++i) {
        write_function(both + i % 7 * 16, i);
        sum += ((function)(both + i % 7 * 16))();
    }
    printf("writable and executable: %d\n", sum);

    unsigned char* turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 50; ++i) {
        mprotect(turns, 4096, PROT_READ | PROT_WRITE);
        write_function(turns, i * 3);
        mprotect(turns, 4096, PROT_READ | PROT_EXEC);
        sum += ((function)turns)();
    }
    printf("in turns: %d\n", sum);

    int file = memfd_create("code", 0);
    if (ftruncate(file, 4096) != 0) return 1;
    unsigned char* write_view = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    unsigned char* run_view = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    for (int i = 0; i < 50; ++i) {
        write_function(write_view, i * 5);
        sum += ((function)run_view)();
    }
    printf("two views: %d\n", sum);

    for (int i = 0; i < 20; ++i) {
        unsigned char* fresh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        write_function(fresh, i);
        mprotect(fresh, 4096, PROT_READ | PROT_EXEC);
        sum += ((function)fresh)();
        munmap(fresh, 4096);
    }
    printf("unmapped and mapped again: %d\n", sum);

    write_function(both, 7);
    if (pread(file, both, 6, 0) == 6) sum += ((function)both)();  // the kernel writes code
    printf("written by the kernel: %d\n", sum);
    fflush(stdout);
    mprotect(both, 4096, PROT_READ | PROT_WRITE);
    ((function)both)();  // no longer executable
    return 0;
}
