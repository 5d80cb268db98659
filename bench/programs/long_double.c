// 80-bit arithmetic on the x87 unit: dot products of vectors in memory, and square roots by Newton's iteration.
#include "bench/programs/workload.h"

enum { length = 1024 };
static long double a[length], b[length];

static long double dot_product(void) {
    long double sum = 0;
    for (int i = 0; i < length; ++i) sum += a[i] * b[i];
    return sum;
}

static long double root(long double square) {
    long double guess = 1;
    for (int i = 0; i < 8; ++i) guess = (guess + square / guess) / 2;
    return guess;
}

int main(int argc, char **argv) {
    long double sum = 0;
    for (int i = 0; i < length; ++i) a[i] = i + 0.5L, b[i] = 1.0L / (i + 1);
    for (long n = scaled(argc, argv, 100000); n > 0; --n) {
        sum += dot_product();
        a[n % length] = root((long double)(n % 1000 + 2));
    }
    return print_number((double)sum);
}
