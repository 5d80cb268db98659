// Product of two matrices of 96 x 96 doubles, repeated.
#include "bench/programs/workload.h"

enum { size = 96 };
static double a[size][size], b[size][size], c[size][size];

static void multiply(void) {
    for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j) {
            double sum = 0;
            for (int k = 0; k < size; ++k) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
}

int main(int argc, char **argv) {
    for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j) a[i][j] = i - j, b[i][j] = 1.0 / (1 + i + j);
    double trace = 0;
    for (long n = scaled(argc, argv, 1800); n > 0; --n) {
        multiply();
        a[n % size][0] += 1;
        trace += c[n % size][n % size];
    }
    return print_number(trace);
}
