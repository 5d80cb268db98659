// A little register machine and its program, which bytecode_switch.c and bytecode_goto.c interpret each in its way.
#pragma once

#include "bench/programs/workload.h"

enum Opcode { op_add, op_multiply, op_xor, op_shift, op_load, op_store, op_skip_if_odd, op_loop, op_end };

struct Operation {
    unsigned char opcode, a, b, c;
};

struct Machine {
    uint64_t registers[8];
    uint64_t memory[256];
};

/// Runs until register 7 has counted down to 0.
static const struct Operation bytecode[] = {
    {op_add, 0, 1, 2},      {op_xor, 1, 0, 3},   {op_store, 0, 1, 0},       {op_multiply, 2, 2, 4}, {op_shift, 3, 2, 0},
    {op_load, 4, 3, 0},     {op_add, 4, 4, 0},   {op_skip_if_odd, 4, 0, 0}, {op_xor, 0, 0, 2},      {op_add, 5, 5, 4},
    {op_multiply, 5, 5, 1}, {op_store, 5, 3, 0}, {op_skip_if_odd, 5, 0, 0}, {op_shift, 1, 5, 0},    {op_xor, 2, 2, 5},
    {op_loop, 7, 0, 0},     {op_end, 0, 0, 0},
};

static inline struct Machine make_machine(int argc, char** argv) {
    struct Machine machine = {{1, 2, 3, 4, 5, 6, 7, 0}, {0}};
    machine.registers[7] = (uint64_t)scaled(argc, argv, 13000000);
    return machine;
}
