// The program that tools/run shows when it is given none: asks the processor who it is, and works a little.
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

// Leaf 0x40000000 is where a hypervisor or translator names itself; without one the answer is something else.
static void print_processor(void) {
    unsigned eax, name[4] = {0};
    __cpuid(0x40000000, eax, name[0], name[1], name[2]);
    printf("The processor calls itself \"%.12s\".\n", (const char*)name);
}

static unsigned count_primes_below(unsigned limit) {
    static char composite[1000000];
    unsigned count = 0;
    memset(composite, 0, sizeof composite);
    for (unsigned n = 2; n < limit; ++n) {
        if (composite[n]) continue;
        ++count;
        for (unsigned multiple = 2 * n; multiple < limit; multiple += n) composite[multiple] = 1;
    }
    return count;
}

int main(void) {
    print_processor();
    printf("There are %u primes below 100000.\n", count_primes_below(100000));
    return 0;
}
