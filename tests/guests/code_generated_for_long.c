// A generator that writes new functions for long: at the same places, and at new ones whose memory it gives back. What that
// takes must not grow with the time. flags: -O1 -static flags: -O1
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int (*Function)(int);

enum { rounds = 400000, fresh_rounds = 30000, most_resident_mb = 110 };

// lea eax, [rdi + value]; ret
static void write_adder(unsigned char* code, int value) {
    code[0] = 0x8d, code[1] = 0x87;
    memcpy(code + 2, &value, 4);
    code[6] = 0xc3;
}

static long resident_mb(void) {
    long size = 0, resident = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2) return 1 << 20;
    fclose(file);
    return resident * 4096 >> 20;
}

static unsigned at_the_same_places(int flags, int file) {
    unsigned char* code = mmap(NULL, 16384, PROT_READ | PROT_WRITE | PROT_EXEC, flags, file, 0);
    unsigned sum = 0;
    for (int i = 0; i < rounds; ++i) {
        unsigned char* function = code + i % 200 * 80;
        write_adder(function, i);
        sum = sum * 31 + (unsigned)((Function)(void*)function)(1);
    }
    munmap(code, 16384);
    return sum;
}

static unsigned at_new_places(void) {
    unsigned sum = 0;
    for (int i = 0; i < fresh_rounds; ++i) {
        unsigned char* code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int n = 0; n < 8; ++n) write_adder(code + n * 32, i + n);
        for (int n = 0; n < 8; ++n) sum = sum * 31 + (unsigned)((Function)(void*)(code + n * 32))(1);
        munmap(code, 4096);
    }
    return sum;
}

int main(void) {
    const int file = memfd_create("code", 0);
    if (ftruncate(file, 16384) != 0) return 1;
    printf("%x\n", at_the_same_places(MAP_PRIVATE | MAP_ANONYMOUS, -1));
    printf("%x\n", at_the_same_places(MAP_SHARED, file));
    printf("%x\n", at_new_places());
    printf("%s\n", resident_mb() < most_resident_mb ? "within bounds" : "too much memory");
    return 0;
}
