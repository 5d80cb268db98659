// Step functions of scalar integer operations.
#include <limits>

#include "lifter/evaluate/integer_operations.h"
#include "lifter/evaluate/step.h"

namespace lxr::evaluate {

namespace {

template <typename Operation, typename T>
void unary(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    set_value(frame, operation.result, Operation::template apply<T>(value<T>(frame, operation.a)));
    LXR_NEXT_STEP;
}

template <typename Operation, typename T>
void binary(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    set_value(frame, operation.result,
              Operation::template apply<T>(value<T>(frame, operation.a), value<T>(frame, operation.b)));
    LXR_NEXT_STEP;
}

/// The count may be of any integer type: its slot is zero-extended.
template <typename Operation, typename T>
void shift(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    set_value(frame, operation.result, Operation::template apply<T>(value<T>(frame, operation.a), frame->slots[operation.b]));
    LXR_NEXT_STEP;
}

template <typename Operation, typename T>
void compare(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const bool holds = Operation::template apply<T>(value<T>(frame, operation.a), value<T>(frame, operation.b));
    frame->slots[operation.result] = holds ? 1 : 0;
    LXR_NEXT_STEP;
}

template <typename T>
void select_value(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto chosen = value<std::uint8_t>(frame, operation.a) != 0 ? operation.b : operation.c;
    set_value(frame, operation.result, value<T>(frame, chosen));
    LXR_NEXT_STEP;
}

struct Quotient {
    template <typename Wide>
    static Wide apply(Wide dividend, Wide divisor) {
        return dividend / divisor;
    }
};
struct Remainder {
    template <typename Wide>
    static Wide apply(Wide dividend, Wide divisor) {
        return dividend % divisor;
    }
};

/// Division of a double-width number a:b by c; Wide is the (un)signed 128-bit type, Narrow the operation's (un)signed type.
template <typename Part, typename T, bool is_signed>
void divide(const Step* step, GuestState* state, EvaluationFrame* frame) {
    using Wide = std::conditional_t<is_signed, __int128, unsigned __int128>;
    using Narrow = std::conditional_t<is_signed, Signed<T>, T>;
    const auto& operation = step->operation;
    const Wide high = static_cast<Wide>(static_cast<Narrow>(value<T>(frame, operation.a)));
    const Wide dividend = static_cast<Wide>((static_cast<unsigned __int128>(high) << width<T>) | value<T>(frame, operation.b));
    const Wide divisor = static_cast<Wide>(static_cast<Narrow>(value<T>(frame, operation.c)));
    // -2^127 / -1 would overflow the host's division too; its quotient does not fit anyway.
    const bool overflows = is_signed && divisor == static_cast<Wide>(-1) &&
                           static_cast<unsigned __int128>(dividend) == (static_cast<unsigned __int128>(1) << 127);
    if (divisor == 0 || overflows || dividend / divisor > static_cast<Wide>(std::numeric_limits<Narrow>::max()) ||
        dividend / divisor < static_cast<Wide>(std::numeric_limits<Narrow>::min())) {
        return leave_with_fault(frame, {.vector = ExceptionVector::divide_error});
    }
    set_value(frame, operation.result, static_cast<T>(Part::template apply<Wide>(dividend, divisor)));
    LXR_NEXT_STEP;
}

void extend_zero(const Step* step, GuestState* state, EvaluationFrame* frame) {
    frame->slots[step->operation.result] = frame->slots[step->operation.a];
    LXR_NEXT_STEP;
}

template <typename T>
void cut(const Step* step, GuestState* state, EvaluationFrame* frame) {
    set_value(frame, step->operation.result, value<T>(frame, step->operation.a));
    LXR_NEXT_STEP;
}

template <typename From, typename To>
void extend_sign(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto narrow = static_cast<Signed<From>>(value<From>(frame, step->operation.a));
    set_value(frame, step->operation.result, static_cast<To>(static_cast<Signed<To>>(narrow)));
    LXR_NEXT_STEP;
}

StepFunction select_sign_extend(const ir::Operation& operation) {
    const auto to = [&]<typename From>() {
        return LXR_SELECT_INTEGER(operation.type, []<typename To>() { return &extend_sign<From, To>; });
    };
    return LXR_SELECT_INTEGER(operation.lane, to);
}

template <template <typename, typename> typename Make, typename Operation>
StepFunction by_type(ir::Type type) {
    return LXR_SELECT_INTEGER(type, []<typename T>() { return Make<Operation, T>::function; });
}

template <typename Operation, typename T>
struct MakeUnary {
    static constexpr StepFunction function = &unary<Operation, T>;
};
template <typename Operation, typename T>
struct MakeBinary {
    static constexpr StepFunction function = &binary<Operation, T>;
};
template <typename Operation, typename T>
struct MakeShift {
    static constexpr StepFunction function = &shift<Operation, T>;
};
template <typename Operation, typename T>
struct MakeCompare {
    static constexpr StepFunction function = &compare<Operation, T>;
};
template <typename Part, typename T>
struct MakeDivideUnsigned {
    static constexpr StepFunction function = &divide<Part, T, false>;
};
template <typename Part, typename T>
struct MakeDivideSigned {
    static constexpr StepFunction function = &divide<Part, T, true>;
};

}  // namespace

StepFunction select_integer(const ir::Operation& operation) {
    using ir::Opcode;
    const auto type = operation.type;
    if (!ir::is_integer(type)) return nullptr;
    switch (operation.opcode) {
            // clang-format off
        case Opcode::add:                    return by_type<MakeBinary, Add>(type);
        case Opcode::sub:                    return by_type<MakeBinary, Sub>(type);
        case Opcode::mul:                    return by_type<MakeBinary, Mul>(type);
        case Opcode::multiply_high_unsigned: return by_type<MakeBinary, MulHighUnsigned>(type);
        case Opcode::multiply_high_signed:   return by_type<MakeBinary, MulHighSigned>(type);
        case Opcode::divide_unsigned:        return by_type<MakeDivideUnsigned, Quotient>(type);
        case Opcode::remainder_unsigned:     return by_type<MakeDivideUnsigned, Remainder>(type);
        case Opcode::divide_signed:          return by_type<MakeDivideSigned, Quotient>(type);
        case Opcode::remainder_signed:       return by_type<MakeDivideSigned, Remainder>(type);
        case Opcode::bit_and:                return by_type<MakeBinary, And>(type);
        case Opcode::bit_or:                 return by_type<MakeBinary, Or>(type);
        case Opcode::bit_xor:                return by_type<MakeBinary, Xor>(type);
        case Opcode::bit_and_not:            return by_type<MakeBinary, AndNot>(type);
        case Opcode::bit_not:                return by_type<MakeUnary, Not>(type);
        case Opcode::negate:                 return by_type<MakeUnary, Negate>(type);
        case Opcode::shift_left:             return by_type<MakeShift, ShiftLeft>(type);
        case Opcode::shift_right:            return by_type<MakeShift, ShiftRight>(type);
        case Opcode::shift_right_arithmetic: return by_type<MakeShift, ShiftRightArithmetic>(type);
        case Opcode::rotate_left:            return by_type<MakeShift, RotateLeft>(type);
        case Opcode::rotate_right:           return by_type<MakeShift, RotateRight>(type);
        case Opcode::is_equal:               return by_type<MakeCompare, IsEqual>(type);
        case Opcode::is_less_unsigned:       return by_type<MakeCompare, IsLessUnsigned>(type);
        case Opcode::is_less_signed:         return by_type<MakeCompare, IsLessSigned>(type);
        case Opcode::byte_swap:              return by_type<MakeUnary, ByteSwap>(type);
        case Opcode::count_leading_zeros:    return by_type<MakeUnary, LeadingZeros>(type);
        case Opcode::count_trailing_zeros:   return by_type<MakeUnary, TrailingZeros>(type);
        case Opcode::population_count:       return by_type<MakeUnary, PopulationCount>(type);
        case Opcode::deposit_bits:           return by_type<MakeBinary, DepositBits>(type);
        case Opcode::extract_bits:           return by_type<MakeBinary, ExtractBits>(type);
        case Opcode::zero_extend:            return &extend_zero;
        case Opcode::sign_extend:            return select_sign_extend(operation);
        // clang-format on
        case Opcode::truncate:
            return LXR_SELECT_INTEGER(type, []<typename T>() { return &cut<T>; });
        case Opcode::select:
            return LXR_SELECT_INTEGER(type, []<typename T>() { return &select_value<T>; });
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
