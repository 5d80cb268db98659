// A bytecode interpreter that dispatches by switch: one indirect jump for all operations.
#include "bench/programs/bytecode.h"

int main(int argc, char **argv) {
    struct Machine machine = make_machine(argc, argv);
    uint64_t *r = machine.registers;
    for (const struct Operation *at = bytecode;; ++at) {
        switch (at->opcode) {
            case op_add: r[at->a] = r[at->b] + r[at->c]; break;
            case op_multiply: r[at->a] = r[at->b] * (r[at->c] | 1); break;
            case op_xor: r[at->a] = r[at->b] ^ r[at->c]; break;
            case op_shift: r[at->a] = r[at->b] >> 3; break;
            case op_load: r[at->a] = machine.memory[r[at->b] & 0xff]; break;
            case op_store: machine.memory[r[at->b] & 0xff] = r[at->a]; break;
            case op_skip_if_odd: at += r[at->a] & 1; break;
            case op_loop:
                if (--r[at->a] != 0) at = bytecode - 1;
                break;
            default: return print_checksum(r[0] ^ r[5]);
        }
    }
}
