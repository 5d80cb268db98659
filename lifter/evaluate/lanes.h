// Vectors as arrays of lanes, and the choice of a step function by lane type and width: for vector.cpp and vector_shapes.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "lifter/evaluate/step.h"

namespace lxr::evaluate {

template <typename T, unsigned Bytes>
using Lanes = std::array<T, Bytes / sizeof(T)>;

/// How many bytes an instruction's "each 128 bits" has: all of an MMX register.
template <unsigned Bytes>
constexpr unsigned part_bytes = Bytes < 16 ? Bytes : 16;

/// Calls make.operator()<Bytes>() for the width of a vector type; null for other types.
template <typename Make>
StepFunction select_width(ir::Type type, Make make) {
    switch (type) {
        case ir::Type::v64:
            return make.template operator()<8>();
        case ir::Type::v128:
            return make.template operator()<16>();
        case ir::Type::v256:
            return make.template operator()<32>();
        default:
            return nullptr;
    }
}

/// Calls make.operator()<T, Bytes>() with the unsigned type of the lane (of any size for bitwise operations: Type::none).
template <typename Make>
StepFunction select_lanes(ir::Type type, ir::Type lane, Make make) {
    return select_width(type, [&]<unsigned Bytes>() -> StepFunction {
        switch (lane) {
            case ir::Type::i8:
                return make.template operator()<std::uint8_t, Bytes>();
            case ir::Type::i16:
                return make.template operator()<std::uint16_t, Bytes>();
            case ir::Type::i32:
            case ir::Type::f32:
                return make.template operator()<std::uint32_t, Bytes>();
            case ir::Type::none:
            case ir::Type::i64:
            case ir::Type::f64:
                return make.template operator()<std::uint64_t, Bytes>();
            default:
                return nullptr;
        }
    });
}

}  // namespace lxr::evaluate
