// How the programs of lxr-bench are told how much to do, and how they say what came out. Included by every program here.
#pragma once

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void end_with_signal(int number) {
    _Exit(128 + number);
}

/// The share of `full` that the first argument asks for, in thousandths; at least 1. `full` takes 0.3 to 0.5 s natively. With
/// "handler" as second argument, SIGSEGV has a handler from here on: whoever translates must have the state of each access
/// ready.
static inline long scaled(int argc, char** argv, long full) {
    if (argc > 2 && strcmp(argv[2], "handler") == 0) signal(SIGSEGV, end_with_signal);
    const long permille = argc > 1 ? atol(argv[1]) : 1000;
    const long share = full / 1000 * permille + full % 1000 * permille / 1000;
    return share > 0 ? share : 1;
}

/// A xorshift generator: the same numbers everywhere.
static inline uint64_t next_random(uint64_t* state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline int print_checksum(uint64_t checksum) {
    return printf("%016llx\n", (unsigned long long)checksum) < 0;
}

static inline int print_number(double number) {
    return printf("%a\n", number) < 0;
}
