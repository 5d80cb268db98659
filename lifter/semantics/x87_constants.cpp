// x87 load constants instructions (SDM Vol. 1, "x87 FPU Load Constants Instructions").
#include "lifter/semantics/functions.h"
#include "lifter/semantics/x87_functions.h"

namespace lxr::semantics {

using host::X87Operation;

namespace {

void load_constant(B& b, X87Operation operation) {
    x87_helper(b, Helper::x87_load, {.operation = operation}, b.imm(Type::i64, 0));
}

}  // namespace

void x87_load_1(B& b) {
    load_constant(b, X87Operation::constant_1);
}
void x87_load_log2_10(B& b) {
    load_constant(b, X87Operation::constant_log2_10);
}
void x87_load_log2_e(B& b) {
    load_constant(b, X87Operation::constant_log2_e);
}
void x87_load_pi(B& b) {
    load_constant(b, X87Operation::constant_pi);
}
void x87_load_log10_2(B& b) {
    load_constant(b, X87Operation::constant_log10_2);
}
void x87_load_ln_2(B& b) {
    load_constant(b, X87Operation::constant_ln_2);
}
void x87_load_0(B& b) {
    load_constant(b, X87Operation::constant_0);
}

}  // namespace lxr::semantics
