// INT 0x80 from 64-bit code: the 32-bit numbers, with arguments that fit.
// flags: -static -O1 -no-pie
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long int80(long number, long b, long c, long d) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(b), "c"(c), "d"(d) : "memory");
    return result;
}

int main(void) {
    char* low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    strcpy(low, "through int 0x80\n");
    printf("write %ld\n", int80(4, 1, (long)low, strlen(low)));
    fflush(stdout);
    printf("getpid %d\n", int80(20, 0, 0, 0) == getpid());
    printf("read of a closed one %ld\n", int80(3, 99, (long)low, 1));
    strcpy(low, "file");
    long file = int80(5, (long)low, O_CREAT | O_RDWR, 0600);
    printf("open %ld\n", file);
    printf("access %ld\n", int80(33, (long)low, 0, 0));
    printf("close %ld\n", int80(6, file, 0, 0));
    printf("bad pointer %ld\n", int80(5, 8, 0, 0));
    printf("unknown %ld\n", int80(9999, 0, 0, 0));
    printf("high half of the number is ignored %d\n", int80(0x100000014, 0, 0, 0) == getpid());
    printf("high half of an argument is ignored %ld\n", int80(6, 0x500000063, 0, 0));
    int80(1, 42, 0, 0);
    return 1;
}
