// Bodies that attract each other: scalar double arithmetic with square roots and divisions.
#include <math.h>

#include "bench/programs/workload.h"

enum { bodies = 5 };
static double position[bodies][3], speed[bodies][3], mass[bodies];

static void attract(int i, int j, double step) {
    double d[3], square = 0.01;
    for (int k = 0; k < 3; ++k) d[k] = position[i][k] - position[j][k], square += d[k] * d[k];
    const double magnitude = step / (square * sqrt(square));
    for (int k = 0; k < 3; ++k) {
        speed[i][k] -= d[k] * mass[j] * magnitude;
        speed[j][k] += d[k] * mass[i] * magnitude;
    }
}

static void advance(double step) {
    for (int i = 0; i < bodies; ++i)
        for (int j = i + 1; j < bodies; ++j) attract(i, j, step);
    for (int i = 0; i < bodies; ++i)
        for (int k = 0; k < 3; ++k) position[i][k] += step * speed[i][k];
}

int main(int argc, char **argv) {
    for (int i = 0; i < bodies; ++i) {
        mass[i] = 1.0 / (i + 1);
        for (int k = 0; k < 3; ++k) position[i][k] = (i * 7 + k * 3) % 11 - 5, speed[i][k] = ((i + k) % 3 - 1) * 0.1;
    }
    for (long n = scaled(argc, argv, 4000000); n > 0; --n) advance(0.001);
    return print_number(position[0][0] + speed[1][1]);
}
