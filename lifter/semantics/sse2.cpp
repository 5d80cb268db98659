// SSE2 instructions (SDM Vol. 1, "SSE2 Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

void move_scalar_double(B& b) {
    const auto source = b.read_vector(b.i.operand_count - 1U, Type::f64);
    if (b.is_memory(1)) return b.write_vector(0, b.resize(source, Type::v128));  // a load clears the rest
    b.write_vector(0, source);
}

void compare_scalar_double(B& b) {
    const auto first = b.read_vector(0, Type::f64);
    const auto second = b.read_vector(1, Type::f64);
    const auto predicate = static_cast<std::int32_t>(b.operand(2).immediate & 7);
    b.write_vector(0, b.with_immediate(Opcode::float_compare, Type::f64, Type::none, first, second, predicate));
}

}  // namespace lxr::semantics
