// SSE3 instructions (SDM Vol. 1, "SSE3 Instructions").
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

void duplicate(B& b, std::int32_t lanes) {
    const auto source = b.read_vector_aligned(1, b.vector_type());
    b.write_vector(0, permute(b, source, source, Type::i32, lanes));
}

}  // namespace

void add_subtract_single(B& b) {
    packed(b, Opcode::float_sub_add, Type::f32);
}
void add_subtract_double(B& b) {
    packed(b, Opcode::float_sub_add, Type::f64);
}
void horizontal_add_single(B& b) {
    horizontal(b, Opcode::float_add, Type::f32);
}
void horizontal_add_double(B& b) {
    horizontal(b, Opcode::float_add, Type::f64);
}
void horizontal_subtract_single(B& b) {
    horizontal(b, Opcode::float_sub, Type::f32);
}
void horizontal_subtract_double(B& b) {
    horizontal(b, Opcode::float_sub, Type::f64);
}

void duplicate_even_singles(B& b) {
    duplicate(b, selectors({0, 0, 2, 2}));
}
void duplicate_odd_singles(B& b) {
    duplicate(b, selectors({1, 1, 3, 3}));
}
void duplicate_double(B& b) {
    const auto type = b.vector_type();
    const auto source = type == Type::v128 ? b.resize(b.read_vector(1, Type::i64), type) : b.read_vector(1, type);
    b.write_vector(0, permute(b, source, source, Type::i64, selectors({0, 0})));
}

}  // namespace lxr::semantics
