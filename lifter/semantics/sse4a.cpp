// SSE4A instructions (AMD64 Vol. 4): bit fields of the low 64 bits. Moves without a cache line are in sse.cpp and sse2.cpp.
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

/// Length | index << 8 of the field: two immediate bytes, or bytes of a register's 64 bits.
Value field(B& b, unsigned first_immediate, Value control) {
    if (b.i.operand_count < first_immediate + 2) return control;
    const auto length = static_cast<std::uint8_t>(b.operand(first_immediate).immediate);
    const auto index = static_cast<std::uint8_t>(b.operand(first_immediate + 1).immediate);
    return b.imm(Type::i64, length | static_cast<std::uint64_t>(index) << 8);
}

Value word(B& b, Value vector, unsigned number) {
    return b.with_source(Opcode::extract_lane, Type::i64, Type::v128, number, vector);
}

void write_low(B& b, Value value) {
    b.write_vector(0, b.resize(value, Type::v128));
}

}  // namespace

void extract_field(B& b) {
    const bool immediates = b.i.operand_count > 2;
    const auto control = immediates ? Value{} : word(b, b.read_vector(1, Type::v128), 0);
    const auto from = b.read_vector(0, Type::i64);
    write_low(b, b.helper(Helper::extract_field, from, field(b, 1, control)));
}

void insert_field(B& b) {
    const auto source = b.read_vector(1, Type::v128);
    const auto into = b.read_vector(0, Type::i64);
    write_low(b, b.helper(Helper::insert_field, into, word(b, source, 0), field(b, 2, word(b, source, 1))));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// A field as EXTRQ and INSERTQ name it: six bits each, length 0 meaning 64.
struct Field {
    explicit Field(std::uint64_t packed) : index(packed >> 8 & 63), mask(ones(packed & 63)) {}
    static std::uint64_t ones(std::uint64_t length) {
        return length == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << length) - 1;
    }

    std::uint64_t index;
    std::uint64_t mask;
};

}  // namespace

std::uint64_t extract_field(GuestState&, std::uint64_t from, std::uint64_t packed, std::uint64_t) {
    const Field field(packed);
    return from >> field.index & field.mask;
}

std::uint64_t insert_field(GuestState&, std::uint64_t into, std::uint64_t bits, std::uint64_t packed) {
    const Field field(packed);
    return (into & ~(field.mask << field.index)) | (bits & field.mask) << field.index;
}

}  // namespace lxr::helpers
