// Writes a new function of six bytes before every call of it: a just-in-time compiler at its worst.
#include <string.h>
#include <sys/mman.h>

#include "bench/programs/workload.h"

typedef uint32_t (*Function)(void);

int main(int argc, char **argv) {
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 1;
    uint64_t sum = 0;
    for (long n = scaled(argc, argv, 300000); n > 0; --n) {
        unsigned char *code = page + n % 64 * 64;
        const uint32_t value = (uint32_t)n * 2654435761u;
        code[0] = 0xb8;  // mov eax, value
        memcpy(code + 1, &value, sizeof value);
        code[5] = 0xc3;  // ret
        sum = sum * 31 + ((Function)(void *)code)();
    }
    return print_checksum(sum);
}
