// Code in shared memory, in which another thread changes one instruction of two bytes as a whole, all the time: to a jump to the
// next one, and to a NOP. Whoever reads the bytes twice may take one half from each.
// flags: -O2 -pthread
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { functions = 1500, distance = 32, toggled = 6, calls = 20 };
// mov ecx, 50; nop; 1: jmp 2f; 2: dec ecx; jnz 1b; mov eax, 7; ret
static const unsigned char function[] = {0xb9, 50, 0, 0, 0, 0x90, 0xeb, 0x00, 0xff, 0xc9, 0x75, 0xfa, 0xb8, 7, 0, 0, 0, 0xc3};
static const uint16_t jump_to_next = 0x00eb;
static const uint16_t nop = 0x9066;

static unsigned char* writable;
static atomic_int current;
static atomic_bool ends;

static void* toggle(void* nothing) {
    while (!ends) {
        _Atomic uint16_t* place = (_Atomic uint16_t*)(void*)(writable + current * distance + toggled);
        atomic_store_explicit(place, nop, memory_order_relaxed);
        atomic_store_explicit(place, jump_to_next, memory_order_relaxed);
    }
    return nothing;
}

int main(void) {
    const int file = memfd_create("code", 0);
    if (ftruncate(file, functions * distance) != 0) return 1;
    writable = mmap(NULL, functions * distance, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    unsigned char* executable = mmap(NULL, functions * distance, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    for (int i = 0; i < functions; ++i) memcpy(writable + i * distance, function, sizeof function);
    pthread_t thread;
    if (pthread_create(&thread, NULL, toggle, NULL) != 0) return 1;
    int right = 0;
    for (int i = 0; i < functions; ++i) {
        current = i;
        for (int k = 0; k < calls; ++k) right += ((int (*)(void))(void*)(executable + i * distance))() == 7;
    }
    ends = 1;
    pthread_join(thread, NULL);
    printf("%d of %d\n", right, functions * calls);
    return 0;
}
