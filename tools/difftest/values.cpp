// Tables of edge values and how they are mixed.
#include "tools/difftest/values.h"

#include <algorithm>
#include <cstring>

namespace lxr::difftest {

namespace {

constexpr std::array<std::uint64_t, 48> words = {0,
                                                 1,
                                                 2,
                                                 3,
                                                 4,
                                                 7,
                                                 8,
                                                 9,
                                                 15,
                                                 16,
                                                 17,
                                                 31,
                                                 32,
                                                 33,
                                                 63,
                                                 64,
                                                 65,
                                                 0x7f,
                                                 0x80,
                                                 0x81,
                                                 0xff,
                                                 0x100,
                                                 0x7fff,
                                                 0x8000,
                                                 0x8001,
                                                 0xffff,
                                                 0x10000,
                                                 0x7fffffff,
                                                 0x80000000,
                                                 0x80000001,
                                                 0xffffffff,
                                                 0x100000000,
                                                 0x7fffffffffffffff,
                                                 0x8000000000000000,
                                                 0x8000000000000001,
                                                 0xffffffffffffffff,
                                                 0xfffffffffffffffe,
                                                 0xfffffffffffffff0,
                                                 0xffffffffffffff80,
                                                 0xffffffffffff8000,
                                                 0xffffffff80000000,
                                                 0xffffffff7fffffff,
                                                 0xffffffff00000000,
                                                 0x5555555555555555,
                                                 0xaaaaaaaaaaaaaaaa,
                                                 0x0123456789abcdef,
                                                 0x00ff00ff00ff00ff,
                                                 0x8080808080808080};

constexpr std::array<std::uint32_t, 32> singles = {
    0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x40000000, 0x3f000000, 0xbf000000, 0x3fc00000,   // 0 1 2 1/2 3/2
    0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc12345, 0x7f800001, 0xff812345, 0x7fbfffff,   // inf, QNaN, SNaN
    0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,   // denormal … largest
    0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000, 0xdf000000, 0x4b000001, 0x3f7fffff, 0x33800000};  // 2^31, 2^63, halves

constexpr std::array<std::uint64_t, 32> doubles = {
    0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x4000000000000000, 0x3fe0000000000000,
    0xbfe0000000000000, 0x3ff8000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000,
    0x7ff8000012345678, 0x7ff0000000000001, 0xfff0000012345678, 0x7ff7ffffffffffff, 0x0000000000000001, 0x8000000000000001,
    0x000fffffffffffff, 0x800fffffffffffff, 0x0010000000000000, 0x8010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff,
    0x41dfffffffc00000, 0xc1e0000000000000, 0x41e0000000000000, 0x43e0000000000000, 0xc3e0000000000000, 0x47efffffe0000000,
    0x3810000000000000, 0x3ca0000000000000};

constexpr std::array<std::uint64_t, 16> significands = {0,
                                                        0x8000000000000000,
                                                        0xc000000000000000,
                                                        0xffffffffffffffff,
                                                        0x8000000000000001,
                                                        0xa000000000000000,
                                                        0x7fffffffffffffff,
                                                        0x4000000000000000,
                                                        0x0000000000000001,
                                                        0xc000000000000001,
                                                        0xbfffffffffffffff,
                                                        0xfffffffffffff800,
                                                        0xfffffffffffffc00,
                                                        0x8000000000000400,
                                                        0xffffff8000000000,
                                                        0x8000008000000000};
constexpr std::array<std::uint16_t, 14> exponents = {0,      1,      2,      0x3ffe, 0x3fff, 0x4000, 0x401e,
                                                     0x403e, 0x403d, 0x7fff, 0x7ffe, 0x7ffd, 0x3fbf, 0x43ff};

template <typename T>
void put_lane(std::span<std::byte> bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, std::min(sizeof value, bytes.size() - at));
}

/// A finite number near 1 with a random fraction.
std::uint64_t ordinary_double(Random& random) {
    return (random.next() & 0x800fffffffffffff) | ((1023 - 8 + random.below(16)) << 52);
}
std::uint32_t ordinary_single(Random& random) {
    return static_cast<std::uint32_t>((random.next() & 0x807fffff) | ((127 - 8 + random.below(16)) << 23));
}

}  // namespace

std::span<const std::uint64_t> edge_words() {
    return words;
}

std::uint64_t random_word(Random& random) {
    const auto kind = random.below(100);
    if (kind < 40) return random.pick(words);
    if (kind < 60) return random.next();
    if (kind < 80) return random.next() >> random.below(64);
    if (kind < 88) return std::uint64_t{1} << random.below(64);
    if (kind < 94) return ~(random.next() >> random.below(64));
    return (random.pick(words) << 32) | (random.pick(words) & 0xffffffff);
}

void fill_lanes(Random& random, std::span<std::byte> bytes) {
    const auto kind = random.below(100);
    const auto fill = [&]<typename T>(auto make) {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) put_lane(bytes, at, static_cast<T>(make()));
    };
    const auto small_edge = [&] { return random.percent(80) ? random.pick(words) : random.next(); };
    if (kind < 10) return fill.operator()<std::uint64_t>([&] { return random.next(); });
    if (kind < 20) return fill.operator()<std::uint8_t>(small_edge);
    if (kind < 30) return fill.operator()<std::uint16_t>(small_edge);
    if (kind < 37) return fill.operator()<std::uint32_t>(small_edge);
    if (kind < 44) return fill.operator()<std::uint64_t>(small_edge);
    if (kind < 58) return fill.operator()<std::uint32_t>([&] { return random.pick(singles); });
    if (kind < 72) return fill.operator()<std::uint64_t>([&] { return random.pick(doubles); });
    if (kind < 84) return fill.operator()<std::uint32_t>([&] { return ordinary_single(random); });
    if (kind < 96) return fill.operator()<std::uint64_t>([&] { return ordinary_double(random); });
    std::ranges::fill(bytes, std::byte{0});
}

X87Register random_x87(Random& random) {
    const auto sign = static_cast<std::uint16_t>(random.below(2) << 15);
    const auto kind = random.below(100);
    if (kind < 45) return {random.pick(significands), static_cast<std::uint16_t>(sign | random.pick(exponents))};
    if (kind < 90) {
        return {random.next() | (std::uint64_t{1} << 63), static_cast<std::uint16_t>(sign | (0x3fff - 8 + random.below(80)))};
    }
    return {random.next(), static_cast<std::uint16_t>(random.next())};
}

}  // namespace lxr::difftest
