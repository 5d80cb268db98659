// SHA-256's compression function over a changing block: rotations and additions (FIPS 180-4, 6.2). The constants are random
// numbers, since only the work matters.
#include "bench/programs/workload.h"

static uint32_t constants[64];

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static void compress(uint32_t h[8], const uint32_t block[16]) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; ++i) w[i] = block[i];
    for (int i = 16; i < 64; ++i) {
        const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    for (int i = 0; i < 8; ++i) s[i] = h[i];
    for (int i = 0; i < 64; ++i) {
        const uint32_t s1 = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        const uint32_t t1 = s[7] + s1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
        const uint32_t s0 = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        const uint32_t t2 = s0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; --j) s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; ++i) h[i] += s[i];
}

int main(int argc, char **argv) {
    uint64_t seed = 7;
    uint32_t h[8], block[16];
    for (int i = 0; i < 64; ++i) constants[i] = (uint32_t)next_random(&seed);
    for (int i = 0; i < 8; ++i) h[i] = (uint32_t)next_random(&seed);
    for (int i = 0; i < 16; ++i) block[i] = (uint32_t)next_random(&seed);
    for (long n = scaled(argc, argv, 800000); n > 0; --n) {
        block[n & 15] ^= h[n & 7];
        compress(h, block);
    }
    return print_checksum((uint64_t)h[0] << 32 | h[7]);
}
