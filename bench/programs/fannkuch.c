// Pancake flips of random permutations of ten: short loops over small arrays.
#include "bench/programs/workload.h"

enum { size = 10 };

static void shuffle(int *permutation, uint64_t *seed) {
    for (int i = 0; i < size; ++i) permutation[i] = i;
    for (int i = size - 1; i > 0; --i) {
        const int j = (int)(next_random(seed) % (unsigned)(i + 1)), kept = permutation[i];
        permutation[i] = permutation[j];
        permutation[j] = kept;
    }
}

static int flips(int *permutation) {
    int count = 0;
    for (int first; (first = permutation[0]) != 0; ++count)
        for (int low = 0, high = first; low < high; ++low, --high) {
            const int kept = permutation[low];
            permutation[low] = permutation[high];
            permutation[high] = kept;
        }
    return count;
}

int main(int argc, char **argv) {
    uint64_t seed = 5, sum = 0;
    for (long n = scaled(argc, argv, 2500000); n > 0; --n) {
        int permutation[size];
        shuffle(permutation, &seed);
        sum = sum * 3 + (uint64_t)flips(permutation);
    }
    return print_checksum(sum);
}
