// SSE4.2 instructions (SDM Vol. 1, "SSE4.2 Instructions"): strings in XMM registers.
#include <algorithm>
#include <bit>
#include <cstring>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

// The first argument of the helper: the instruction's immediate byte, and how the strings' lengths are given.
constexpr std::uint64_t lengths_explicit = 0x100;
constexpr std::uint64_t lengths_are_64_bits = 0x200;
constexpr unsigned flags_shift = 32;  // of the helper's result; the index is below

/// Compares with the helper: the mask is in scratch 0. @return index, and flags above it.
Value compare_strings(B& b, bool lengths) {
    std::uint64_t control = immediate_byte(b);
    if (lengths) control |= lengths_explicit | (b.i.operand_bits == 64 ? lengths_are_64_bits : 0);
    // These, alone among the legacy instructions with 16 bytes of memory, do not ask for alignment.
    write_scratch(b, 0, b.read_vector(0, Type::v128));
    write_scratch(b, 1, b.read_vector(1, Type::v128));
    return b.helper(Helper::compare_strings, b.imm(Type::i64, control), b.read_gpr(Gpr::rax), b.read_gpr(Gpr::rdx));
}

void put_string_flags(B& b, Value result) {
    b.put_flags(rflags::status, b.truncate(b.shift_right(result, b.imm(Type::i8, flags_shift)), Type::i32));
}

void compare_for_index(B& b, bool lengths) {
    const auto result = compare_strings(b, lengths);
    b.write_gpr(Gpr::rcx, b.truncate(result, Type::i32));
    put_string_flags(b, result);
}

/// The mask always goes to XMM0.
void compare_for_mask(B& b, bool lengths) {
    const auto result = compare_strings(b, lengths);
    const auto mask = read_scratch(b, 0);
    if (b.i.vex) {
        b.set_vector_clear(0, mask);
    } else {
        b.set_vector(0, mask);
    }
    put_string_flags(b, result);
}

}  // namespace

void packed_compare_greater_quadwords(B& b) {
    packed(b, Opcode::compare_greater_signed, Type::i64);
}

void compare_explicit_strings_index(B& b) {
    compare_for_index(b, true);
}
void compare_explicit_strings_mask(B& b) {
    compare_for_mask(b, true);
}
void compare_implicit_strings_index(B& b) {
    compare_for_index(b, false);
}
void compare_implicit_strings_mask(B& b) {
    compare_for_mask(b, false);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// One PCMPxSTRx (SDM Vol. 1, "SSE4.2 String and Text Processing Instructions"), by the fields of its immediate byte.
class StringComparison {
public:
    StringComparison(GuestState& state, std::uint64_t control, std::uint64_t first_length, std::uint64_t second_length)
        : state_(state), control_(control) {
        first_length_ = length(state.scratch[0], first_length);
        second_length_ = length(state.scratch[1], second_length);
    }

    std::uint64_t run() {
        const auto mask = apply_polarity(aggregate());
        const auto index = find_index(mask);
        write_mask(mask);
        return index | std::uint64_t{flags(mask)} << semantics::flags_shift;
    }

private:
    enum Aggregation { equal_any, ranges, equal_each, equal_ordered };

    [[nodiscard]] bool has_words() const { return (control_ & 1) != 0; }
    [[nodiscard]] bool is_signed() const { return (control_ & 2) != 0; }
    [[nodiscard]] Aggregation aggregation() const { return static_cast<Aggregation>(control_ >> 2 & 3); }
    [[nodiscard]] int count() const { return has_words() ? 8 : 16; }

    [[nodiscard]] int element(const VectorRegister& vector, int number) const {
        const auto bits = has_words() ? 16U : 8U;
        const auto at = static_cast<unsigned>(number) * bits;
        const auto raw = vector.words[at / 64] >> (at % 64);
        if (!is_signed()) return static_cast<int>(has_words() ? raw & 0xffff : raw & 0xff);
        return has_words() ? static_cast<std::int16_t>(raw) : static_cast<std::int8_t>(raw);
    }
    [[nodiscard]] int first(int number) const { return element(state_.scratch[0], number); }
    [[nodiscard]] int second(int number) const { return element(state_.scratch[1], number); }

    /// Elements that count: the absolute value of the length register, or those before the first zero.
    [[nodiscard]] int length(const VectorRegister& vector, std::uint64_t length_register) const {
        if ((control_ & semantics::lengths_explicit) == 0) {
            int elements = 0;
            while (elements < count() && element(vector, elements) != 0) ++elements;
            return elements;
        }
        const bool wide = (control_ & semantics::lengths_are_64_bits) != 0;
        const auto given = wide ? static_cast<std::int64_t>(length_register) : static_cast<std::int32_t>(length_register);
        const auto magnitude = given < 0 ? 0 - static_cast<std::uint64_t>(given) : static_cast<std::uint64_t>(given);
        return static_cast<int>(std::min<std::uint64_t>(magnitude, static_cast<std::uint64_t>(count())));
    }

    /// True if element `i` of the second operand is in the set or in one of the ranges of the first.
    [[nodiscard]] bool belongs(int i) const {
        if (i >= second_length_) return false;
        if (aggregation() == equal_any) {
            for (int j = 0; j < first_length_; ++j) {
                if (first(j) == second(i)) return true;
            }
            return false;
        }
        for (int j = 0; j + 1 < first_length_; j += 2) {
            if (second(i) >= first(j) && second(i) <= first(j + 1)) return true;
        }
        return false;
    }

    /// Elements beyond both strings are equal, beyond one of them they differ.
    [[nodiscard]] bool equal_at(int i) const {
        if (i >= first_length_ || i >= second_length_) return i >= first_length_ && i >= second_length_;
        return first(i) == second(i);
    }

    /// True if the first string is found at element `i` of the second, as far as that is in the register.
    [[nodiscard]] bool found_at(int i) const {
        for (int j = 0; j < first_length_ && i + j < count(); ++j) {
            if (i + j >= second_length_ || first(j) != second(i + j)) return false;
        }
        return true;
    }

    [[nodiscard]] std::uint32_t aggregate() const {
        std::uint32_t mask = 0;
        for (int i = 0; i < count(); ++i) {
            const bool holds = aggregation() == equal_each      ? equal_at(i)
                               : aggregation() == equal_ordered ? found_at(i)
                                                                : belongs(i);
            mask |= std::uint32_t{holds} << i;
        }
        return mask;
    }

    [[nodiscard]] std::uint32_t all() const { return (1U << count()) - 1; }
    [[nodiscard]] std::uint32_t apply_polarity(std::uint32_t mask) const {
        const bool negative = (control_ >> 4 & 1) != 0;
        const bool masked = (control_ >> 5 & 1) != 0;
        if (!negative) return mask;
        return mask ^ (masked ? (1U << second_length_) - 1 : all());
    }

    [[nodiscard]] std::uint32_t find_index(std::uint32_t mask) const {
        if (mask == 0) return static_cast<std::uint32_t>(count());
        const bool most_significant = (control_ >> 6 & 1) != 0;
        return static_cast<std::uint32_t>(most_significant ? std::bit_width(mask) - 1 : std::countr_zero(mask));
    }

    /// Bits, or all of each element.
    void write_mask(std::uint32_t mask) {
        auto& result = state_.scratch[0];
        const bool expanded = (control_ >> 6 & 1) != 0;
        result.words[0] = mask;
        result.words[1] = 0;
        if (!expanded) return;
        auto* bytes = reinterpret_cast<std::uint8_t*>(result.words.data());
        const int element_bytes = 16 / count();
        for (int i = 0; i < 16; ++i) bytes[i] = (mask >> (i / element_bytes) & 1) != 0 ? 0xff : 0;
    }

    [[nodiscard]] std::uint32_t flags(std::uint32_t mask) const {
        return (mask != 0 ? rflags::cf : 0) | (second_length_ < count() ? rflags::zf : 0) |
               (first_length_ < count() ? rflags::sf : 0) | ((mask & 1) != 0 ? rflags::of : 0);
    }

    GuestState& state_;
    std::uint64_t control_;
    int first_length_ = 0;
    int second_length_ = 0;
};

}  // namespace

std::uint64_t compare_strings(GuestState& state, std::uint64_t control, std::uint64_t rax, std::uint64_t rdx) {
    return StringComparison(state, control, rax, rdx).run();
}

}  // namespace lxr::helpers
