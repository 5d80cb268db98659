// That the quick way from bytes to Encoding and Zydis agree about every opcode.
#include "lifter/encoding.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lifter/decode/encoding_table.h"

namespace lxr {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr GuestAddress address{0x7f12'3456'789a};

std::string text(const Bytes& bytes) {
    std::string text;
    for (const auto byte : bytes) text += fmt::format("{:02x} ", byte);
    return text;
}

/// Compares the two about the instruction at the beginning of the bytes.
class Comparison {
public:
    void compare(const Bytes& bytes) {
        const auto code = std::as_bytes(std::span(bytes));
        const auto quick = decode_encoding(code, address);
        const auto zydis = decode_encoding_by_zydis(code, address);
        ++compared_;
        if (quick == zydis || ++differences_ > most_shown) return;
        ADD_FAILURE() << text(bytes) << disassemble(code, address);
    }
    /// Fails also if there was nothing to compare.
    void conclude(std::size_t least) const {
        EXPECT_EQ(differences_, 0U);
        EXPECT_GE(compared_, least);
    }

private:
    static constexpr unsigned most_shown = 20;
    std::size_t compared_ = 0;
    std::size_t differences_ = 0;
};

void append_rest(Bytes& bytes) {
    for (std::uint8_t filler = 0x81; bytes.size() < longest_instruction_bytes + 5; filler += 0x13) bytes.push_back(filler);
}

const std::vector<Bytes> legacy_escapes = {{}, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}};
const std::vector<Bytes> prefixes = {{},           {0x66},       {0xf3},       {0xf2}, {0x64},
                                     {0x2e, 0x66}, {0x65, 0x66}, {0x66, 0xf2}, {0xf0}, {0x67}};

/// Every opcode and ModRM byte after `begin`, each with the next of the SIB bytes.
void compare_all_opcodes(Comparison& comparison, const Bytes& begin) {
    std::uint8_t sib = 0;
    for (unsigned opcode = 0; opcode < 256; ++opcode) {
        for (unsigned modrm = 0; modrm < 256; ++modrm) {
            Bytes bytes = begin;
            bytes.insert(bytes.end(), {static_cast<std::uint8_t>(opcode), static_cast<std::uint8_t>(modrm), sib});
            sib = static_cast<std::uint8_t>(sib + 37);
            append_rest(bytes);
            comparison.compare(bytes);
        }
    }
}

TEST(Encoding, LegacyOpcodesAreAsZydisSays) {
    Comparison comparison;
    for (const auto& escape : legacy_escapes) {
        for (const auto& prefix : prefixes) {
            for (const unsigned rex : {0x00U, 0x40U, 0x48U, 0x4dU}) {
                Bytes begin = prefix;
                if (rex != 0) begin.push_back(static_cast<std::uint8_t>(rex));
                begin.insert(begin.end(), escape.begin(), escape.end());
                compare_all_opcodes(comparison, begin);
            }
        }
    }
    comparison.conclude(10'000'000);
}

TEST(Encoding, VexOpcodesAreAsZydisSays) {
    Comparison comparison;
    for (const unsigned map : {1U, 2U, 3U}) {
        for (unsigned last = 0; last < 8; ++last) {  // L and pp
            for (const unsigned w_and_vvvv : {0x78U, 0xf8U, 0x30U, 0x88U}) {
                for (const unsigned rxb : {0xe0U, 0x00U}) {
                    compare_all_opcodes(
                        comparison, {0xc4, static_cast<std::uint8_t>(rxb | map), static_cast<std::uint8_t>(w_and_vvvv | last)});
                }
            }
        }
    }
    for (unsigned last = 0; last < 8; ++last) {
        for (const unsigned r_and_vvvv : {0xf8U, 0x78U, 0xc0U}) {
            compare_all_opcodes(comparison, {0xc5, static_cast<std::uint8_t>(r_and_vvvv | last)});
        }
    }
    comparison.conclude(10'000'000);
}

TEST(Encoding, RandomBytesAreAsZydisSays) {
    constexpr std::uint64_t seed = 20'240'911;
    std::mt19937_64 random(seed);
    Comparison comparison;
    for (unsigned i = 0; i < 4'000'000; ++i) {
        // Up to three bytes that are often prefixes, then anything; sometimes the bytes end early.
        constexpr std::array<std::uint8_t, 16> starts = {0x66, 0xf2, 0xf3, 0x2e, 0x64, 0x65, 0x40, 0x41,
                                                         0x44, 0x48, 0x4c, 0x4f, 0xc4, 0xc5, 0x0f, 0xf0};
        Bytes bytes;
        for (auto count = random() % 4; count > 0; --count) bytes.push_back(starts[random() % starts.size()]);
        const auto size = random() % 8 == 0 ? random() % 16 : 20;
        while (bytes.size() < size) bytes.push_back(static_cast<std::uint8_t>(random()));
        comparison.compare(bytes);
    }
    comparison.conclude(4'000'000);
}

/// Fails if the table knows less than it should: then all would be right, and slow.
TEST(Encoding, CommonInstructionsAreKnownToTheTable) {
    struct Known {
        const char* text;
        Bytes bytes;
    };
    const std::vector<Known> known = {
        {"add rax, rbx", {0x48, 0x01, 0xd8}},
        {"mov al, ah", {0x88, 0xe0}},
        {"mov rax, fs:[0x28]", {0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0}},
        {"push r15", {0x41, 0x57}},
        {"jne", {0x75, 0xfe}},
        {"call", {0xe8, 0, 0, 0, 0}},
        {"ret", {0xc3}},
        {"jmp [rip]", {0xff, 0x25, 0, 0, 0, 0}},
        {"nop word [rax]", {0x66, 0x0f, 0x1f, 0x44, 0, 0}},
        {"movabs", {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}},
        {"rep movsb", {0xf3, 0xa4}},
        {"imul eax, ecx, 300", {0x69, 0xc1, 0x2c, 1, 0, 0}},
        {"cmovne", {0x48, 0x0f, 0x45, 0xc1}},
        {"movdqu xmm0, [rdi]", {0xf3, 0x0f, 0x6f, 0x07}},
        {"addsd xmm1, xmm2", {0xf2, 0x0f, 0x58, 0xca}},
        {"vpcmpeqb ymm1, ymm0, [rdi]", {0xc5, 0xfd, 0x74, 0x0f}},
        {"vpbroadcastb ymm0, xmm0", {0xc4, 0xe2, 0x7d, 0x78, 0xc0}},
        {"shlx rax, rbx, rcx", {0xc4, 0xe2, 0xf1, 0xf7, 0xc3}},
        {"tzcnt eax, eax", {0xf3, 0x0f, 0xbc, 0xc0}},
    };
    for (auto [name, bytes] : known) {
        const auto size = bytes.size();
        append_rest(bytes);
        Encoding quick;
        ASSERT_TRUE(decode_encoding_by_table(std::as_bytes(std::span(bytes)), address, quick)) << name;
        EXPECT_EQ(quick.length_bytes, size) << name;
    }
}

}  // namespace
}  // namespace lxr
