// Spectral norm of a matrix whose elements are computed: integer to double conversions and divisions.
#include <math.h>

#include "bench/programs/workload.h"

enum { size = 500 };
static double u[size], v[size], t[size];

static double element(int i, int j) {
    return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

static void multiply(const double *from, double *to, int transposed) {
    for (int i = 0; i < size; ++i) {
        double sum = 0;
        for (int j = 0; j < size; ++j) sum += (transposed ? element(j, i) : element(i, j)) * from[j];
        to[i] = sum;
    }
}

int main(int argc, char **argv) {
    for (int i = 0; i < size; ++i) u[i] = 1;
    for (long n = scaled(argc, argv, 250); n > 0; --n) {
        multiply(u, t, 0);
        multiply(t, v, 1);
        multiply(v, t, 0);
        multiply(t, u, 1);
        for (int i = 0; i < size; ++i) u[i] /= 3;
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < size; ++i) uv += u[i] * v[i], vv += v[i] * v[i];
    return print_number(sqrt(uv / vv));
}
