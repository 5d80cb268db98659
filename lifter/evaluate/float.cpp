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

/// Pieces that an operation consists of: how many, and how far apart they lie in arguments and result. A scalar is one piece,
/// 256 bits are two of 128, and where lanes change their size one side's pieces are halves.
struct Pieces {
    unsigned count;
    unsigned source_bytes;
    unsigned result_bytes;
};

template <typename T>
T piece(const EvaluationFrame* frame, std::uint16_t slot, unsigned number, unsigned bytes) {
    T result{};
    std::memcpy(&result, reinterpret_cast<const std::byte*>(&frame->slots[slot]) + number * bytes, bytes);
    return result;
}

/// apply(number, slot's piece…) for each piece; a scalar of less than 64 bits is zero-extended in its slot.
template <Pieces pieces, typename Apply>
void each_piece(EvaluationFrame* frame, std::uint16_t result_slot, Apply apply) {
    std::array<std::byte, pieces.count * pieces.result_bytes> result;
    for (unsigned i = 0; i < pieces.count; ++i) {
        const auto made = apply(i);
        std::memcpy(result.data() + i * pieces.result_bytes, &made, pieces.result_bytes);
    }
    if constexpr (sizeof result < 8) frame->slots[result_slot] = 0;
    std::memcpy(&frame->slots[result_slot], result.data(), sizeof result);
}

template <typename T, unsigned count>
constexpr Pieces same_size = {count, sizeof(T), sizeof(T)};

/// Operation: how(operation, pieces…) for operations whose result has their arguments' type.
template <typename Operation, typename T, unsigned count>
void same_type(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    each_piece<same_size<T, count>>(frame, operation.result, [&](unsigned i) {
        const auto argument = [&](std::uint16_t slot) {
            return slot == ir::no_slot ? T{} : piece<T>(frame, slot, i, sizeof(T));
        };
        return Operation::apply(operation, argument(operation.a), argument(operation.b), argument(operation.c));
    });
    LXR_NEXT_STEP;
}

template <typename Conversion, typename From, Pieces pieces>
void convert(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    each_piece<pieces>(frame, operation.result,
                       [&](unsigned i) { return Conversion::apply(piece<From>(frame, operation.a, i, pieces.source_bytes)); });
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

struct ToInt32 {
    static auto apply(auto a) { return host::to_int32(a); }
};
struct ToInt64 {
    static auto apply(auto a) { return host::to_int64(a); }
};
struct TruncateToInt32 {
    static auto apply(auto a) { return host::truncate_to_int32(a); }
};
struct TruncateToInt64 {
    static auto apply(auto a) { return host::truncate_to_int64(a); }
};
struct ToFloat {
    static auto apply(auto a) { return host::to_float(a); }
};
struct ToDouble {
    static auto apply(auto a) { return host::to_double(a); }
};

template <typename Operation>
StepFunction by_single(const ir::Operation& operation) {
    switch (operation.type) {
        case ir::Type::f32:
            return &same_type<Operation, float, 1>;
        case ir::Type::v128:
            return &same_type<Operation, Float4, 1>;
        case ir::Type::v256:
            return &same_type<Operation, Float4, 2>;
        default:
            return nullptr;
    }
}

template <typename Operation>
StepFunction by_packed(const ir::Operation& operation) {
    const bool is_single = operation.lane == ir::Type::f32;
    if (operation.type == ir::Type::v128)
        return is_single ? &same_type<Operation, Float4, 1> : &same_type<Operation, Double2, 1>;
    if (operation.type == ir::Type::v256)
        return is_single ? &same_type<Operation, Float4, 2> : &same_type<Operation, Double2, 2>;
    return nullptr;
}

template <typename Operation>
StepFunction by_type(const ir::Operation& operation) {
    if (operation.type == ir::Type::f32) return &same_type<Operation, float, 1>;
    if (operation.type == ir::Type::f64) return &same_type<Operation, double, 1>;
    return by_packed<Operation>(operation);
}

/// A conversion of vectors. From is 128 bits wide; the lanes of result and source decide how much of it a piece has.
template <typename Conversion, typename From, unsigned from_lane_bytes, unsigned to_lane_bytes>
StepFunction by_width(ir::Type type) {
    constexpr unsigned widest = from_lane_bytes > to_lane_bytes ? from_lane_bytes : to_lane_bytes;
    constexpr unsigned lanes = 16 / widest;
    constexpr unsigned source_bytes = lanes * from_lane_bytes;
    constexpr unsigned result_bytes = lanes * to_lane_bytes;
    const auto bytes = ir::size_bytes(type);
    if (bytes == result_bytes) return &convert<Conversion, From, Pieces{1, source_bytes, result_bytes}>;
    if (bytes == 2 * result_bytes) return &convert<Conversion, From, Pieces{2, source_bytes, result_bytes}>;
    // An MMX register's two lanes
    if (bytes == 8) return &convert<Conversion, From, Pieces{1, 8, 8}>;
    return nullptr;
}

template <typename Conversion, typename From, typename To>
constexpr StepFunction scalar = &convert<Conversion, From, Pieces{1, sizeof(From), sizeof(To)}>;

template <typename To32, typename To64>
StepFunction select_to_integer(const ir::Operation& operation) {
    if (ir::is_vector(operation.type)) {
        return static_cast<ir::Type>(operation.aux) == ir::Type::f32 ? by_width<To32, Float4, 4, 4>(operation.type)
                                                                     : by_width<To32, Double2, 8, 4>(operation.type);
    }
    const bool from_single = operation.lane == ir::Type::f32;
    if (operation.type == ir::Type::i64) {
        return from_single ? scalar<To64, float, std::int64_t> : scalar<To64, double, std::int64_t>;
    }
    return from_single ? scalar<To32, float, std::int32_t> : scalar<To32, double, std::int32_t>;
}

StepFunction select_from_integer(const ir::Operation& operation) {
    if (ir::is_vector(operation.type)) {
        return operation.lane == ir::Type::f32 ? by_width<ToFloat, Int4, 4, 4>(operation.type)
                                               : by_width<ToDouble, Int4, 4, 8>(operation.type);
    }
    const bool to_single = operation.type == ir::Type::f32;
    if (operation.lane == ir::Type::i64) {
        return to_single ? scalar<ToFloat, std::int64_t, float> : scalar<ToDouble, std::int64_t, double>;
    }
    return to_single ? scalar<ToFloat, std::int32_t, float> : scalar<ToDouble, std::int32_t, double>;
}

StepFunction select_convert_float(const ir::Operation& operation) {
    if (ir::is_vector(operation.type)) {
        return operation.lane == ir::Type::f32 ? by_width<ToFloat, Double2, 8, 4>(operation.type)
                                               : by_width<ToDouble, Float4, 4, 8>(operation.type);
    }
    return operation.type == ir::Type::f32 ? scalar<ToFloat, double, float> : scalar<ToDouble, float, double>;
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
        case Opcode::float_multiply_add:          return by_type<MultiplyAdd>(operation);
        case Opcode::float_compare:               return by_type<Compare>(operation);
        case Opcode::float_compare_flags:         return select_compare_flags(operation);
        case Opcode::float_round:                 return by_type<Round>(operation);
        case Opcode::float_reciprocal:            return by_single<Reciprocal>(operation);
        case Opcode::float_reciprocal_sqrt:       return by_single<ReciprocalSqrt>(operation);
        case Opcode::convert_from_integer:        return select_from_integer(operation);
        case Opcode::convert_to_integer:          return select_to_integer<ToInt32, ToInt64>(operation);
        case Opcode::convert_to_integer_truncate: return select_to_integer<TruncateToInt32, TruncateToInt64>(operation);
        case Opcode::convert_float:               return select_convert_float(operation);
        // clang-format on
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
