// AES instructions and PCLMULQDQ (SDM Vol. 1, "Intel Advanced Encryption Standard New Instructions"; FIPS 197).
#include <array>
#include <bit>
#include <cstring>

#include "lifter/semantics/galois_field.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

/// destination = helper(operand 1).
void with_one_source(B& b, Helper helper, std::uint64_t argument = 0) {
    write_scratch(b, 0, b.read_vector_aligned(1, Type::v128));
    b.helper(helper, b.imm(Type::i64, argument));
    b.write_vector(0, read_scratch(b, 0));
}

}  // namespace

void aes_encrypt_round(B& b) {
    packed_by_helper(b, Helper::aes_encrypt_round);
}
void aes_encrypt_last_round(B& b) {
    packed_by_helper(b, Helper::aes_encrypt_last_round);
}
void aes_decrypt_round(B& b) {
    packed_by_helper(b, Helper::aes_decrypt_round);
}
void aes_decrypt_last_round(B& b) {
    packed_by_helper(b, Helper::aes_decrypt_last_round);
}
void aes_inverse_mix_columns(B& b) {
    with_one_source(b, Helper::aes_inverse_mix);
}
void aes_key_generation_assist(B& b) {
    with_one_source(b, Helper::aes_key_assist, immediate_byte(b));
}
void carry_less_multiply(B& b) {
    packed_by_helper(b, Helper::carry_less_multiply, immediate_byte(b));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

using Bytes = std::array<std::uint8_t, 16>;  // byte of row r and column c at r + 4 * c
using Table = std::array<std::uint8_t, 256>;

constexpr Table substitution = [] {
    Table table{};
    for (unsigned i = 0; i < table.size(); ++i) {
        const auto x = galois_inverse(static_cast<std::uint8_t>(i));
        const auto rotated = std::rotl(x, 1) ^ std::rotl(x, 2) ^ std::rotl(x, 3) ^ std::rotl(x, 4);
        table[i] = static_cast<std::uint8_t>(x ^ rotated ^ 0x63);
    }
    return table;
}();

constexpr Table inverse_substitution = [] {
    Table table{};
    for (unsigned i = 0; i < table.size(); ++i) table[substitution[i]] = static_cast<std::uint8_t>(i);
    return table;
}();

/// Multiples of all bytes by one factor.
constexpr Table multiples(unsigned factor) {
    Table table{};
    for (unsigned i = 0; i < table.size(); ++i) table[i] = galois_product(i, factor);
    return table;
}
using Coefficients = std::array<Table, 4>;
constexpr Coefficients mixing = {multiples(2), multiples(3), multiples(1), multiples(1)};
constexpr Coefficients inverse_mixing = {multiples(14), multiples(11), multiples(13), multiples(9)};

Bytes read(const GuestState& state, std::size_t number) {
    Bytes bytes;
    std::memcpy(bytes.data(), state.scratch[number].words.data(), bytes.size());
    return bytes;
}

void write(GuestState& state, const Bytes& bytes) {
    std::memcpy(state.scratch[0].words.data(), bytes.data(), bytes.size());
}

/// SubBytes and ShiftRows; `step` is 1 to encrypt, 3 to decrypt.
Bytes substitute_and_shift(const Bytes& bytes, const Table& table, unsigned step) {
    Bytes result;
    for (unsigned i = 0; i < result.size(); ++i) {
        const auto row = i % 4;
        result[i] = table[bytes[row + 4 * ((i / 4 + row * step) % 4)]];
    }
    return result;
}

Bytes mix_columns(const Bytes& bytes, const Coefficients& coefficients) {
    Bytes result{};
    for (unsigned i = 0; i < result.size(); ++i) {
        for (unsigned j = 0; j < 4; ++j) result[i] ^= coefficients[j][bytes[i / 4 * 4 + (i + j) % 4]];
    }
    return result;
}

Bytes add_key(Bytes bytes, const GuestState& state) {
    const auto key = read(state, 1);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= key[i];
    return bytes;
}

std::uint32_t substitute_word(std::uint32_t word) {
    std::uint32_t result = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) result |= std::uint32_t{substitution[word >> shift & 0xff]} << shift;
    return result;
}

}  // namespace

std::uint64_t aes_encrypt_round(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const auto shifted = substitute_and_shift(read(state, 0), substitution, 1);
    write(state, add_key(mix_columns(shifted, mixing), state));
    return 0;
}

std::uint64_t aes_encrypt_last_round(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    write(state, add_key(substitute_and_shift(read(state, 0), substitution, 1), state));
    return 0;
}

std::uint64_t aes_decrypt_round(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const auto shifted = substitute_and_shift(read(state, 0), inverse_substitution, 3);
    write(state, add_key(mix_columns(shifted, inverse_mixing), state));
    return 0;
}

std::uint64_t aes_decrypt_last_round(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    write(state, add_key(substitute_and_shift(read(state, 0), inverse_substitution, 3), state));
    return 0;
}

std::uint64_t aes_inverse_mix(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    write(state, mix_columns(read(state, 0), inverse_mixing));
    return 0;
}

std::uint64_t aes_key_assist(GuestState& state, std::uint64_t round_constant, std::uint64_t, std::uint64_t) {
    auto& words = state.scratch[0].words;
    for (auto& word : {&words[0], &words[1]}) {
        const auto substituted = substitute_word(static_cast<std::uint32_t>(*word >> 32));
        const auto rotated = std::rotr(substituted, 8) ^ static_cast<std::uint32_t>(round_constant);
        *word = substituted | std::uint64_t{rotated} << 32;
    }
    return 0;
}

std::uint64_t carry_less_multiply(GuestState& state, std::uint64_t selection, std::uint64_t, std::uint64_t) {
    const auto a = state.scratch[0].words[selection & 1];
    const auto b = state.scratch[1].words[selection >> 4 & 1];
    unsigned __int128 product = 0;
    for (unsigned i = 0; i < 64; ++i) {
        if ((b >> i & 1) != 0) product ^= static_cast<unsigned __int128>(a) << i;
    }
    std::memcpy(state.scratch[0].words.data(), &product, sizeof product);
    return 0;
}

}  // namespace lxr::helpers
