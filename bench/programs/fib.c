// Fibonacci numbers by recursion: calls and returns. Compiled so that the compiler does not unfold it.
#include "bench/programs/workload.h"

__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls"))) static uint64_t fib(unsigned n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
    uint64_t sum = 0;
    for (long n = scaled(argc, argv, 12000); n > 0; --n) sum += fib(20 + (n & 1));
    return print_checksum(sum);
}
