// Parent and child have hot loops from before their fork, and both get more of them afterwards: none may get the other's code.
// flags: -O1
// flags: -O0
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { rounds = 20000 };

#define LOOP(number)                                                                             \
    __attribute__((noinline)) static uint32_t loop_##number(uint32_t x) {                        \
        for (uint32_t i = 0; i < rounds; ++i) x = (x ^ i) * (2 * number + 3) + (x >> number);    \
        return x;                                                                                \
    }
LOOP(1) LOOP(2) LOOP(3) LOOP(4) LOOP(5) LOOP(6) LOOP(7) LOOP(8)
static uint32_t (*const loops[])(uint32_t) = {loop_1, loop_2, loop_3, loop_4, loop_5, loop_6, loop_7, loop_8};
enum { loop_count = sizeof loops / sizeof *loops };

// For so long that the loop is hot and has been compiled. Returns 0 if it had two results.
static int heat(int number) {
    const uint32_t expected = loops[number](number);
    for (const clock_t begin = clock(); clock() - begin < CLOCKS_PER_SEC / 20;) {
        if (loops[number](number) != expected) return printf("loop %d\n", number), 0;
    }
    return 1;
}

static int all_are(const uint32_t* expected, const char* who) {
    for (int i = 0; i < loop_count; ++i) {
        if (loops[i](i) != expected[i]) return printf("%s, loop %d\n", who, i), 0;
    }
    return 1;
}

int main(void) {
    uint32_t expected[loop_count];
    for (int i = 0; i < loop_count; ++i) expected[i] = loops[i](i);
    for (int i = 0; i < 2; ++i) heat(i);
    fflush(stdout);
    const pid_t child = fork();
    // Each in an order of its own.
    for (int i = 2; i < loop_count; ++i) {
        if (!heat(child == 0 ? i : loop_count + 1 - i) || !all_are(expected, child == 0 ? "child" : "parent")) return 1;
    }
    if (child == 0) return 0;
    int status = 0;
    waitpid(child, &status, 0);
    printf("child %d\n", status);
    for (int i = 0; i < loop_count; ++i) printf("%08x\n", expected[i]);
    return 0;
}
