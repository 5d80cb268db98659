// SHA instructions (SDM Vol. 1, "Intel Secure Hash Algorithm Extensions"; FIPS 180-4). Words are named from the high end of
// their registers for SHA-1, from the low end for SHA-256, as the manual has them.
#include <array>
#include <bit>
#include <cstring>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr::semantics {

namespace {

/// destination = helper(destination, operand 1). The manual has memory operands aligned, AMD's processors do not ask for it.
void hash(B& b, Helper helper, Value argument) {
    const auto first = b.read_vector(0, Type::v128);
    const auto second = b.read_vector(1, Type::v128);
    write_scratch(b, 0, first);
    write_scratch(b, 1, second);
    b.helper(helper, argument);
    b.write_vector(0, read_scratch(b, 0));
}

}  // namespace

void sha1_four_rounds(B& b) {
    hash(b, Helper::sha1_four_rounds, b.imm(Type::i64, immediate_byte(b) & 3));
}
void sha1_next_e(B& b) {
    hash(b, Helper::sha1_next_e, {});
}
void sha1_message_1(B& b) {
    hash(b, Helper::sha1_message_1, {});
}
void sha1_message_2(B& b) {
    hash(b, Helper::sha1_message_2, {});
}
void sha256_two_rounds(B& b) {
    hash(b, Helper::sha256_two_rounds, b.get_vector(Type::i64, 0));
}
void sha256_message_1(B& b) {
    hash(b, Helper::sha256_message_1, {});
}
void sha256_message_2(B& b) {
    hash(b, Helper::sha256_message_2, {});
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

using Words = std::array<std::uint32_t, 4>;  // lowest first

Words read(const GuestState& state, std::size_t number) {
    Words words;
    std::memcpy(words.data(), state.scratch[number].words.data(), sizeof words);
    return words;
}

std::uint64_t write(GuestState& state, const Words& words) {
    std::memcpy(state.scratch[0].words.data(), words.data(), sizeof words);
    return 0;
}

std::uint32_t choose(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    return (x & y) ^ (~x & z);
}
std::uint32_t majority(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    return (x & y) ^ (x & z) ^ (y & z);
}

/// The function and constant of one of the four groups of twenty rounds.
std::uint32_t mix(std::uint64_t group, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    constexpr std::array<std::uint32_t, 4> constants = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    const auto mixed = group == 0 ? choose(b, c, d) : group == 2 ? majority(b, c, d) : b ^ c ^ d;
    return mixed + constants[group];
}

std::uint32_t big_sigma_0(std::uint32_t x) {
    return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22);
}
std::uint32_t big_sigma_1(std::uint32_t x) {
    return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25);
}
std::uint32_t small_sigma_0(std::uint32_t x) {
    return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
}
std::uint32_t small_sigma_1(std::uint32_t x) {
    return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
}

}  // namespace

std::uint64_t sha1_four_rounds(GuestState& state, std::uint64_t group, std::uint64_t, std::uint64_t) {
    auto [d, c, b, a] = read(state, 0);
    const auto message = read(state, 1);
    std::uint32_t e = 0;  // the first word of the message has it added already
    for (unsigned round = 0; round < 4; ++round) {
        const auto next = mix(group, b, c, d) + std::rotl(a, 5) + message[3 - round] + e;
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    return write(state, {d, c, b, a});
}

std::uint64_t sha1_next_e(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    auto words = read(state, 1);
    words[3] += std::rotl(read(state, 0)[3], 30);
    return write(state, words);
}

std::uint64_t sha1_message_1(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const auto [w3, w2, w1, w0] = read(state, 0);
    const auto second = read(state, 1);
    const auto w4 = second[3];
    const auto w5 = second[2];
    return write(state, {w5 ^ w3, w4 ^ w2, w3 ^ w1, w2 ^ w0});
}

std::uint64_t sha1_message_2(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const auto first = read(state, 0);
    const auto second = read(state, 1);
    const auto w16 = std::rotl(first[3] ^ second[2], 1);
    const auto w17 = std::rotl(first[2] ^ second[1], 1);
    const auto w18 = std::rotl(first[1] ^ second[0], 1);
    const auto w19 = std::rotl(first[0] ^ w16, 1);
    return write(state, {w19, w18, w17, w16});
}

/// @param keys  the two words of message plus constant, the first one in the low half.
std::uint64_t sha256_two_rounds(GuestState& state, std::uint64_t keys, std::uint64_t, std::uint64_t) {
    auto [h, g, d, c] = read(state, 0);
    auto [f, e, b, a] = read(state, 1);
    for (unsigned round = 0; round < 2; ++round) {
        const auto t1 = choose(e, f, g) + big_sigma_1(e) + static_cast<std::uint32_t>(keys >> (32 * round)) + h;
        const auto t2 = majority(a, b, c) + big_sigma_0(a);
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    return write(state, {f, e, b, a});
}

std::uint64_t sha256_message_1(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const auto w = read(state, 0);
    const auto w4 = read(state, 1)[0];
    return write(
        state, {w[0] + small_sigma_0(w[1]), w[1] + small_sigma_0(w[2]), w[2] + small_sigma_0(w[3]), w[3] + small_sigma_0(w4)});
}

std::uint64_t sha256_message_2(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    const auto first = read(state, 0);
    const auto second = read(state, 1);
    const auto w16 = first[0] + small_sigma_1(second[2]);
    const auto w17 = first[1] + small_sigma_1(second[3]);
    const auto w18 = first[2] + small_sigma_1(w16);
    const auto w19 = first[3] + small_sigma_1(w17);
    return write(state, {w16, w17, w18, w19});
}

}  // namespace lxr::helpers
