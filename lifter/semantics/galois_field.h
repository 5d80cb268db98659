// GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, the field of AES (FIPS 197, 4.2). Used by aes.cpp and gfni.cpp.
#pragma once

#include <cstdint>

namespace lxr {

constexpr std::uint8_t galois_product(unsigned a, unsigned b) {
    unsigned product = 0;
    for (; b != 0; b >>= 1) {
        if ((b & 1) != 0) product ^= a;
        a = (a << 1) ^ ((a & 0x80) != 0 ? 0x11bU : 0);
    }
    return static_cast<std::uint8_t>(product);
}

/// x^254, the multiplicative inverse (0 for 0).
constexpr std::uint8_t galois_inverse(std::uint8_t x) {
    const auto x2 = galois_product(x, x);
    const auto x3 = galois_product(x2, x);
    const auto x12 = galois_product(galois_product(x3, x3), galois_product(x3, x3));
    const auto x15 = galois_product(x12, x3);
    auto x240 = x15;
    for (int i = 0; i < 4; ++i) x240 = galois_product(x240, x240);
    return galois_product(galois_product(x240, x12), x2);
}

}  // namespace lxr
