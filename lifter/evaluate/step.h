// What the step functions share: access to values, and the chain to the next step.
#pragma once

#include <cstring>

#include "lifter/evaluator.h"

namespace lxr::evaluate {

// Ends a step function: goes on with the next one.
#define LXR_NEXT_STEP [[clang::musttail]] return (step + 1)->function(step + 1, state, frame)

template <typename T>
T value(const EvaluationFrame* frame, std::uint16_t slot) {
    T result;
    std::memcpy(&result, &frame->slots[slot], sizeof result);
    return result;
}

/// Stores a value; integers of less than 64 bits are zero-extended to their slot.
template <typename T>
void set_value(EvaluationFrame* frame, std::uint16_t slot, T result) {
    if constexpr (sizeof(T) < 8) {
        std::uint64_t wide = 0;
        std::memcpy(&wide, &result, sizeof result);
        frame->slots[slot] = wide;
    } else {
        std::memcpy(&frame->slots[slot], &result, sizeof result);
    }
}

template <unsigned Bytes>
struct VectorWords {
    std::array<std::uint64_t, Bytes / 8> words;
};

/// Leaves the block with a fault of the current instruction.
inline void leave_with_fault(EvaluationFrame* frame, const GuestFault& fault) {
    frame->fault = fault;
    frame->faulted = true;
}

/// Each returns null for operations that are not its own.
StepFunction select_integer(const ir::Operation& operation);
StepFunction select_flags(const ir::Operation& operation);
StepFunction select_state(const ir::Operation& operation);
StepFunction select_memory(const ir::Operation& operation);
StepFunction select_vector(const ir::Operation& operation);
StepFunction select_shape(const ir::Operation& operation);
StepFunction select_float(const ir::Operation& operation);

/// Picks Template<uint8_t> … Template<uint64_t> by an integer type.
#define LXR_SELECT_INTEGER(type, ...)                                    \
    [&]() -> StepFunction {                                              \
        switch (type) {                                                  \
            case ir::Type::i8:                                           \
                return __VA_ARGS__.template operator()<std::uint8_t>();  \
            case ir::Type::i16:                                          \
                return __VA_ARGS__.template operator()<std::uint16_t>(); \
            case ir::Type::i32:                                          \
                return __VA_ARGS__.template operator()<std::uint32_t>(); \
            case ir::Type::i64:                                          \
                return __VA_ARGS__.template operator()<std::uint64_t>(); \
            default:                                                     \
                return nullptr;                                          \
        }                                                                \
    }()

}  // namespace lxr::evaluate
