// flags: -O2 -static -pthread
// flags: -O2 -pthread
// Threads run code in loops while another takes its pages away and brings them back, and writes other functions beside it.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef int (*Function)(int);

static atomic_int stop;
static unsigned char *shared;

static void write_adder(unsigned char *code, int value) {
    code[0] = 0x8d, code[1] = 0x87;
    memcpy(code + 2, &value, 4);
    code[6] = 0xc3;
}

// Calls through a pointer and directly, so that every kind of way into the code is used.
static void *caller(void *argument) {
    const Function function = (Function)shared;
    long wrong = 0;
    while (!atomic_load(&stop)) {
        for (int i = 0; i < 100; ++i) wrong += function(i) != i + 7;
    }
    (void)argument;
    return (void *)wrong;
}

int main(void) {
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    write_adder(shared, 7);
    mprotect(shared, 4096, PROT_READ | PROT_EXEC);
    pthread_t threads[3];
    for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, caller, NULL);
    unsigned char *other = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int sum = 0;
    for (int round = 0; round < 1000; ++round) {
        mprotect(shared, 4096, PROT_READ | PROT_EXEC | (round & 1 ? PROT_WRITE : 0));  // other rights: the code is forgotten
        mprotect(other, 4096, PROT_READ | PROT_WRITE);
        write_adder(other, round);
        mprotect(other, 4096, PROT_READ | PROT_EXEC);
        sum += ((Function)other)(0);
    }
    atomic_store(&stop, 1);
    long wrong = 0;
    for (int i = 0; i < 3; ++i) {
        void *count;
        pthread_join(threads[i], &count);
        wrong += (long)count;
    }
    printf("%d %ld\n", sum, wrong);
    return 0;
}
