// SSSE3 instructions (SDM Vol. 1, "SSSE3 Instructions").
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

void horizontal_add_words(B& b) {
    horizontal(b, Opcode::add, Type::i16);
}
void horizontal_add_doublewords(B& b) {
    horizontal(b, Opcode::add, Type::i32);
}
void horizontal_add_words_saturate(B& b) {
    horizontal(b, Opcode::add_saturate_signed, Type::i16);
}
void horizontal_subtract_words(B& b) {
    horizontal(b, Opcode::sub, Type::i16);
}
void horizontal_subtract_doublewords(B& b) {
    horizontal(b, Opcode::sub, Type::i32);
}
void horizontal_subtract_words_saturate(B& b) {
    horizontal(b, Opcode::sub_saturate_signed, Type::i16);
}
void packed_absolute_bytes(B& b) {
    packed_unary(b, Opcode::absolute, Type::i8);
}
void packed_absolute_words(B& b) {
    packed_unary(b, Opcode::absolute, Type::i16);
}
void packed_absolute_doublewords(B& b) {
    packed_unary(b, Opcode::absolute, Type::i32);
}
void packed_sign_bytes(B& b) {
    packed(b, Opcode::multiply_sign, Type::i8);
}
void packed_sign_words(B& b) {
    packed(b, Opcode::multiply_sign, Type::i16);
}
void packed_sign_doublewords(B& b) {
    packed(b, Opcode::multiply_sign, Type::i32);
}
void packed_multiply_add_bytes(B& b) {
    packed(b, Opcode::multiply_add_bytes, Type::i8);
}
void packed_multiply_round_high(B& b) {
    packed(b, Opcode::multiply_round_high, Type::i16);
}
void shuffle_bytes(B& b) {
    packed(b, Opcode::shuffle_bytes, Type::i8);
}

void align_right(B& b) {
    packed(b, Opcode::align_right, Type::none, static_cast<std::int32_t>(immediate_byte(b)));
}

}  // namespace lxr::semantics
