// Numbers that the kernel has no call for, and ways of calling that it does not know.
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static long raw(long number) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(-1L), "S"(-1L), "d"(-1L) : "rcx", "r11", "memory");
    return result;
}

int main(void) {
    const long numbers[] = {134, 156, 174,  177,  178,  180,        181,        182,        183,        184, 185,
                            205, 211, 212,  214,  215,  236,        337,        387,        400,        423, 500,
                            511, 548, 1000, 4095, 9999, 0x40000000, 0x40000027, 0x7fffffff, 0x80000000, -1,  -4096};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; ++i) printf("%ld: %ld\n", numbers[i], raw(numbers[i]));
    // The kernel looks at 32 bits of the number.
    printf("high bits: %d\n", raw(0x100000000 + SYS_getpid) == raw(SYS_getpid));
    long rcx, r11, result;
    __asm__ volatile("syscall" : "=a"(result), "=c"(rcx), "=&r"(r11) : "a"(600L) : "r11", "memory");
    printf("rcx is behind the instruction: %d, result %ld\n", rcx != 0, result);
    return 0;
}
