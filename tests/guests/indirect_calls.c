// Calls and jumps through pointers that go to a few places or to many, in loops: to functions that call each other and
// themselves, that leave by longjmp, that end with a jump to another, and to the cases of switches.
// flags: -O2
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t Function(uint64_t value, unsigned depth);

static uint64_t state = 88172645463325252;
static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static Function* functions[12];
static jmp_buf before_the_calls;
static int may_leave;

__attribute__((noinline)) static uint64_t add(uint64_t value, unsigned depth) { return value + depth; }
__attribute__((noinline)) static uint64_t multiply(uint64_t value, unsigned depth) { return value * (depth | 1); }
__attribute__((noinline)) static uint64_t mix(uint64_t value, unsigned depth) { return (value ^ value >> 7) - depth; }
__attribute__((noinline)) static uint64_t go_deeper(uint64_t value, unsigned depth) {
    if (depth == 0) return value;
    return functions[value % 6](value + 1, depth - 1) + functions[value % 4](value, depth - 1);
}
__attribute__((noinline)) static uint64_t pass_on(uint64_t value, unsigned depth) {
    return functions[value % 3](value ^ 5, depth);  // a jump
}
__attribute__((noinline)) static uint64_t leave(uint64_t value, unsigned depth) {
    if (may_leave && depth < 3 && value % 64 == 0) longjmp(before_the_calls, (int)(value % 1000 + 1));
    return value + 3;
}
__attribute__((noinline)) static uint64_t choose(uint64_t value, unsigned depth) {
    switch (value % 11) {
        case 0: return value * 3;
        case 1: return value - depth;
        case 2: return value ^ 0x55;
        case 3: return value >> 3;
        case 4: return value * value;
        case 5: return ~value;
        case 6: return value + 77;
        case 7: return value << 1;
        case 8: return value / 3;
        case 9: return value % 1021;
        default: return go_deeper(value, depth / 2);
    }
}

/// Through the first so many of the functions.
static uint64_t call(unsigned among, unsigned rounds) {
    volatile uint64_t sum = 0;
    volatile unsigned round = 0;
    const int thrown = setjmp(before_the_calls);
    sum += (uint64_t)thrown;
    may_leave = 1;
    while (round < rounds) {
        round = round + 1;
        const uint64_t random = next_random();
        sum = functions[random % among](sum + (random >> 32), (unsigned)(random >> 16) % 6);
    }
    may_leave = 0;
    return sum;
}

int main(void) {
    static Function* const each[] = {add, multiply, mix, go_deeper, pass_on, leave, choose, add, mix, choose, pass_on, go_deeper};
    for (unsigned i = 0; i < 12; ++i) functions[i] = each[i];
    for (unsigned among = 1; among <= 12; ++among) printf("%u: %016llx\n", among, (unsigned long long)call(among, 40000));
    uint64_t sum = 0;
    for (unsigned i = 0; i < 200000; ++i) sum = choose(sum + i, i % 5);
    printf("switch: %016llx\n", (unsigned long long)sum);
    // Where a call goes changes, after long.
    for (unsigned i = 0; i < 600000; ++i) sum = functions[i / 100000](sum, i % 3);
    printf("changing: %016llx\n", (unsigned long long)sum);
    return 0;
}
