// Integer arithmetic of all sizes on edge values, printed as digests and values.
// flags: -std=gnu++20 -O0 -static
// flags: -std=gnu++20 -O2
#include <bit>
#include <cstdint>
#include <cstdio>
#include <limits>

static std::uint64_t digest = 1469598103934665603U;

template <typename T>
static void add_to_digest(T value) {
    digest = (digest ^ static_cast<std::uint64_t>(value)) * 1099511628211U;
}

template <typename T>
static void exercise(const char* name) {
    using Signed = std::make_signed_t<T>;
    const T values[] = {0, 1, 2, 3, 7, 10, 0x55, static_cast<T>(-1), static_cast<T>(-2), std::numeric_limits<T>::max() / 2,
                        static_cast<T>(std::numeric_limits<T>::max() / 2 + 1), static_cast<T>(0x123456789abcdefULL)};
    for (volatile T first : values) {
        for (volatile T second : values) {
            const T a = first, b = second;
            add_to_digest<T>(a + b);
            add_to_digest<T>(a - b);
            add_to_digest<T>(a * b);
            add_to_digest<T>((a & b) ^ (a | b));
            add_to_digest<T>(a << (b % (8 * sizeof(T) / 2)));
            add_to_digest<T>(a >> (b % (8 * sizeof(T))));
            add_to_digest<T>(static_cast<Signed>(a) >> (b % (8 * sizeof(T))));
            add_to_digest<T>(std::rotl(a, static_cast<int>(b % 64)));
            add_to_digest<T>(std::popcount(a) + std::countl_zero(a) * 100 + std::countr_zero(b) * 10000);
            add_to_digest<T>((a < b) | (static_cast<Signed>(a) < static_cast<Signed>(b)) << 1 | (a == b) << 2);
            if (b != 0) {
                add_to_digest<T>(a / b);
                add_to_digest<T>(a % b);
                if (b != static_cast<T>(-1)) {
                    add_to_digest<T>(static_cast<Signed>(a) / static_cast<Signed>(b));
                    add_to_digest<T>(static_cast<Signed>(a) % static_cast<Signed>(b));
                }
            }
            T sum, product;
            add_to_digest<T>(__builtin_add_overflow(a, b, &sum));
            add_to_digest<T>(__builtin_mul_overflow(a, b, &product));
            add_to_digest<T>(__builtin_sub_overflow(static_cast<Signed>(a), static_cast<Signed>(b), reinterpret_cast<Signed*>(&sum)));
            add_to_digest<T>(sum + product);
        }
    }
    std::printf("%s %016llx\n", name, static_cast<unsigned long long>(digest));
}

static void exercise_wide() {
    unsigned __int128 value = 1;
    for (int i = 1; i < 60; ++i) {
        value = value * 0x123456789abcdefULL + static_cast<unsigned>(i);
        const unsigned __int128 quotient = value / (static_cast<unsigned>(i) * 0x1000001ULL);
        add_to_digest(static_cast<std::uint64_t>(quotient) ^ static_cast<std::uint64_t>(quotient >> 64));
        add_to_digest(static_cast<std::uint64_t>(value % static_cast<unsigned>(i + 7)));
    }
    std::printf("128 %016llx\n", static_cast<unsigned long long>(digest));
}

int main() {
    exercise<std::uint8_t>("8");
    exercise<std::uint16_t>("16");
    exercise<std::uint32_t>("32");
    exercise<std::uint64_t>("64");
    exercise_wide();
    return 0;
}
