// One thread changes code while others run it: an immediate and the target of a jump, each by one aligned store.
// flags: -O1 -static -pthread
// flags: -O1 -pthread
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { threads = 2, changes = 1000 };

static unsigned char* code;
static _Atomic int turn;
static _Atomic int stop;
static int wrong[threads];

typedef int (*Function)(void);

// A function at 0 returns its immediate, which only grows, so what a thread sees may not go back.
static void* run_immediate(void* number) {
    int last = 0;
    while (!stop) {
        const int seen = ((Function)(void*)(code + 3))();
        if (seen < last || seen > changes) ++wrong[(intptr_t)number];
        last = seen;
    }
    if (((Function)(void*)(code + 3))() != changes) ++wrong[(intptr_t)number];
    return NULL;
}

// A jump at 64 leads to one of two functions. Who is told about a change must go where the jump leads now.
static void* run_jump(void* number) {
    for (int i = 1; i <= changes; ++i) {
        while (turn != 2 * i - 1) sched_yield();
        if (((Function)(void*)(code + 64))() != 100 + i % 2) ++wrong[(intptr_t)number];
        turn = 2 * i;
    }
    return NULL;
}

static void write_constant(unsigned char* at, int value) {
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

// A loop in code that another thread ends by changing its condition: `jmp self` becomes `ret`.
static void* spin(void* unused) {
    (void)unused;
    ((void (*)(void))(void*)(code + 256))();
    return NULL;
}

static int run_all(unsigned char* writable, unsigned char* executable) {
    code = executable;
    stop = 0;
    turn = 0;
    memset(wrong, 0, sizeof wrong);
    write_constant(writable + 3, 0);  // the immediate is at 4
    pthread_t thread[threads];
    for (intptr_t i = 0; i < threads; ++i) pthread_create(&thread[i], NULL, run_immediate, (void*)i);
    for (int i = 1; i <= changes; ++i) {
        *(volatile int*)(writable + 4) = i;
        if (i % 64 == 0) usleep(10);
    }
    stop = 1;
    for (int i = 0; i < threads; ++i) pthread_join(thread[i], NULL);

    write_constant(writable + 128, 100);
    write_constant(writable + 192, 101);
    writable[64 - 1] = 0x90;
    writable[64] = 0x90, writable[65] = 0x90, writable[66] = 0x90, writable[67] = 0xe9;
    pthread_create(&thread[0], NULL, run_jump, (void*)0);
    for (int i = 1; i <= changes; ++i) {
        *(volatile int*)(writable + 68) = (i % 2 == 0 ? 128 : 192) - 72;
        turn = 2 * i - 1;
        while (turn != 2 * i) sched_yield();
    }
    pthread_join(thread[0], NULL);

    writable[256] = 0xeb, writable[257] = 0xfe;
    pthread_create(&thread[0], NULL, spin, NULL);
    usleep(20000);
    *(volatile unsigned char*)(writable + 256) = 0xc3;
    pthread_join(thread[0], NULL);
    return wrong[0] + wrong[1];
}

int main(void) {
    unsigned char* both = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("one mapping: %d\n", run_all(both, both));
    const int file = memfd_create("code", 0);
    if (ftruncate(file, 4096) != 0) return 1;
    unsigned char* writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    unsigned char* executable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    printf("two mappings: %d\n", run_all(writable, executable));
    return 0;
}
