// What the integer operations compute, one struct each: for scalars (integer.cpp) and for every lane of a vector (vector.cpp).
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace lxr::evaluate {

template <typename T>
constexpr unsigned width = sizeof(T) * 8;

template <typename T>
using Signed = std::make_signed_t<T>;

// Each operation is a struct with `apply`; T is the unsigned type of the operation.
struct Add {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>(a + b);
    }
};
struct Sub {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>(a - b);
    }
};
struct And {
    template <typename T>
    static T apply(T a, T b) {
        return a & b;
    }
};
struct Or {
    template <typename T>
    static T apply(T a, T b) {
        return a | b;
    }
};
struct Xor {
    template <typename T>
    static T apply(T a, T b) {
        return a ^ b;
    }
};
struct AndNot {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>(~a & b);
    }
};
struct Not {
    template <typename T>
    static T apply(T a) {
        return static_cast<T>(~a);
    }
};
struct Negate {
    template <typename T>
    static T apply(T a) {
        return static_cast<T>(0 - a);
    }
};

struct Mul {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>(std::uint64_t{a} * b);
    }
};
struct MulHighUnsigned {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>((static_cast<unsigned __int128>(a) * b) >> width<T>);
    }
};
struct MulHighSigned {
    template <typename T>
    static T apply(T a, T b) {
        return static_cast<T>((static_cast<__int128>(static_cast<Signed<T>>(a)) * static_cast<Signed<T>>(b)) >> width<T>);
    }
};
struct ShiftLeft {
    template <typename T>
    static T apply(T a, std::uint64_t count) {
        return count < width<T> ? static_cast<T>(a << count) : T{0};
    }
};
struct ShiftRight {
    template <typename T>
    static T apply(T a, std::uint64_t count) {
        return count < width<T> ? static_cast<T>(a >> count) : T{0};
    }
};
struct ShiftRightArithmetic {
    template <typename T>
    static T apply(T a, std::uint64_t count) {
        return static_cast<T>(static_cast<Signed<T>>(a) >> (count < width<T> ? count : width<T> - 1));
    }
};
struct RotateLeft {
    template <typename T>
    static T apply(T a, std::uint64_t count) {
        return std::rotl(a, static_cast<int>(count % width<T>));
    }
};
struct RotateRight {
    template <typename T>
    static T apply(T a, std::uint64_t count) {
        return std::rotr(a, static_cast<int>(count % width<T>));
    }
};
struct ByteSwap {
    template <typename T>
    static T apply(T a) {
        return std::byteswap(a);
    }
};
struct LeadingZeros {
    template <typename T>
    static T apply(T a) {
        return static_cast<T>(std::countl_zero(a));
    }
};
struct TrailingZeros {
    template <typename T>
    static T apply(T a) {
        return static_cast<T>(std::countr_zero(a));
    }
};
struct PopulationCount {
    template <typename T>
    static T apply(T a) {
        return static_cast<T>(std::popcount(a));
    }
};
struct DepositBits {
    template <typename T>
    static T apply(T a, T mask) {
        T result = 0;
        for (; mask != 0; mask &= static_cast<T>(mask - 1), a = static_cast<T>(a >> 1)) {
            if (a & 1) result |= static_cast<T>(mask & (0 - mask));
        }
        return result;
    }
};
struct ExtractBits {
    template <typename T>
    static T apply(T a, T mask) {
        T result = 0;
        for (unsigned place = 0; mask != 0; mask &= static_cast<T>(mask - 1), ++place) {
            if (a & mask & (0 - mask)) result |= static_cast<T>(T{1} << place);
        }
        return result;
    }
};
struct IsEqual {
    template <typename T>
    static bool apply(T a, T b) {
        return a == b;
    }
};
struct IsLessUnsigned {
    template <typename T>
    static bool apply(T a, T b) {
        return a < b;
    }
};
struct IsLessSigned {
    template <typename T>
    static bool apply(T a, T b) {
        return static_cast<Signed<T>>(a) < static_cast<Signed<T>>(b);
    }
};

}  // namespace lxr::evaluate
