// How long the decoder takes what it does not know to be, which decides between #UD, #GP and a page fault of the fetch.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "lifter/decode/undefined_length.h"
#include "lifter/decoder.h"

namespace lxr {
namespace {

struct Case {
    std::vector<std::uint8_t> bytes;
    std::size_t length_bytes;
};

// What a Zen 5 does: with so many prefixes that it is longer than 15 bytes it is #GP.
const std::array cases = {
    Case{{0xf0, 0x66, 0xe8}, 5},                    // LOCK makes it undefined: CALL rel16
    Case{{0x66, 0xe8}, 6},                          // as Intel's processors have it
    Case{{0x06}, 1},                                // PUSH ES
    Case{{0x82, 0x04, 0x25}, 8},                    // group 1: ModRM, SIB, disp32, imm8
    Case{{0x9a}, 7},                                // CALL ptr16:32
    Case{{0x66, 0x9a}, 6},                          // CALL ptr16:16
    Case{{0xd4}, 2},                                // AAM
    Case{{0x0f, 0x04}, 2},                          // nothing
    Case{{0x0f, 0x38, 0x0c, 0x40}, 5},              // SSSE3 without 66: ModRM, disp8
    Case{{0x0f, 0x3a, 0x00, 0x80}, 9},              // with an immediate
    Case{{0xc4, 0xe1, 0x78, 0x80}, 8},              // VEX map 1 has the immediates of 0F
    Case{{0xc4, 0xe0, 0x78, 0x80, 0x05}, 9},        // map 0: ModRM
    Case{{0xc5, 0xf8, 0x20, 0x05}, 4},              // MOV CR: its r/m is a register
    Case{{0x48, 0xc5, 0x80}, 7},                    // after REX it is LDS
    Case{{0x62, 0xf7, 0x7c, 0x08, 0x00, 0xc0}, 7},  // EVEX map 7: ModRM, imm8
    Case{{0x8f, 0xea, 0x78, 0x00, 0xc0}, 9},        // XOP map 10: ModRM, imm32
};

TEST(UndefinedLength, IsThatOfTheOpcodesPlaceInItsMap) {
    for (const auto& each : cases) EXPECT_EQ(undefined_length(std::as_bytes(std::span(each.bytes))), each.length_bytes);
}

/// The error of 06 (one byte) after so many prefixes.
DecodeError error_after_prefixes(std::size_t prefixes, std::size_t available_bytes) {
    constexpr std::uint8_t segment_prefix = 0x26;
    std::vector<std::uint8_t> bytes(prefixes, segment_prefix);
    bytes.push_back(0x06);
    bytes.resize(available_bytes);
    const auto decoded = decode(std::as_bytes(std::span(bytes)), GuestAddress(0));
    return decoded ? DecodeError{} : decoded.error();
}

TEST(UndefinedLength, DecidesTheFault) {
    EXPECT_EQ(error_after_prefixes(14, 32), DecodeError::invalid);
    EXPECT_EQ(error_after_prefixes(15, 32), DecodeError::too_long);
    EXPECT_EQ(error_after_prefixes(14, 14), DecodeError::truncated);
    EXPECT_EQ(error_after_prefixes(15, 14), DecodeError::truncated);
}

bool is_known(const Instruction& instruction) {
    const auto mnemonic = instruction.mnemonic;
    return mnemonic != Mnemonic::unknown && mnemonic != Mnemonic::UD0 && mnemonic != Mnemonic::UD1;
}

/// Prefixes, escapes and VEX more often than other bytes.
std::uint8_t random_byte(std::mt19937& random, std::size_t at) {
    constexpr std::array<std::uint8_t, 8> beginnings = {0x66, 0xf2, 0xf3, 0x48, 0x40, 0x0f, 0xc4, 0xc5};
    const auto bits = random();
    return at < 3 && (bits & 0x300) == 0 ? beginnings[bits % beginnings.size()] : static_cast<std::uint8_t>(bits);
}

// Zydis says of an instruction with more than 15 bytes neither whether there is such a one nor how long it is.
TEST(UndefinedLength, IsThatOfDefinedInstructionsToo) {
    std::mt19937 random(1);
    std::array<std::uint8_t, longest_instruction_bytes> bytes{};
    std::size_t defined = 0;
    for (int i = 0; i < 2'000'000; ++i) {
        for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = random_byte(random, at);
        const auto instruction = decode(std::as_bytes(std::span(bytes)), GuestAddress(0));
        if (!instruction || !is_known(*instruction)) continue;
        ++defined;
        ASSERT_EQ(undefined_length(std::as_bytes(std::span(bytes))), instruction->length_bytes)
            << disassemble(std::as_bytes(std::span(bytes)), GuestAddress(0));
    }
    EXPECT_GT(defined, 1'000'000);
}

}  // namespace
}  // namespace lxr
