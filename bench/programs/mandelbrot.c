// Points of the Mandelbrot set: a short loop of doubles with an early exit.
#include "bench/programs/workload.h"

static int iterations_until_out(double x, double y) {
    double real = 0, imaginary = 0;
    int n = 0;
    while (n < 200 && real * real + imaginary * imaginary < 4) {
        const double next = real * real - imaginary * imaginary + x;
        imaginary = 2 * real * imaginary + y;
        real = next;
        ++n;
    }
    return n;
}

int main(int argc, char **argv) {
    const long rows = scaled(argc, argv, 2000);
    uint64_t checksum = 0;
    for (long row = 0; row < rows; ++row)
        for (int column = 0; column < 1000; ++column)
            checksum = checksum * 31 + (uint64_t)iterations_until_out(column / 400.0 - 2, row * 2.0 / rows - 1);
    return print_checksum(checksum);
}
