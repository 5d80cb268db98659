// Galois field instructions (SDM Vol. 2A, GF2P8AFFINEINVQB, GF2P8AFFINEQB, GF2P8MULB).
#include <bit>
#include <cstring>

#include "lifter/semantics/galois_field.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr {
namespace {

constexpr std::uint64_t of_inverse = 0x100;  // in the argument of the helper galois_affine
using Bytes = std::array<std::uint8_t, 16>;

}  // namespace
}  // namespace lxr

namespace lxr::semantics {

void galois_multiply(B& b) {
    packed_by_helper(b, Helper::galois_multiply);
}
void galois_affine(B& b) {
    packed_by_helper(b, Helper::galois_affine, immediate_byte(b));
}
void galois_affine_inverse(B& b) {
    packed_by_helper(b, Helper::galois_affine, immediate_byte(b) | of_inverse);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

Bytes bytes_of(const VectorRegister& reg) {
    Bytes bytes;
    std::memcpy(bytes.data(), reg.words.data(), bytes.size());
    return bytes;
}

/// Bit i of the result is the parity of x with the matrix's byte 7 - i.
std::uint8_t times_matrix(const std::uint8_t* matrix, std::uint8_t x) {
    unsigned result = 0;
    for (unsigned i = 0; i < 8; ++i) {
        const auto common = static_cast<std::uint8_t>(matrix[7 - i] & x);
        result |= (static_cast<unsigned>(std::popcount(common)) & 1) << i;
    }
    return static_cast<std::uint8_t>(result);
}

}  // namespace

std::uint64_t galois_multiply(GuestState& state, std::uint64_t, std::uint64_t, std::uint64_t) {
    auto a = bytes_of(state.scratch[0]);
    const auto b = bytes_of(state.scratch[1]);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = galois_product(a[i], b[i]);
    std::memcpy(state.scratch[0].words.data(), a.data(), a.size());
    return 0;
}

std::uint64_t galois_affine(GuestState& state, std::uint64_t how, std::uint64_t, std::uint64_t) {
    auto x = bytes_of(state.scratch[0]);
    const auto matrices = bytes_of(state.scratch[1]);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto byte = (how & of_inverse) != 0 ? galois_inverse(x[i]) : x[i];
        x[i] = times_matrix(&matrices[i & 8], byte) ^ static_cast<std::uint8_t>(how);
    }
    std::memcpy(state.scratch[0].words.data(), x.data(), x.size());
    return 0;
}

}  // namespace lxr::helpers
