// Lazy status flags: a flags operation stores its operands; conditions and readers compute what they need.
#include <bit>
#include <type_traits>
#include <utility>

#include "lifter/evaluate/step.h"

namespace lxr {

namespace {

using ir::Condition;

template <typename T>
constexpr unsigned width = sizeof(T) * 8;
template <typename T>
constexpr T sign_bit = static_cast<T>(T{1} << (width<T> - 1));

constexpr std::uint32_t flag_if(bool set, std::uint32_t flag) {
    return set ? flag : 0;
}

template <typename T>
constexpr std::uint32_t result_flags(T result) {
    return flag_if(result == 0, rflags::zf) | flag_if((result & sign_bit<T>) != 0, rflags::sf) |
           flag_if((std::popcount(static_cast<std::uint8_t>(result)) & 1) == 0, rflags::pf);
}

// Each family computes all six flags from what its flags operation stored (SDM Vol. 1, "Status Flags").
struct AddFamily {
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto a = static_cast<T>(lazy.a);
        const auto b = static_cast<T>(lazy.b);
        const auto result = static_cast<T>(a + b + lazy.c);
        const auto carries = static_cast<T>((a & b) | ((a | b) & ~result));
        return result_flags(result) | flag_if((carries & sign_bit<T>) != 0, rflags::cf) |
               flag_if(((a ^ b ^ result) & 0x10) != 0, rflags::af) |
               flag_if(((a ^ result) & (b ^ result) & sign_bit<T>) != 0, rflags::of);
    }
};
struct SubFamily {
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto a = static_cast<T>(lazy.a);
        const auto b = static_cast<T>(lazy.b);
        const auto result = static_cast<T>(a - b - lazy.c);
        const auto borrows = static_cast<T>((~a & b) | ((~a | b) & result));
        return result_flags(result) | flag_if((borrows & sign_bit<T>) != 0, rflags::cf) |
               flag_if(((a ^ b ^ result) & 0x10) != 0, rflags::af) |
               flag_if(((a ^ b) & (a ^ result) & sign_bit<T>) != 0, rflags::of);
    }
};
struct LogicFamily {
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        return result_flags(static_cast<T>(lazy.a));
    }
};
struct IncFamily {  // a: the result, c: the old CF
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto result = static_cast<T>(lazy.a);
        return result_flags(result) | static_cast<std::uint32_t>(lazy.c) | flag_if((result & 0xf) == 0, rflags::af) |
               flag_if(result == sign_bit<T>, rflags::of);
    }
};
struct DecFamily {  // a: the result, c: the old CF
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto result = static_cast<T>(lazy.a);
        return result_flags(result) | static_cast<std::uint32_t>(lazy.c) | flag_if((result & 0xf) == 0xf, rflags::af) |
               flag_if(result == static_cast<T>(sign_bit<T> - 1), rflags::of);
    }
};
// Shifts: a is the operand, b the masked count, not 0. OF is that of the last single shift, defined for a count of 1.
struct ShlFamily {
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto a = static_cast<T>(lazy.a);
        const auto count = static_cast<unsigned>(lazy.b);
        const auto result = count < width<T> ? static_cast<T>(a << count) : T{0};
        const bool carry = count <= width<T> && ((a >> (width<T> - count)) & 1) != 0;
        return result_flags(result) | flag_if(carry, rflags::cf) | flag_if(((result & sign_bit<T>) != 0) != carry, rflags::of);
    }
};
struct ShrFamily {
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto a = static_cast<T>(lazy.a);
        const auto count = static_cast<unsigned>(lazy.b);
        const auto before = count - 1 < width<T> ? static_cast<T>(a >> (count - 1)) : T{0};
        return result_flags(static_cast<T>(before >> 1)) | flag_if((before & 1) != 0, rflags::cf) |
               flag_if((before & sign_bit<T>) != 0, rflags::of);
    }
};
struct SarFamily {
    template <typename T>
    static std::uint32_t compute(const LazyFlags& lazy) {
        const auto a = static_cast<std::make_signed_t<T>>(lazy.a);
        const auto count = std::min(static_cast<unsigned>(lazy.b), width<T>);
        const auto before = static_cast<std::make_signed_t<T>>(a >> (count - 1));
        return result_flags(static_cast<T>(before >> 1)) | flag_if((before & 1) != 0, rflags::cf);
    }
};

template <typename Family, typename T>
struct LazyKind {
    static std::uint32_t flags(const GuestState& state) { return Family::template compute<T>(state.lazy_flags); }
};
struct Materialized {
    static std::uint32_t flags(const GuestState& state) { return state.status_flags; }
};

template <typename... Kinds>
struct KindList {
    static constexpr std::size_t size = sizeof...(Kinds);
};
template <typename Family>
using FamilyKinds = KindList<LazyKind<Family, std::uint8_t>, LazyKind<Family, std::uint16_t>, LazyKind<Family, std::uint32_t>,
                             LazyKind<Family, std::uint64_t>>;

template <typename... Lists>
struct Concatenate;
template <typename... A>
struct Concatenate<KindList<A...>> {
    using type = KindList<A...>;
};
template <typename... A, typename... B, typename... Rest>
struct Concatenate<KindList<A...>, KindList<B...>, Rest...> {
    using type = typename Concatenate<KindList<A..., B...>, Rest...>::type;
};

/// In the order of FlagsFamily; kind 0 means materialized.
using AllKinds = Concatenate<KindList<Materialized>, FamilyKinds<AddFamily>, FamilyKinds<SubFamily>, FamilyKinds<LogicFamily>,
                             FamilyKinds<IncFamily>, FamilyKinds<DecFamily>, FamilyKinds<ShlFamily>, FamilyKinds<ShrFamily>,
                             FamilyKinds<SarFamily>>::type;

constexpr bool holds(Condition condition, std::uint32_t flags) {
    const auto is = [flags](std::uint32_t flag) { return (flags & flag) != 0; };
    switch (condition) {
        case Condition::o:
            return is(rflags::of);
        case Condition::no:
            return !is(rflags::of);
        case Condition::b:
            return is(rflags::cf);
        case Condition::ae:
            return !is(rflags::cf);
        case Condition::e:
            return is(rflags::zf);
        case Condition::ne:
            return !is(rflags::zf);
        case Condition::be:
            return is(rflags::cf | rflags::zf);
        case Condition::a:
            return !is(rflags::cf | rflags::zf);
        case Condition::s:
            return is(rflags::sf);
        case Condition::ns:
            return !is(rflags::sf);
        case Condition::p:
            return is(rflags::pf);
        case Condition::np:
            return !is(rflags::pf);
        case Condition::l:
            return is(rflags::sf) != is(rflags::of);
        case Condition::ge:
            return is(rflags::sf) == is(rflags::of);
        case Condition::le:
            return is(rflags::zf) || is(rflags::sf) != is(rflags::of);
        case Condition::g:
            return !is(rflags::zf) && is(rflags::sf) == is(rflags::of);
    }
    return false;
}

template <typename Kind, Condition condition>
bool kind_condition(const GuestState& state) {
    return holds(condition, Kind::flags(state));
}

using FlagsFunction = std::uint32_t (*)(const GuestState&);
using ConditionFunction = bool (*)(const GuestState&);

template <typename... Kinds>
constexpr auto make_flags_table(KindList<Kinds...>) {
    return std::array<FlagsFunction, sizeof...(Kinds)>{&Kinds::flags...};
}

/// One row of 16 conditions for each kind, each compiled to just the flags it needs.
template <typename... Kinds>
constexpr auto make_condition_table(KindList<Kinds...>) {
    constexpr auto row = []<typename Kind, std::size_t... codes>(std::type_identity<Kind>, std::index_sequence<codes...>) {
        return std::array<ConditionFunction, 16>{&kind_condition<Kind, static_cast<Condition>(codes)>...};
    };
    return std::array{row(std::type_identity<Kinds>{}, std::make_index_sequence<16>{})...};
}

constexpr auto flags_table = make_flags_table(AllKinds{});
constexpr auto condition_table = make_condition_table(AllKinds{});

}  // namespace

void materialize_flags(GuestState& state) {
    state.status_flags = flags_table[state.lazy_flags.kind](state);
    state.lazy_flags.kind = 0;
}

bool condition_holds(ir::Condition condition, std::uint32_t status_flags) {
    return holds(condition, status_flags);
}

namespace evaluate {

namespace {

/// For add, sub (c is absent: its slot reads as the value 0 would), adc, sbb, and logic (b and c unused).
template <FlagsFamily family, bool with_b, bool with_carry>
void store_flags(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto& lazy = state->lazy_flags;
    lazy.a = frame->slots[operation.a];
    if constexpr (with_b) {
        lazy.b = frame->slots[operation.b];
        lazy.c = with_carry ? frame->slots[operation.c] : 0;
    }
    lazy.kind = lazy_flags_kind(family, operation.type);
    LXR_NEXT_STEP;
}

/// INC and DEC leave CF: it is computed now from what set the flags before.
template <FlagsFamily family>
void store_flags_keeping_carry(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto& lazy = state->lazy_flags;
    const bool carry = condition_table[lazy.kind][static_cast<std::size_t>(Condition::b)](*state);
    lazy.a = frame->slots[operation.a];
    lazy.c = carry ? rflags::cf : 0;
    lazy.kind = lazy_flags_kind(family, operation.type);
    LXR_NEXT_STEP;
}

/// A shift by 0 leaves the flags.
template <FlagsFamily family>
void store_shift_flags(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto count = value<std::uint8_t>(frame, operation.b);
    if (count != 0) {
        auto& lazy = state->lazy_flags;
        lazy.a = frame->slots[operation.a];
        lazy.b = count;
        lazy.kind = lazy_flags_kind(family, operation.type);
    }
    LXR_NEXT_STEP;
}

void put_flags(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto mask = static_cast<std::uint32_t>(step->operation.immediate);
    if ((mask & rflags::status) != rflags::status) materialize_flags(*state);
    state->lazy_flags.kind = 0;
    state->status_flags = (state->status_flags & ~mask) | (value<std::uint32_t>(frame, step->operation.a) & mask);
    LXR_NEXT_STEP;
}

void get_flags(const Step* step, GuestState* state, EvaluationFrame* frame) {
    materialize_flags(*state);
    set_value(frame, step->operation.result, state->status_flags);
    LXR_NEXT_STEP;
}

void condition(const Step* step, GuestState* state, EvaluationFrame* frame) {
    frame->slots[step->operation.result] = condition_table[state->lazy_flags.kind][step->operation.aux](*state) ? 1 : 0;
    LXR_NEXT_STEP;
}

}  // namespace

StepFunction select_flags(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
            // clang-format off
        case Opcode::flags_add:   return &store_flags<FlagsFamily::add, true, false>;
        case Opcode::flags_adc:   return &store_flags<FlagsFamily::add, true, true>;
        case Opcode::flags_sub:   return &store_flags<FlagsFamily::sub, true, false>;
        case Opcode::flags_sbb:   return &store_flags<FlagsFamily::sub, true, true>;
        case Opcode::flags_logic: return &store_flags<FlagsFamily::logic, false, false>;
        case Opcode::flags_inc:   return &store_flags_keeping_carry<FlagsFamily::inc>;
        case Opcode::flags_dec:   return &store_flags_keeping_carry<FlagsFamily::dec>;
        case Opcode::flags_shl:   return &store_shift_flags<FlagsFamily::shl>;
        case Opcode::flags_shr:   return &store_shift_flags<FlagsFamily::shr>;
        case Opcode::flags_sar:   return &store_shift_flags<FlagsFamily::sar>;
        case Opcode::put_flags:   return &put_flags;
        case Opcode::get_flags:   return &get_flags;
        case Opcode::condition:   return &condition;
        default:                  return nullptr;
            // clang-format on
    }
}

}  // namespace evaluate
}  // namespace lxr
