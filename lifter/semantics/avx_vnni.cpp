// AVX-VNNI instructions (SDM Vol. 2C, VPDPBUSD and what follows it): products of small lanes, added up in 32 bits.
#include <algorithm>
#include <cstring>
#include <limits>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr {
namespace {

// Bits of the argument of the helper dot_product.
constexpr std::uint64_t of_words = 1;
constexpr std::uint64_t saturated = 2;

}  // namespace
}  // namespace lxr

namespace lxr::semantics {

namespace {

void dot_product(B& b, std::uint64_t form) {
    const auto type = b.vector_type();
    const auto sums = b.read_vector(0, type);
    const auto first = b.read_vector(1, type);
    const auto second = b.read_vector(2, type);
    b.write_vector(0, each_part(b, first, second, [&](Value first_part, Value second_part, unsigned part) {
                       write_scratch(b, 0, type == Type::v256 ? extract_part(b, sums, part) : sums);
                       write_scratch(b, 1, first_part);
                       write_scratch(b, 2, second_part);
                       b.helper(Helper::dot_product, b.imm(Type::i64, form));
                       return read_scratch(b, 0);
                   }));
}

}  // namespace

void dot_product_bytes(B& b) {
    dot_product(b, 0);
}
void dot_product_bytes_saturated(B& b) {
    dot_product(b, saturated);
}
void dot_product_words(B& b) {
    dot_product(b, of_words);
}
void dot_product_words_saturated(B& b) {
    dot_product(b, of_words | saturated);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// Element i of the first source times that of the second, as the lanes' types say.
template <typename First, typename Second>
std::int64_t product(const GuestState& state, std::size_t i) {
    First first;
    Second second;
    std::memcpy(&first, reinterpret_cast<const std::byte*>(&state.scratch[1]) + i * sizeof first, sizeof first);
    std::memcpy(&second, reinterpret_cast<const std::byte*>(&state.scratch[2]) + i * sizeof second, sizeof second);
    return std::int64_t{first} * second;
}

}  // namespace

std::uint64_t dot_product(GuestState& state, std::uint64_t form, std::uint64_t, std::uint64_t) {
    using Lane = std::numeric_limits<std::int32_t>;
    const bool words = (form & of_words) != 0;
    const std::size_t count = words ? 2 : 4;
    std::array<std::int32_t, 4> sums;
    std::memcpy(sums.data(), &state.scratch[0], sizeof sums);
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
        std::int64_t sum = sums[lane];
        for (std::size_t i = lane * count; i < (lane + 1) * count; ++i) {
            sum += words ? product<std::int16_t, std::int16_t>(state, i) : product<std::uint8_t, std::int8_t>(state, i);
        }
        if ((form & saturated) != 0) sum = std::clamp<std::int64_t>(sum, Lane::min(), Lane::max());
        sums[lane] = static_cast<std::int32_t>(sum);
    }
    std::memcpy(&state.scratch[0], sums.data(), sizeof sums);
    return 0;
}

}  // namespace lxr::helpers
