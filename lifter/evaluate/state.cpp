// Step functions for constants, guest registers, state fields, helpers, and the boundary of instructions.
#include "lifter/evaluate/step.h"
#include "lifter/helpers.h"

namespace lxr::evaluate {

namespace {

void instruction(const Step* step, GuestState* state, EvaluationFrame* frame) {
    state->rip = step->operation.wide;
    LXR_NEXT_STEP;
}

void nothing(const Step* step, GuestState* state, EvaluationFrame* frame) {
    LXR_NEXT_STEP;
}

void constant(const Step* step, GuestState* state, EvaluationFrame* frame) {
    frame->slots[step->operation.result] = step->operation.wide;
    LXR_NEXT_STEP;
}

template <typename T>
void get_register(const Step* step, GuestState* state, EvaluationFrame* frame) {
    frame->slots[step->operation.result] = static_cast<T>(state->gpr[step->operation.aux]);
    LXR_NEXT_STEP;
}

template <typename T>
void set_register(const Step* step, GuestState* state, EvaluationFrame* frame) {
    auto& reg = state->gpr[step->operation.aux];
    const auto written = value<T>(frame, step->operation.a);
    if constexpr (sizeof(T) >= 4) {
        reg = written;
    } else {
        reg = (reg & ~std::uint64_t{static_cast<T>(~T{0})}) | written;
    }
    LXR_NEXT_STEP;
}

void get_high_byte(const Step* step, GuestState* state, EvaluationFrame* frame) {
    frame->slots[step->operation.result] = static_cast<std::uint8_t>(state->gpr[step->operation.aux] >> 8);
    LXR_NEXT_STEP;
}

void set_high_byte(const Step* step, GuestState* state, EvaluationFrame* frame) {
    auto& reg = state->gpr[step->operation.aux];
    reg = (reg & ~std::uint64_t{0xff00}) | (std::uint64_t{value<std::uint8_t>(frame, step->operation.a)} << 8);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void get_vector(const Step* step, GuestState* state, EvaluationFrame* frame) {
    auto* slot = &frame->slots[step->operation.result];
    if constexpr (Bytes < 8) *slot = 0;
    std::memcpy(slot, &state->vector[step->operation.aux], Bytes);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void set_vector(const Step* step, GuestState* state, EvaluationFrame* frame) {
    std::memcpy(&state->vector[step->operation.aux], &frame->slots[step->operation.a], Bytes);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void set_vector_clear(const Step* step, GuestState* state, EvaluationFrame* frame) {
    VectorRegister reg{};
    std::memcpy(&reg, &frame->slots[step->operation.a], Bytes);
    state->vector[step->operation.aux] = reg;
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void get_state(const Step* step, GuestState* state, EvaluationFrame* frame) {
    auto* slot = &frame->slots[step->operation.result];
    if constexpr (Bytes < 8) *slot = 0;
    std::memcpy(slot, reinterpret_cast<const std::byte*>(state) + step->operation.immediate, Bytes);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void set_state(const Step* step, GuestState* state, EvaluationFrame* frame) {
    std::memcpy(reinterpret_cast<std::byte*>(state) + step->operation.immediate, &frame->slots[step->operation.a], Bytes);
    LXR_NEXT_STEP;
}

void call_helper(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto argument = [&](std::uint16_t slot) { return slot == ir::no_slot ? 0 : frame->slots[slot]; };
    const auto& row = helper_row(static_cast<Helper>(operation.immediate));
    frame->slots[operation.result] = row.function(*state, argument(operation.a), argument(operation.b), argument(operation.c));
    if (row.faults && state->fault_pending) {
        state->fault_pending = false;
        return leave_with_fault(frame, state->pending_fault);
    }
    LXR_NEXT_STEP;
}

// Picks Function<bytes of the type>.
#define LXR_SELECT_BYTES(type, function) \
    [&]() -> StepFunction {              \
        switch (ir::size_bytes(type)) {  \
            case 1:                      \
                return &function<1>;     \
            case 2:                      \
                return &function<2>;     \
            case 4:                      \
                return &function<4>;     \
            case 8:                      \
                return &function<8>;     \
            case 16:                     \
                return &function<16>;    \
            case 32:                     \
                return &function<32>;    \
            case 64:                     \
                return &function<64>;    \
            default:                     \
                return nullptr;          \
        }                                \
    }()

}  // namespace

StepFunction select_state(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
        case Opcode::instruction:
            return &instruction;
        case Opcode::hint_call:
            return &nothing;
        case Opcode::constant:
            return &constant;
        case Opcode::get_register:
            return LXR_SELECT_INTEGER(operation.type, []<typename T>() { return &get_register<T>; });
        case Opcode::set_register:
            return LXR_SELECT_INTEGER(operation.type, []<typename T>() { return &set_register<T>; });
        case Opcode::get_high_byte:
            return &get_high_byte;
        case Opcode::set_high_byte:
            return &set_high_byte;
        case Opcode::get_vector:
            return LXR_SELECT_BYTES(operation.type, get_vector);
        case Opcode::set_vector:
            return LXR_SELECT_BYTES(operation.type, set_vector);
        case Opcode::set_vector_clear:
            return LXR_SELECT_BYTES(operation.type, set_vector_clear);
        case Opcode::get_state:
            return LXR_SELECT_BYTES(operation.type, get_state);
        case Opcode::set_state:
            return LXR_SELECT_BYTES(operation.type, set_state);
        case Opcode::call_helper:
            return &call_helper;
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
