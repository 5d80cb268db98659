// Adds, shifts, multiplies and branches on registers only.
#include "bench/programs/workload.h"

int main(int argc, char **argv) {
    uint64_t a = 1, b = 0x9e3779b97f4a7c15;
    for (long n = scaled(argc, argv, 260000000); n > 0; --n) {
        a += b ^ (a >> 7);
        b = b * 5 + (uint64_t)n;
        if (a & 0x10) b ^= a << 3;
    }
    return print_checksum(a ^ b);
}
