// Floating point exactly as the guest's processor does it: results, NaNs, and what MXCSR says of rounding, denormals and
// exceptions. Called by the evaluator while the host's floating-point environment is the guest's.
#pragma once

#include <array>
#include <cstdint>

namespace lxr::host {

using Float4 [[gnu::vector_size(16)]] = float;
using Double2 [[gnu::vector_size(16)]] = double;
using Int4 [[gnu::vector_size(16)]] = std::int32_t;

/// The lanes of an operation of 256 bits, on its wider side. One instruction does all of them: an unmasked exception of one
/// lane finds the sticky flags of every lane set.
template <typename T, std::size_t count>
struct Wide {
    std::array<T, count> lanes;
};

// One operation for scalars and for each lane of a vector. The first operand counts first where NaNs meet
// (SDM Vol. 1, "Rules for Handling NaNs"); `float_min` and `float_max` give the second for NaNs and for two zeros.
#define LXR_FLOAT_UNARY(name)                     \
    float name(float a);                          \
    double name(double a);                        \
    Float4 name(Float4 a);                        \
    Double2 name(Double2 a);                      \
    Wide<float, 8> name(const Wide<float, 8>& a); \
    Wide<double, 4> name(const Wide<double, 4>& a);
#define LXR_FLOAT_BINARY(name)                                             \
    float name(float a, float b);                                          \
    double name(double a, double b);                                       \
    Float4 name(Float4 a, Float4 b);                                       \
    Double2 name(Double2 a, Double2 b);                                    \
    Wide<float, 8> name(const Wide<float, 8>& a, const Wide<float, 8>& b); \
    Wide<double, 4> name(const Wide<double, 4>& a, const Wide<double, 4>& b);
// Those with a number: the predicate of CMPPD (0–31) or the rounding byte of ROUNDPD.
#define LXR_FLOAT_COMPARE(name)                                                                \
    float name(float a, float b, unsigned predicate);                                          \
    double name(double a, double b, unsigned predicate);                                       \
    Float4 name(Float4 a, Float4 b, unsigned predicate);                                       \
    Double2 name(Double2 a, Double2 b, unsigned predicate);                                    \
    Wide<float, 8> name(const Wide<float, 8>& a, const Wide<float, 8>& b, unsigned predicate); \
    Wide<double, 4> name(const Wide<double, 4>& a, const Wide<double, 4>& b, unsigned predicate);
#define LXR_FLOAT_ROUND(name)                                   \
    float name(float a, unsigned how);                          \
    double name(double a, unsigned how);                        \
    Float4 name(Float4 a, unsigned how);                        \
    Double2 name(Double2 a, unsigned how);                      \
    Wide<float, 8> name(const Wide<float, 8>& a, unsigned how); \
    Wide<double, 4> name(const Wide<double, 4>& a, unsigned how);
// +-(a * b) +- c with one rounding.
#define LXR_FLOAT_TERNARY(name)                \
    float name(float a, float b, float c);     \
    double name(double a, double b, double c); \
    LXR_FLOAT_TERNARY_PACKED(name)
#define LXR_FLOAT_TERNARY_PACKED(name)                                                              \
    Float4 name(Float4 a, Float4 b, Float4 c);                                                      \
    Double2 name(Double2 a, Double2 b, Double2 c);                                                  \
    Wide<float, 8> name(const Wide<float, 8>& a, const Wide<float, 8>& b, const Wide<float, 8>& c); \
    Wide<double, 4> name(const Wide<double, 4>& a, const Wide<double, 4>& b, const Wide<double, 4>& c);

LXR_FLOAT_BINARY(float_add)
LXR_FLOAT_BINARY(float_sub)
LXR_FLOAT_BINARY(float_mul)
LXR_FLOAT_BINARY(float_div)
LXR_FLOAT_BINARY(float_min)
LXR_FLOAT_BINARY(float_max)
LXR_FLOAT_UNARY(float_sqrt)
LXR_FLOAT_COMPARE(float_compare)
LXR_FLOAT_ROUND(float_round)
LXR_FLOAT_TERNARY(multiply_add)
LXR_FLOAT_TERNARY(multiply_subtract)
LXR_FLOAT_TERNARY(negated_multiply_add)
LXR_FLOAT_TERNARY(negated_multiply_subtract)
LXR_FLOAT_TERNARY_PACKED(multiply_add_subtract)  // subtracts in even lanes
LXR_FLOAT_TERNARY_PACKED(multiply_subtract_add)  // subtracts in odd lanes

#undef LXR_FLOAT_UNARY
#undef LXR_FLOAT_BINARY
#undef LXR_FLOAT_COMPARE
#undef LXR_FLOAT_ROUND
#undef LXR_FLOAT_TERNARY
#undef LXR_FLOAT_TERNARY_PACKED

/// a - b in even lanes, a + b in odd ones.
Float4 float_sub_add(Float4 a, Float4 b);
Double2 float_sub_add(Double2 a, Double2 b);
Wide<float, 8> float_sub_add(const Wide<float, 8>& a, const Wide<float, 8>& b);
Wide<double, 4> float_sub_add(const Wide<double, 4>& a, const Wide<double, 4>& b);

/// The approximations of RCPSS/PS and RSQRTSS/PS: each processor has its own.
float float_reciprocal(float a);
Float4 float_reciprocal(Float4 a);
Wide<float, 8> float_reciprocal(const Wide<float, 8>& a);
float float_reciprocal_sqrt(float a);
Float4 float_reciprocal_sqrt(Float4 a);
Wide<float, 8> float_reciprocal_sqrt(const Wide<float, 8>& a);

/// ZF PF CF as [U]COMISS and [U]COMISD set them, at their places in RFLAGS. Ordered ones signal for quiet NaNs too.
std::uint32_t compare_unordered(float a, float b);
std::uint32_t compare_unordered(double a, double b);
std::uint32_t compare_ordered(float a, float b);
std::uint32_t compare_ordered(double a, double b);

// Conversions round as MXCSR says, `truncate_` ones towards zero; what does not fit gives the integer indefinite. Where the
// lanes' sizes differ, the low half of the argument is used or the low half of the result filled (the rest is zero).
std::int32_t to_int32(float a);
std::int32_t to_int32(double a);
std::int64_t to_int64(float a);
std::int64_t to_int64(double a);
std::int32_t truncate_to_int32(float a);
std::int32_t truncate_to_int32(double a);
std::int64_t truncate_to_int64(float a);
std::int64_t truncate_to_int64(double a);
Int4 to_int32(Float4 a);
Int4 to_int32(Double2 a);
Int4 truncate_to_int32(Float4 a);
Int4 truncate_to_int32(Double2 a);
float to_float(std::int32_t a);
float to_float(std::int64_t a);
float to_float(double a);
Float4 to_float(Int4 a);
Float4 to_float(Double2 a);
double to_double(std::int32_t a);
double to_double(std::int64_t a);
double to_double(float a);
Double2 to_double(Int4 a);
Double2 to_double(Float4 a);
Wide<std::int32_t, 8> to_int32(const Wide<float, 8>& a);
Wide<std::int32_t, 4> to_int32(const Wide<double, 4>& a);
Wide<std::int32_t, 8> truncate_to_int32(const Wide<float, 8>& a);
Wide<std::int32_t, 4> truncate_to_int32(const Wide<double, 4>& a);
Wide<float, 8> to_float(const Wide<std::int32_t, 8>& a);
Wide<float, 4> to_float(const Wide<double, 4>& a);
Wide<double, 4> to_double(const Wide<std::int32_t, 4>& a);
Wide<double, 4> to_double(const Wide<float, 4>& a);

/// 16-bit floating point, as VCVTPH2PS and VCVTPS2PH convert it. @param how  the immediate byte.
Wide<float, 4> half_to_float(const Wide<std::uint16_t, 4>& a);
Wide<float, 8> half_to_float(const Wide<std::uint16_t, 8>& a);
Wide<std::uint16_t, 4> float_to_half(const Wide<float, 4>& a, unsigned how);
Wide<std::uint16_t, 8> float_to_half(const Wide<float, 8>& a, unsigned how);

}  // namespace lxr::host
