// Step functions that move lanes: between places, widths and kinds of values.
#include <algorithm>
#include <limits>

#include "lifter/evaluate/integer_operations.h"
#include "lifter/evaluate/lanes.h"

namespace lxr::evaluate {

namespace {

/// Zero-extends or cuts, from and to any size.
void resize(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto to = ir::size_bytes(operation.type);
    const auto kept = std::min(to, ir::size_bytes(operation.lane));
    auto* result = reinterpret_cast<std::byte*>(&frame->slots[operation.result]);
    if (to < 8) frame->slots[operation.result] = 0;
    std::memcpy(result, &frame->slots[operation.a], kept);
    std::memset(result + kept, 0, to - kept);
    LXR_NEXT_STEP;
}

void insert_lane(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto lane_bytes = ir::size_bytes(operation.lane);
    auto* result = reinterpret_cast<std::byte*>(&frame->slots[operation.result]);
    std::memcpy(result, &frame->slots[operation.a], ir::size_bytes(operation.type));
    std::memcpy(result + static_cast<std::size_t>(operation.immediate) * lane_bytes, &frame->slots[operation.b], lane_bytes);
    LXR_NEXT_STEP;
}

void extract_lane(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto lane_bytes = ir::size_bytes(operation.type);
    const auto* source = reinterpret_cast<const std::byte*>(&frame->slots[operation.a]);
    frame->slots[operation.result] = 0;
    std::memcpy(&frame->slots[operation.result], source + std::size_t{operation.aux} * lane_bytes, lane_bytes);
    LXR_NEXT_STEP;
}

void insert_part(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto parts = value<std::array<VectorWords<16>, 2>>(frame, operation.a);
    parts[operation.immediate & 1] = value<VectorWords<16>>(frame, operation.b);
    set_value(frame, operation.result, parts);
    LXR_NEXT_STEP;
}

void extract_part(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto parts = value<std::array<VectorWords<16>, 2>>(frame, operation.a);
    set_value(frame, operation.result, parts[operation.immediate & 1]);
    LXR_NEXT_STEP;
}

template <typename T, unsigned Bytes>
void broadcast(const Step* step, GuestState* state, EvaluationFrame* frame) {
    Lanes<T, Bytes> lanes;
    lanes.fill(value<T>(frame, step->operation.a));
    set_value(frame, step->operation.result, lanes);
    LXR_NEXT_STEP;
}

template <typename T, unsigned Bytes>
void permute_across(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto source = value<Lanes<T, Bytes>>(frame, operation.a);
    auto lanes = value<Lanes<T, Bytes>>(frame, operation.b);
    for (auto& lane : lanes) lane = source[lane % lanes.size()];
    set_value(frame, operation.result, lanes);
    LXR_NEXT_STEP;
}

/// Step function that makes each 128 bits of the result (all of an MMX register) from those of a and b alone.
/// Make: result part = apply<T>(a part, b part, immediate).
template <typename Make, typename T, unsigned Bytes>
void each_part(const Step* step, GuestState* state, EvaluationFrame* frame) {
    constexpr auto bytes = part_bytes<Bytes>;
    using Parts = std::array<Lanes<T, bytes>, Bytes / bytes>;
    const auto& operation = step->operation;
    const auto a = value<Parts>(frame, operation.a);
    const auto b = value<Parts>(frame, operation.b == ir::no_slot ? operation.a : operation.b);
    Parts result;
    for (std::size_t i = 0; i < a.size(); ++i) {
        result[i] = Make::template apply<T, bytes / sizeof(T)>(a[i], b[i], static_cast<std::uint32_t>(operation.immediate));
    }
    set_value(frame, operation.result, result);
    LXR_NEXT_STEP;
}

struct Permute {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>& b, std::uint32_t selectors) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) {
            const auto selector = i < 8 ? selectors >> (4 * i) & 15 : 0;
            result[i] = selector < Count ? a[selector] : b[selector % Count];
        }
        return result;
    }
};
struct InterleaveLow {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>& b, std::uint32_t) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) result[i] = (i % 2 == 0 ? a : b)[i / 2];
        return result;
    }
};
struct InterleaveHigh {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>& b, std::uint32_t) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) result[i] = (i % 2 == 0 ? a : b)[Count / 2 + i / 2];
        return result;
    }
};
struct ShuffleBytes {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>& b, std::uint32_t) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) result[i] = (b[i] & 0x80) != 0 ? T{0} : a[b[i] % Count];
        return result;
    }
};
struct AlignRight {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>& b, std::uint32_t shift) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) {
            const auto from = i + shift;
            result[i] = from < Count ? b[from] : from < 2 * Count ? a[from - Count] : T{0};
        }
        return result;
    }
};
struct ShiftBytesLeft {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>&, std::uint32_t shift) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) result[i] = i >= shift ? a[i - shift] : T{0};
        return result;
    }
};
struct ShiftBytesRight {
    template <typename T, std::size_t Count>
    static std::array<T, Count> apply(const std::array<T, Count>& a, const std::array<T, Count>&, std::uint32_t shift) {
        std::array<T, Count> result;
        for (std::size_t i = 0; i < Count; ++i) result[i] = i + shift < Count ? a[i + shift] : T{0};
        return result;
    }
};

/// Source lanes (signed) of a, then of b, saturated into To.
template <typename From, typename To, unsigned Bytes>
void pack(const Step* step, GuestState* state, EvaluationFrame* frame) {
    constexpr auto bytes = part_bytes<Bytes>;
    constexpr auto count = bytes / sizeof(From);
    using Limits = std::numeric_limits<To>;
    const auto& operation = step->operation;
    const auto a = value<std::array<Lanes<From, bytes>, Bytes / bytes>>(frame, operation.a);
    const auto b = value<std::array<Lanes<From, bytes>, Bytes / bytes>>(frame, operation.b);
    std::array<Lanes<To, bytes>, Bytes / bytes> result;
    for (std::size_t part = 0; part < a.size(); ++part) {
        for (std::size_t i = 0; i < 2 * count; ++i) {
            const auto source = i < count ? a[part][i] : b[part][i - count];
            result[part][i] = static_cast<To>(std::clamp<std::int64_t>(source, Limits::min(), Limits::max()));
        }
    }
    set_value(frame, operation.result, result);
    LXR_NEXT_STEP;
}

template <typename From, typename To, unsigned Bytes>
void widen(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    constexpr auto count = Bytes / sizeof(To);
    std::array<From, count> source;
    std::memcpy(source.data(), &frame->slots[operation.a], sizeof source);
    std::array<To, count> result;
    for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<To>(source[i]);
    set_value(frame, operation.result, result);
    LXR_NEXT_STEP;
}

template <typename T, unsigned Bytes>
void move_mask(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto lanes = value<Lanes<T, Bytes>>(frame, operation.a);
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < lanes.size(); ++i) mask |= static_cast<std::uint32_t>(lanes[i] >> (width<T> - 1)) << i;
    frame->slots[operation.result] = mask;
    LXR_NEXT_STEP;
}

template <typename Make>
StepFunction by_part(const ir::Operation& operation) {
    return select_lanes(operation.type, operation.lane,
                        []<typename T, unsigned Bytes>() -> StepFunction { return &each_part<Make, T, Bytes>; });
}

template <typename Make>
StepFunction by_part_of_bytes(const ir::Operation& operation) {
    return select_width(operation.type, []<unsigned Bytes>() -> StepFunction { return &each_part<Make, std::uint8_t, Bytes>; });
}

template <template <typename> typename Signedness>
StepFunction select_pack(const ir::Operation& operation) {
    return select_width(operation.type, [&]<unsigned Bytes>() -> StepFunction {
        if (operation.lane == ir::Type::i16) return &pack<std::int16_t, Signedness<std::int8_t>, Bytes>;
        if (operation.lane == ir::Type::i32) return &pack<std::int32_t, Signedness<std::int16_t>, Bytes>;
        return nullptr;
    });
}

template <template <typename> typename Signedness>
StepFunction select_widen(const ir::Operation& operation) {
    const auto widen_from = [&]<typename From, unsigned Bytes>() -> StepFunction {
        switch (static_cast<ir::Type>(operation.aux)) {
            case ir::Type::i16:
                return &widen<Signedness<From>, std::uint16_t, Bytes>;
            case ir::Type::i32:
                return &widen<Signedness<From>, std::uint32_t, Bytes>;
            case ir::Type::i64:
                return &widen<Signedness<From>, std::uint64_t, Bytes>;
            default:
                return nullptr;
        }
    };
    return select_lanes(operation.type, operation.lane, widen_from);
}

StepFunction select_move_mask(const ir::Operation& operation) {
    return select_lanes(operation.lane, static_cast<ir::Type>(operation.aux),
                        []<typename T, unsigned Bytes>() -> StepFunction { return &move_mask<T, Bytes>; });
}

}  // namespace

StepFunction select_shape(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
            // clang-format off
        case Opcode::resize:            return &resize;
        case Opcode::insert_lane:       return &insert_lane;
        case Opcode::extract_lane:      return &extract_lane;
        case Opcode::insert_part:       return &insert_part;
        case Opcode::extract_part:      return &extract_part;
        case Opcode::permute:           return by_part<Permute>(operation);
        case Opcode::interleave_low:    return by_part<InterleaveLow>(operation);
        case Opcode::interleave_high:   return by_part<InterleaveHigh>(operation);
        case Opcode::shuffle_bytes:     return by_part_of_bytes<ShuffleBytes>(operation);
        case Opcode::align_right:       return by_part_of_bytes<AlignRight>(operation);
        case Opcode::shift_bytes_left:  return by_part_of_bytes<ShiftBytesLeft>(operation);
        case Opcode::shift_bytes_right: return by_part_of_bytes<ShiftBytesRight>(operation);
        case Opcode::pack_signed:       return select_pack<std::make_signed_t>(operation);
        case Opcode::pack_unsigned:     return select_pack<std::make_unsigned_t>(operation);
        case Opcode::widen_signed:      return select_widen<std::make_signed_t>(operation);
        case Opcode::widen_unsigned:    return select_widen<std::make_unsigned_t>(operation);
        case Opcode::move_mask:         return select_move_mask(operation);
        // clang-format on
        case Opcode::permute_across:
            return select_lanes(operation.type, operation.lane,
                                []<typename T, unsigned Bytes>() -> StepFunction { return &permute_across<T, Bytes>; });
        case Opcode::broadcast:
            return select_lanes(operation.type, operation.lane,
                                []<typename T, unsigned Bytes>() -> StepFunction { return &broadcast<T, Bytes>; });
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
