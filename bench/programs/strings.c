// The C library's string functions on strings of some hundred bytes.
#include <string.h>

#include "bench/programs/workload.h"

enum { length = 700 };
static char text[length + 1], copy[2 * length + 1];

int main(int argc, char **argv) {
    uint64_t seed = 11, sum = 0;
    for (int i = 0; i < length; ++i) text[i] = (char)('a' + next_random(&seed) % 26);
    for (long n = scaled(argc, argv, 8000000); n > 0; --n) {
        const int at = (int)(n % length);
        text[at] ^= 1;
        strcpy(copy, text + at / 2);
        strcat(copy, text + length / 2);
        sum += strlen(copy) + (uint64_t)(strchr(copy, '~') != NULL);
        sum += (uint64_t)(memcmp(text, copy, length / 2) > 0) + (uint64_t)(strstr(text, "qzj") - text);
        memset(copy, (int)n & 0x7f, (size_t)at);
        sum = sum * 31 + (uint64_t)copy[at / 2];
    }
    return print_checksum(sum);
}
