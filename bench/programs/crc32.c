// CRC-32 by table over a buffer of 64 KiB.
#include "bench/programs/workload.h"

static uint32_t table[256];
static unsigned char buffer[65536];

static void make_table(void) {
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t entry = i;
        for (int bit = 0; bit < 8; ++bit) entry = entry & 1 ? entry >> 1 ^ 0xedb88320 : entry >> 1;
        table[i] = entry;
    }
}

int main(int argc, char **argv) {
    make_table();
    uint64_t seed = 42;
    for (size_t i = 0; i < sizeof buffer; ++i) buffer[i] = (unsigned char)next_random(&seed);
    uint32_t crc = ~0u;
    for (long n = scaled(argc, argv, 3000); n > 0; --n)
        for (size_t i = 0; i < sizeof buffer; ++i) crc = table[(crc ^ buffer[i]) & 0xff] ^ crc >> 8;
    return print_checksum(~crc);
}
