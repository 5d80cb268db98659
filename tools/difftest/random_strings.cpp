// Three kinds of strings: any bytes, valid instructions with any bytes behind, and many prefixes before an opcode.
#include "tools/difftest/random_strings.h"

#include <array>

#include "tools/difftest/tests.h"

namespace lxr::difftest {

namespace {

constexpr std::size_t longest_string_bytes = 64;

void append_any(Bytes& bytes, Random& random, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(random.next()));
}

void append_instructions(Bytes& bytes, const std::vector<Form>& forms, Random& random) {
    for (auto count = 1 + random.below(4); count > 0; --count) {
        const auto encoding = random_encoding(random.pick(forms), arena::usual_entry + bytes.size(), random);
        bytes.insert(bytes.end(), encoding.bytes().begin(), encoding.bytes().end());
    }
}

void append_prefixes(Bytes& bytes, Random& random) {
    constexpr std::array<std::uint8_t, 14> prefixes = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e,
                                                       0x36, 0x3e, 0x64, 0x65, 0x40, 0x48, 0x4f};
    constexpr std::array<std::uint8_t, 5> escapes = {0x0f, 0xc4, 0xc5, 0x62, 0x8f};
    for (auto count = random.below(16); count > 0; --count) bytes.push_back(static_cast<std::byte>(random.pick(prefixes)));
    if (random.percent(70)) bytes.push_back(static_cast<std::byte>(random.pick(escapes)));
}

}  // namespace

Bytes random_string(const std::vector<Form>& forms, Random& random) {
    Bytes bytes;
    const auto kind = random.below(3);
    if (kind == 1) append_instructions(bytes, forms, random);
    if (kind == 2) append_prefixes(bytes, random);
    append_any(bytes, random, kind == 1 ? random.below(16) : 1 + random.below(longest_string_bytes - bytes.size()));
    bytes.insert(bytes.end(), longest_instruction_bytes, arena::landing_pad);  // the last instruction may need some of them
    return bytes;
}

Test random_start(Random& random) {
    auto test = random_test({}, arena::usual_entry, random);
    for (auto& reg : test.before.gpr) {
        if (random.percent(60)) reg = arena::data_begin + random.below(arena::data_size_bytes);
    }
    return test;
}

}  // namespace lxr::difftest
