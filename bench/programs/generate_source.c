// Prints C source with as many functions as the first argument says, and a main() that runs each of them some times: cold
// code for lxr-bench, food for its compilers and compressors. Runs while lxr-bench is built.
#include "bench/programs/workload.h"

static const char *const statements[] = {
    "a += b * %luu;", "b ^= a >> %lu %% 31 + 1;", "if (a > b + %luu) a -= b; else b += %luu;", "t[a %% 64] += b + %luu;",
    "a = t[b %% 64] + %luu;", "b += a %% %luu;", "a ^= b << (%lu %% 13);", "if (t[%lu %% 64] & 1) b = ~b;",
};

static void print_function(long number, uint64_t *seed) {
    printf("unsigned f%ld(unsigned a, unsigned b) {\n", number);
    for (int i = 0; i < 14; ++i) {
        const unsigned long value = 1 + next_random(seed) % 9999;
        printf("    ");
        printf(statements[next_random(seed) % (sizeof statements / sizeof statements[0])], value, value);
        printf("\n");
    }
    printf("    return a ^ b;\n}\n");
}

int main(int argc, char **argv) {
    const long count = argc > 1 ? atol(argv[1]) : 100;
    uint64_t seed = 77;
    printf("int printf(const char *, ...);\nunsigned t[64];\n");
    for (long number = 0; number < count; ++number) print_function(number, &seed);
    printf("unsigned (*const functions[])(unsigned, unsigned) = {\n");
    for (long number = 0; number < count; ++number) printf("    f%ld,\n", number);
    printf("};\nint main(void) {\n    unsigned sum = 1;\n    for (int round = 0; round < 5; ++round)\n");
    printf("        for (int i = 0; i < %ld; ++i) sum = functions[i](sum, (unsigned)i);\n", count);
    printf("    return printf(\"%%08x\\n\", sum) < 0;\n}\n");
    return 0;
}
