// x87 transcendental instructions (SDM Vol. 1, "x87 FPU Transcendental Instructions").
#include "lifter/semantics/functions.h"
#include "lifter/semantics/x87_functions.h"

namespace lxr::semantics {

using host::X87Operation;

namespace {

constexpr std::uint16_t out_of_range_too = x87_status::c1 | x87_status::c2;

}  // namespace

void x87_sine(B& b) {
    x87_function(b, {.operation = X87Operation::sine, .conditions = out_of_range_too});
}
void x87_cosine(B& b) {
    x87_function(b, {.operation = X87Operation::cosine, .conditions = out_of_range_too});
}
void x87_sine_and_cosine(B& b) {
    x87_function(b, {.operation = X87Operation::sine_and_cosine, .pushes = true, .conditions = out_of_range_too});
}
void x87_tangent(B& b) {
    x87_function(b, {.operation = X87Operation::tangent, .pushes = true, .conditions = out_of_range_too});
}
void x87_arctangent(B& b) {
    x87_function(b, {.operation = X87Operation::arctangent, .inputs = 2, .pops = true});
}
void x87_power_of_two_minus_1(B& b) {
    x87_function(b, {.operation = X87Operation::power_of_two_minus_1});
}
void x87_y_log2_x(B& b) {
    x87_function(b, {.operation = X87Operation::y_log2_x, .inputs = 2, .pops = true});
}
void x87_y_log2_x_plus_1(B& b) {
    x87_function(b, {.operation = X87Operation::y_log2_x_plus_1, .inputs = 2, .pops = true});
}

}  // namespace lxr::semantics
