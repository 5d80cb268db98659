// Loops that compilers turn into vector code, at the levels of optimisation and of the processor; long double beside them.
// flags: -O0 -march=x86-64
// flags: -O2 -march=x86-64
// flags: -O3 -march=x86-64 -static
// flags: -O0 -march=x86-64-v3
// flags: -O2 -march=x86-64-v3
// flags: -O3 -march=x86-64-v3
// flags: -O3 -march=x86-64-v3 -ffast-math
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { count = 1003 };
static int8_t bytes[count];
static uint16_t words[count];
static int32_t integers[count], others[count];
static uint64_t wide[count];
static float singles[count], scaled[count];
static double doubles[count];

static uint64_t seed = 42;
static uint64_t next(void) { return seed = seed * 6364136223846793005u + 1442695040888963407u; }

static uint64_t hash(const void* from, size_t size) {
    uint64_t sum = 1469598103934665603u;
    const unsigned char* at = from;
    for (size_t i = 0; i < size; ++i) sum = (sum ^ at[i]) * 1099511628211u;
    return sum;
}

static void fill(void) {
    for (int i = 0; i < count; ++i) {
        bytes[i] = (int8_t)(next() >> 40);
        words[i] = (uint16_t)(next() >> 33);
        integers[i] = (int32_t)(next() >> 30);
        others[i] = (int32_t)(next() >> 31);
        wide[i] = next();
        singles[i] = (float)(int32_t)(next() >> 32) / 1024;
        doubles[i] = (double)(int64_t)next() / 4096;
    }
}

static void show(const char* name, const void* from, size_t size) { printf("%-10s %016lx\n", name, hash(from, size)); }

static void integers_in_lanes(void) {
    long sum = 0;
    int smallest = 0, largest = 0;
    for (int i = 0; i < count; ++i) {
        integers[i] = integers[i] * 3 + (others[i] >> 5);
        others[i] = integers[i] > others[i] ? integers[i] : ~others[i];
        words[i] = (uint16_t)((words[i] * 257 + 128) >> 8);
        bytes[i] = (int8_t)(bytes[i] < 0 ? -bytes[i] : bytes[i] / 2);
        wide[i] = (wide[i] << (i & 63)) | (wide[i] >> (-i & 63));
        sum += integers[i];
        smallest = others[i] < smallest ? others[i] : smallest;
        largest = others[i] > largest ? others[i] : largest;
    }
    printf("sums %ld %d %d\n", sum, smallest, largest);
    show("integers", integers, sizeof integers);
    show("others", others, sizeof others);
    show("words", words, sizeof words);
    show("bytes", bytes, sizeof bytes);
    show("wide", wide, sizeof wide);
}

static void floats_in_lanes(void) {
    for (int i = 0; i < count; ++i) {
        scaled[i] = singles[i] * 0.75f + singles[(i * 7) % count];
        doubles[i] = doubles[i] / 3 - scaled[i];
        integers[i] = (int32_t)(scaled[i] / 4096);
        wide[i] = (uint64_t)(int64_t)(doubles[i] / 65536);
    }
    show("scaled", scaled, sizeof scaled);
    show("doubles", doubles, sizeof doubles);
    show("rounded", integers, sizeof integers);
    show("rounded", wide, sizeof wide);
}

static void long_doubles(void) {
    long double sum = 0, product = 1;
    for (int i = 1; i < count; ++i) {
        sum += (long double)doubles[i] / i;
        product *= 1 + 1 / (long double)i;
    }
    printf("%.15Lg %.15Lg %Lf\n", sum, product, (long double)(int64_t)wide[7] / 3);
}

static void gathered(void) {
    static int32_t table[256], found[count];
    for (int i = 0; i < 256; ++i) table[i] = i * i - 1000;
    for (int i = 0; i < count; ++i) found[i] = table[(uint8_t)bytes[i]];
    for (int i = 0; i < count; ++i) found[i] += __builtin_popcountll(wide[i]) + __builtin_clz((unsigned)others[i] | 1);
    show("gathered", found, sizeof found);
}

int main(void) {
    fill();
    integers_in_lanes();
    floats_in_lanes();
    gathered();
    long_doubles();
    return 0;
}
