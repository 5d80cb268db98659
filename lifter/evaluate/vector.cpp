// Step functions of vector operations that work on each lane by itself, or on neighbouring lanes.
#include <algorithm>
#include <limits>

#include "lifter/evaluate/integer_operations.h"
#include "lifter/evaluate/lanes.h"

namespace lxr::evaluate {

namespace {

template <typename T>
T clamp_signed(std::int64_t value) {
    using Limits = std::numeric_limits<Signed<T>>;
    return static_cast<T>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
}

template <typename T>
T clamp_unsigned(std::int64_t value) {
    return static_cast<T>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<T>::max()));
}

template <typename T>
std::int64_t as_signed(T value) {
    return static_cast<Signed<T>>(value);
}

// Operations on lanes that scalars do not have; the others are in integer_operations.h.
struct AddSaturateSigned {
    template <typename T>
    static T apply(T a, T b) {
        return clamp_signed<T>(as_signed(a) + as_signed(b));
    }
};
struct AddSaturateUnsigned {
    template <typename T>
    static T apply(T a, T b) {
        return clamp_unsigned<T>(static_cast<std::int64_t>(a) + static_cast<std::int64_t>(b));
    }
};
struct SubSaturateSigned {
    template <typename T>
    static T apply(T a, T b) {
        return clamp_signed<T>(as_signed(a) - as_signed(b));
    }
};
struct SubSaturateUnsigned {
    template <typename T>
    static T apply(T a, T b) {
        return clamp_unsigned<T>(static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b));
    }
};
struct MinSigned {
    template <typename T>
    static T apply(T a, T b) {
        return as_signed(a) < as_signed(b) ? a : b;
    }
};
struct MaxSigned {
    template <typename T>
    static T apply(T a, T b) {
        return as_signed(a) > as_signed(b) ? a : b;
    }
};
struct MinUnsigned {
    template <typename T>
    static T apply(T a, T b) {
        return std::min(a, b);
    }
};
struct MaxUnsigned {
    template <typename T>
    static T apply(T a, T b) {
        return std::max(a, b);
    }
};
struct AverageUnsigned {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>((std::uint64_t{a} + b + 1) >> 1);
    }
};
struct Absolute {
    template <typename T>
    static T apply(T a) {
        return as_signed(a) < 0 ? Negate::apply(a) : a;
    }
};
struct MultiplySign {
    template <typename T>
    static T apply(T a, T b) {
        return as_signed(b) < 0 ? Negate::apply(a) : b == 0 ? T{0} : a;
    }
};
struct MultiplyRoundHigh {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>(((as_signed(a) * as_signed(b) >> 14) + 1) >> 1);
    }
};
struct CompareEqual {
    template <typename T>
    static T apply(T a, T b) {
        return a == b ? static_cast<T>(~T{0}) : T{0};
    }
};
struct CompareGreaterSigned {
    template <typename T>
    static T apply(T a, T b) {
        return as_signed(a) > as_signed(b) ? static_cast<T>(~T{0}) : T{0};
    }
};

template <typename Operation, typename T, unsigned Bytes>
void each_lane_unary(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto lanes = value<Lanes<T, Bytes>>(frame, operation.a);
    for (auto& lane : lanes) lane = Operation::template apply<T>(lane);
    set_value(frame, operation.result, lanes);
    LXR_NEXT_STEP;
}

template <typename Operation, typename T, unsigned Bytes>
void each_lane(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto a = value<Lanes<T, Bytes>>(frame, operation.a);
    const auto b = value<Lanes<T, Bytes>>(frame, operation.b);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = Operation::template apply<T>(a[i], b[i]);
    set_value(frame, operation.result, a);
    LXR_NEXT_STEP;
}

/// All lanes by one count, a scalar of any integer type: its slot is zero-extended.
template <typename Operation, typename T, unsigned Bytes>
void each_lane_shift(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto lanes = value<Lanes<T, Bytes>>(frame, operation.a);
    const auto count = frame->slots[operation.b];
    for (auto& lane : lanes) lane = Operation::template apply<T>(lane, count);
    set_value(frame, operation.result, lanes);
    LXR_NEXT_STEP;
}

template <typename T, unsigned Bytes>
void blend(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto a = value<Lanes<T, Bytes>>(frame, operation.a);
    const auto b = value<Lanes<T, Bytes>>(frame, operation.b);
    const auto mask = value<Lanes<T, Bytes>>(frame, operation.c);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = as_signed(mask[i]) < 0 ? b[i] : a[i];
    set_value(frame, operation.result, a);
    LXR_NEXT_STEP;
}

/// T is std::uint32_t or std::int32_t, whose products fill 64-bit lanes.
template <typename T, unsigned Bytes>
void multiply_even(const Step* step, GuestState* state, EvaluationFrame* frame) {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    const auto& operation = step->operation;
    const auto a = value<Lanes<T, Bytes>>(frame, operation.a);
    const auto b = value<Lanes<T, Bytes>>(frame, operation.b);
    Lanes<Wide, Bytes> products;
    for (std::size_t i = 0; i < products.size(); ++i) products[i] = Wide{a[2 * i]} * b[2 * i];
    set_value(frame, operation.result, products);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void multiply_add_pairs(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto a = value<Lanes<std::int16_t, Bytes>>(frame, operation.a);
    const auto b = value<Lanes<std::int16_t, Bytes>>(frame, operation.b);
    const auto product = [&](std::size_t i) { return std::int64_t{a[i]} * b[i]; };
    Lanes<std::uint32_t, Bytes> sums;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<std::uint32_t>(product(2 * i) + product(2 * i + 1));
    set_value(frame, operation.result, sums);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void multiply_add_bytes(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto a = value<Lanes<std::uint8_t, Bytes>>(frame, operation.a);
    const auto b = value<Lanes<std::int8_t, Bytes>>(frame, operation.b);
    const auto product = [&](std::size_t i) { return std::int64_t{a[i]} * b[i]; };
    Lanes<std::uint16_t, Bytes> sums;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] = clamp_signed<std::uint16_t>(product(2 * i) + product(2 * i + 1));
    }
    set_value(frame, operation.result, sums);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void sum_absolute_differences(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto a = value<Lanes<std::uint8_t, Bytes>>(frame, operation.a);
    const auto b = value<Lanes<std::uint8_t, Bytes>>(frame, operation.b);
    Lanes<std::uint64_t, Bytes> sums{};
    for (std::size_t i = 0; i < a.size(); ++i) sums[i / 8] += static_cast<std::uint64_t>(std::abs(a[i] - b[i]));
    set_value(frame, operation.result, sums);
    LXR_NEXT_STEP;
}

template <typename Operation>
StepFunction by_lane(const ir::Operation& operation) {
    return select_lanes(operation.type, operation.lane,
                        []<typename T, unsigned Bytes>() -> StepFunction { return &each_lane<Operation, T, Bytes>; });
}

template <typename Operation>
StepFunction by_lane_unary(const ir::Operation& operation) {
    return select_lanes(operation.type, operation.lane,
                        []<typename T, unsigned Bytes>() -> StepFunction { return &each_lane_unary<Operation, T, Bytes>; });
}

template <typename Operation>
StepFunction by_lane_shift(const ir::Operation& operation) {
    return select_lanes(operation.type, operation.lane,
                        []<typename T, unsigned Bytes>() -> StepFunction { return &each_lane_shift<Operation, T, Bytes>; });
}

template <typename T>
StepFunction by_width_multiply_even(ir::Type type) {
    return select_width(type, []<unsigned Bytes>() -> StepFunction { return &multiply_even<T, Bytes>; });
}

}  // namespace

StepFunction select_vector(const ir::Operation& operation) {
    using ir::Opcode;
    const auto type = operation.type;
    if (!ir::is_vector(type)) return nullptr;
    switch (operation.opcode) {
            // clang-format off
        case Opcode::add:                         return by_lane<Add>(operation);
        case Opcode::sub:                         return by_lane<Sub>(operation);
        case Opcode::mul:                         return by_lane<Mul>(operation);
        case Opcode::multiply_high_unsigned:      return by_lane<MulHighUnsigned>(operation);
        case Opcode::multiply_high_signed:        return by_lane<MulHighSigned>(operation);
        case Opcode::bit_and:                     return by_lane<And>(operation);
        case Opcode::bit_or:                      return by_lane<Or>(operation);
        case Opcode::bit_xor:                     return by_lane<Xor>(operation);
        case Opcode::bit_and_not:                 return by_lane<AndNot>(operation);
        case Opcode::bit_not:                     return by_lane_unary<Not>(operation);
        case Opcode::negate:                      return by_lane_unary<Negate>(operation);
        case Opcode::shift_left:                  return by_lane_shift<ShiftLeft>(operation);
        case Opcode::shift_right:                 return by_lane_shift<ShiftRight>(operation);
        case Opcode::shift_right_arithmetic:      return by_lane_shift<ShiftRightArithmetic>(operation);
        case Opcode::shift_left_each:             return by_lane<ShiftLeft>(operation);
        case Opcode::shift_right_each:            return by_lane<ShiftRight>(operation);
        case Opcode::shift_right_arithmetic_each: return by_lane<ShiftRightArithmetic>(operation);
        case Opcode::add_saturate_signed:         return by_lane<AddSaturateSigned>(operation);
        case Opcode::add_saturate_unsigned:       return by_lane<AddSaturateUnsigned>(operation);
        case Opcode::sub_saturate_signed:         return by_lane<SubSaturateSigned>(operation);
        case Opcode::sub_saturate_unsigned:       return by_lane<SubSaturateUnsigned>(operation);
        case Opcode::min_signed:                  return by_lane<MinSigned>(operation);
        case Opcode::max_signed:                  return by_lane<MaxSigned>(operation);
        case Opcode::min_unsigned:                return by_lane<MinUnsigned>(operation);
        case Opcode::max_unsigned:                return by_lane<MaxUnsigned>(operation);
        case Opcode::average_unsigned:            return by_lane<AverageUnsigned>(operation);
        case Opcode::absolute:                    return by_lane_unary<Absolute>(operation);
        case Opcode::multiply_sign:               return by_lane<MultiplySign>(operation);
        case Opcode::multiply_round_high:         return by_lane<MultiplyRoundHigh>(operation);
        case Opcode::compare_equal:               return by_lane<CompareEqual>(operation);
        case Opcode::compare_greater_signed:      return by_lane<CompareGreaterSigned>(operation);
        case Opcode::multiply_even_unsigned:      return by_width_multiply_even<std::uint32_t>(type);
        case Opcode::multiply_even_signed:        return by_width_multiply_even<std::int32_t>(type);
        // clang-format on
        case Opcode::blend:
            return select_lanes(type, operation.lane,
                                []<typename T, unsigned Bytes>() -> StepFunction { return &blend<T, Bytes>; });
        case Opcode::multiply_add_pairs:
            return select_width(type, []<unsigned Bytes>() -> StepFunction { return &multiply_add_pairs<Bytes>; });
        case Opcode::multiply_add_bytes:
            return select_width(type, []<unsigned Bytes>() -> StepFunction { return &multiply_add_bytes<Bytes>; });
        case Opcode::sum_absolute_differences:
            return select_width(type, []<unsigned Bytes>() -> StepFunction { return &sum_absolute_differences<Bytes>; });
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
