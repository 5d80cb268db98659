// Step functions of floating-point operations. They run with the guest's MXCSR in the host's, so that rounding, denormals and
// sticky flags are the processor's own; what an operation gives is the host's business (lifter/host/float_operations.h).
#include <bit>

#include "lifter/evaluate/step.h"
#include "lifter/host/float_operations.h"

namespace lxr::evaluate {

namespace {

using host::Double2;
using host::Float4;
using host::Int4;
using host::Wide;

template <typename T>
T argument(const EvaluationFrame* frame, std::uint16_t slot, unsigned bytes = sizeof(T)) {
    T result{};
    if (slot != ir::no_slot) std::memcpy(&result, &frame->slots[slot], bytes);
    return result;
}

/// A scalar of less than 64 bits is zero-extended in its slot.
template <typename T>
void set_result(EvaluationFrame* frame, std::uint16_t slot, const T& result, unsigned bytes = sizeof(T)) {
    if (bytes < 8) frame->slots[slot] = 0;
    std::memcpy(&frame->slots[slot], &result, bytes);
}

/// Operation: how(operation, arguments…) for operations whose result has their arguments' type.
template <typename Operation, typename T>
void same_type(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto a = argument<T>(frame, operation.a);
    const auto b = argument<T>(frame, operation.b);
    const auto c = argument<T>(frame, operation.c);
    set_result(frame, operation.result, T(Operation::apply(operation, a, b, c)));
    LXR_NEXT_STEP;
}

/// Where lanes change their size, one side may be a part of its type.
template <typename Conversion, typename From, unsigned source_bytes, unsigned result_bytes>
void convert(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto made = Conversion::apply(operation, argument<From>(frame, operation.a, source_bytes));
    set_result(frame, operation.result, made, result_bytes);
    LXR_NEXT_STEP;
}

template <typename T>
void compare_flags(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto a = value<T>(frame, operation.a);
    const auto b = value<T>(frame, operation.b);
    frame->slots[operation.result] = operation.immediate == 1 ? host::compare_ordered(a, b) : host::compare_unordered(a, b);
    LXR_NEXT_STEP;
}

struct Add {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_add(a, b); }
};
struct Sub {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_sub(a, b); }
};
struct Mul {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_mul(a, b); }
};
struct Div {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_div(a, b); }
};
struct Min {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_min(a, b); }
};
struct Max {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_max(a, b); }
};
struct SubAdd {
    static auto apply(const ir::Operation&, auto a, auto b, auto) { return host::float_sub_add(a, b); }
};
struct Sqrt {
    static auto apply(const ir::Operation&, auto a, auto, auto) { return host::float_sqrt(a); }
};
struct Reciprocal {
    static auto apply(const ir::Operation&, auto a, auto, auto) { return host::float_reciprocal(a); }
};
struct ReciprocalSqrt {
    static auto apply(const ir::Operation&, auto a, auto, auto) { return host::float_reciprocal_sqrt(a); }
};
struct Compare {
    static auto apply(const ir::Operation& operation, auto a, auto b, auto) {
        return host::float_compare(a, b, static_cast<unsigned>(operation.immediate));
    }
};
struct Round {
    static auto apply(const ir::Operation& operation, auto a, auto, auto) {
        return host::float_round(a, static_cast<unsigned>(operation.immediate));
    }
};
struct MultiplyAdd {
    static auto apply(const ir::Operation& operation, auto a, auto b, auto c) {
        const bool negate_product = (operation.immediate & 1) != 0;
        const bool negate_addend = (operation.immediate & 2) != 0;
        if (negate_product) {
            return negate_addend ? host::negated_multiply_subtract(a, b, c) : host::negated_multiply_add(a, b, c);
        }
        return negate_addend ? host::multiply_subtract(a, b, c) : host::multiply_add(a, b, c);
    }
};

struct FromHalf {
    static auto apply(const ir::Operation&, auto a) { return host::half_to_float(a); }
};
struct ToHalf {
    static auto apply(const ir::Operation& operation, auto a) {
        return host::float_to_half(a, static_cast<unsigned>(operation.immediate));
    }
};
struct ToInt32 {
    static auto apply(const ir::Operation&, auto a) { return host::to_int32(a); }
};
struct ToInt64 {
    static auto apply(const ir::Operation&, auto a) { return host::to_int64(a); }
};
struct TruncateToInt32 {
    static auto apply(const ir::Operation&, auto a) { return host::truncate_to_int32(a); }
};
struct TruncateToInt64 {
    static auto apply(const ir::Operation&, auto a) { return host::truncate_to_int64(a); }
};
struct ToFloat {
    static auto apply(const ir::Operation&, auto a) { return host::to_float(a); }
};
struct ToDouble {
    static auto apply(const ir::Operation&, auto a) { return host::to_double(a); }
};

struct MultiplyAddSubtract {
    static auto apply(const ir::Operation& operation, auto a, auto b, auto c) {
        const bool negate_addend = (operation.immediate & 2) != 0;
        return negate_addend ? host::multiply_subtract_add(a, b, c) : host::multiply_add_subtract(a, b, c);
    }
};

template <typename Operation>
StepFunction by_single(const ir::Operation& operation) {
    switch (operation.type) {
        case ir::Type::f32:
            return &same_type<Operation, float>;
        case ir::Type::v128:
            return &same_type<Operation, Float4>;
        case ir::Type::v256:
            return &same_type<Operation, Wide<float, 8>>;
        default:
            return nullptr;
    }
}

template <typename Operation>
StepFunction by_packed(const ir::Operation& operation) {
    const bool is_single = operation.lane == ir::Type::f32;
    if (operation.type == ir::Type::v128) return is_single ? &same_type<Operation, Float4> : &same_type<Operation, Double2>;
    if (operation.type == ir::Type::v256)
        return is_single ? &same_type<Operation, Wide<float, 8>> : &same_type<Operation, Wide<double, 4>>;
    return nullptr;
}

template <typename Operation>
StepFunction by_type(const ir::Operation& operation) {
    if (operation.type == ir::Type::f32) return &same_type<Operation, float>;
    if (operation.type == ir::Type::f64) return &same_type<Operation, double>;
    return by_packed<Operation>(operation);
}

/// A conversion of vectors of up to 128 bits, or of 256 on the wider side. The lanes of result and source decide how much of
/// the narrower side there is.
template <typename Conversion, typename From, typename FromLane, unsigned to_lane_bytes>
StepFunction by_width(ir::Type type) {
    constexpr unsigned widest = sizeof(FromLane) > to_lane_bytes ? sizeof(FromLane) : to_lane_bytes;
    constexpr unsigned lanes = 16 / widest;
    constexpr unsigned source_bytes = lanes * sizeof(FromLane);
    constexpr unsigned result_bytes = lanes * to_lane_bytes;
    const auto bytes = ir::size_bytes(type);
    if (bytes == result_bytes) return &convert<Conversion, From, source_bytes, result_bytes>;
    if (bytes == 2 * result_bytes) {
        return &convert<Conversion, Wide<FromLane, 2 * lanes>, 2 * source_bytes, 2 * result_bytes>;
    }
    // An MMX register's two lanes
    if (bytes == 8) return &convert<Conversion, From, 8, 8>;
    return nullptr;
}

template <typename Conversion, typename From, typename To>
constexpr StepFunction scalar = &convert<Conversion, From, sizeof(From), sizeof(To)>;

template <typename To32, typename To64>
StepFunction select_to_integer(const ir::Operation& operation) {
    if (ir::is_vector(operation.type)) {
        return static_cast<ir::Type>(operation.aux) == ir::Type::f32 ? by_width<To32, Float4, float, 4>(operation.type)
                                                                     : by_width<To32, Double2, double, 4>(operation.type);
    }
    const bool from_single = operation.lane == ir::Type::f32;
    if (operation.type == ir::Type::i64) {
        return from_single ? scalar<To64, float, std::int64_t> : scalar<To64, double, std::int64_t>;
    }
    return from_single ? scalar<To32, float, std::int32_t> : scalar<To32, double, std::int32_t>;
}

StepFunction select_from_integer(const ir::Operation& operation) {
    if (ir::is_vector(operation.type)) {
        return operation.lane == ir::Type::f32 ? by_width<ToFloat, Int4, std::int32_t, 4>(operation.type)
                                               : by_width<ToDouble, Int4, std::int32_t, 8>(operation.type);
    }
    const bool to_single = operation.type == ir::Type::f32;
    if (operation.lane == ir::Type::i64) {
        return to_single ? scalar<ToFloat, std::int64_t, float> : scalar<ToDouble, std::int64_t, double>;
    }
    return to_single ? scalar<ToFloat, std::int32_t, float> : scalar<ToDouble, std::int32_t, double>;
}

StepFunction select_convert_float(const ir::Operation& operation) {
    if (ir::is_vector(operation.type)) {
        return operation.lane == ir::Type::f32 ? by_width<ToFloat, Double2, double, 4>(operation.type)
                                               : by_width<ToDouble, Float4, float, 8>(operation.type);
    }
    return operation.type == ir::Type::f32 ? scalar<ToFloat, double, float> : scalar<ToDouble, float, double>;
}

StepFunction select_from_half(ir::Type type) {
    return type == ir::Type::v128 ? &convert<FromHalf, Wide<std::uint16_t, 4>, 8, 16>
                                  : &convert<FromHalf, Wide<std::uint16_t, 8>, 16, 32>;
}

StepFunction select_to_half(ir::Type type) {
    return type == ir::Type::v64 ? &convert<ToHalf, Wide<float, 4>, 16, 8> : &convert<ToHalf, Wide<float, 8>, 32, 16>;
}

StepFunction select_multiply_add(const ir::Operation& operation) {
    constexpr std::int32_t alternating = 4;
    if ((operation.immediate & alternating) != 0) return by_packed<MultiplyAddSubtract>(operation);
    return by_type<MultiplyAdd>(operation);
}

StepFunction select_compare_flags(const ir::Operation& operation) {
    return operation.type == ir::Type::f32 ? &compare_flags<float> : &compare_flags<double>;
}

}  // namespace

StepFunction select_float(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
            // clang-format off
        case Opcode::float_add:                   return by_type<Add>(operation);
        case Opcode::float_sub:                   return by_type<Sub>(operation);
        case Opcode::float_mul:                   return by_type<Mul>(operation);
        case Opcode::float_div:                   return by_type<Div>(operation);
        case Opcode::float_sqrt:                  return by_type<Sqrt>(operation);
        case Opcode::float_min:                   return by_type<Min>(operation);
        case Opcode::float_max:                   return by_type<Max>(operation);
        case Opcode::float_sub_add:               return by_packed<SubAdd>(operation);
        case Opcode::float_multiply_add:          return select_multiply_add(operation);
        case Opcode::float_compare:               return by_type<Compare>(operation);
        case Opcode::float_compare_flags:         return select_compare_flags(operation);
        case Opcode::float_round:                 return by_type<Round>(operation);
        case Opcode::float_reciprocal:            return by_single<Reciprocal>(operation);
        case Opcode::float_reciprocal_sqrt:       return by_single<ReciprocalSqrt>(operation);
        case Opcode::convert_from_integer:        return select_from_integer(operation);
        case Opcode::convert_to_integer:          return select_to_integer<ToInt32, ToInt64>(operation);
        case Opcode::convert_to_integer_truncate: return select_to_integer<TruncateToInt32, TruncateToInt64>(operation);
        case Opcode::convert_float:               return select_convert_float(operation);
        case Opcode::convert_from_half:           return select_from_half(operation.type);
        case Opcode::convert_to_half:             return select_to_half(operation.type);
        // clang-format on
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
