// Logical instructions (SDM Vol. 1, "Logical Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

void logical(B& b, Opcode opcode) {
    b.flags_logic(b.modify(opcode, b.read(1, b.type_of(0))).result);
}

}  // namespace

void logical_and(B& b) {
    logical(b, Opcode::bit_and);
}
void logical_or(B& b) {
    logical(b, Opcode::bit_or);
}
void logical_xor(B& b) {
    logical(b, Opcode::bit_xor);
}

void logical_not(B& b) {
    b.modify(Opcode::bit_xor, b.imm(b.type_of(0), ~std::uint64_t{0}));
}

void test(B& b) {
    const auto first = b.read(0);
    b.flags_logic(b.bit_and(first, b.read(1, first.type)));
}

}  // namespace lxr::semantics
