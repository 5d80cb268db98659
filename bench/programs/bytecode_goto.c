// The same bytecode interpreter with computed goto: an indirect jump at the end of every operation.
#include "bench/programs/bytecode.h"

#define NEXT goto *labels[(++at)->opcode]

int main(int argc, char **argv) {
    static const void *const labels[] = {&&add, &&multiply, &&exclusive_or, &&shift, &&load, &&store, &&skip, &&loop, &&end};
    struct Machine machine = make_machine(argc, argv);
    uint64_t *r = machine.registers;
    const struct Operation *at = bytecode - 1;
    NEXT;
add:
    r[at->a] = r[at->b] + r[at->c];
    NEXT;
multiply:
    r[at->a] = r[at->b] * (r[at->c] | 1);
    NEXT;
exclusive_or:
    r[at->a] = r[at->b] ^ r[at->c];
    NEXT;
shift:
    r[at->a] = r[at->b] >> 3;
    NEXT;
load:
    r[at->a] = machine.memory[r[at->b] & 0xff];
    NEXT;
store:
    machine.memory[r[at->b] & 0xff] = r[at->a];
    NEXT;
skip:
    at += r[at->a] & 1;
    NEXT;
loop:
    if (--r[at->a] != 0) at = bytecode - 1;
    NEXT;
end:
    return print_checksum(r[0] ^ r[5]);
}
