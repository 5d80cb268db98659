// Floating point by the very instructions. Written as assembly because a compiler may swap the operands of an addition (which
// NaN survives depends on their order), fold, or drop what only leaves a sticky flag.
#include "lifter/host/float_operations.h"

#include <array>
#include <utility>

namespace lxr::host {

namespace {

/// Calls function.operator()<N>() for the N (below Count) that is only known now: instructions with an immediate byte.
template <unsigned Count, typename R, typename Function>
R with_immediate(unsigned number, Function function) {
    return [&]<unsigned... N>(std::integer_sequence<unsigned, N...>) {
        R result{};
        (void)((number == N && (result = function.template operator()<N>(), true)) || ...);
        return result;
    }(std::make_integer_sequence<unsigned, Count>{});
}

constexpr unsigned legacy_predicates = 8;
constexpr unsigned predicates = 32;
constexpr unsigned rounding_bytes = 16;
constexpr unsigned half_rounding_bytes = 8;

}  // namespace

// The four forms of an instruction: scalar and packed, single and double.
#define LXR_FORMS(make, name, mnemonic)                                                                  \
    make(float, name, mnemonic "ss") make(double, name, mnemonic "sd") make(Float4, name, mnemonic "ps") \
        make(Double2, name, mnemonic "pd")

#define LXR_PACKED_FORMS(make, name, mnemonic) make(Float4, name, mnemonic "ps") make(Double2, name, mnemonic "pd")
#define LXR_WIDE_FORMS(make, name, mnemonic) make(Float8, name, mnemonic "ps") make(Double4, name, mnemonic "pd")

#define LXR_BINARY(type, name, mnemonic)                     \
    type name(type a, type b) {                              \
        asm volatile(mnemonic " %1, %0" : "+x"(a) : "x"(b)); \
        return a;                                            \
    }
#define LXR_UNARY(type, name, mnemonic)             \
    type name(type a) {                             \
        asm volatile(mnemonic " %0, %0" : "+x"(a)); \
        return a;                                   \
    }
// The 132 forms multiply the first operand by the third, as the arguments are ordered: where NaNs meet that matters.
#define LXR_TERNARY(type, name, mnemonic)                                \
    type name(type a, type b, type c) {                                  \
        asm volatile(mnemonic " %1, %2, %0" : "+x"(a) : "x"(b), "x"(c)); \
        return a;                                                        \
    }
// The legacy encoding has eight predicates; a guest that uses the others runs on a host with AVX.
#define LXR_COMPARE(type, name, mnemonic)                                                     \
    type name(type a, type b, unsigned predicate) {                                           \
        return with_immediate<predicates, type>(predicate, [&]<unsigned N>() {                \
            auto result = a;                                                                  \
            if constexpr (N < legacy_predicates) {                                            \
                asm volatile(mnemonic " %2, %1, %0" : "+x"(result) : "x"(b), "i"(N));         \
            } else {                                                                          \
                asm volatile("v" mnemonic " %2, %1, %0, %0" : "+x"(result) : "x"(b), "i"(N)); \
            }                                                                                 \
            return result;                                                                    \
        });                                                                                   \
    }
#define LXR_ROUND(type, name, mnemonic)                                                       \
    type name(type a, unsigned how) {                                                         \
        return with_immediate<rounding_bytes, type>(how % rounding_bytes, [&]<unsigned N>() { \
            auto result = a;                                                                  \
            asm volatile(mnemonic " %1, %0, %0" : "+x"(result) : "i"(N));                     \
            return result;                                                                    \
        });                                                                                   \
    }
#define LXR_COMPARE_FLAGS(type, name, mnemonic)                                                             \
    std::uint32_t name(type a, type b) {                                                                    \
        bool zero;                                                                                          \
        bool parity;                                                                                        \
        bool carry;                                                                                         \
        asm volatile(mnemonic " %4, %3" : "=@ccz"(zero), "=@ccp"(parity), "=@ccc"(carry) : "x"(a), "x"(b)); \
        return std::uint32_t{zero} << 6 | std::uint32_t{parity} << 2 | std::uint32_t{carry};                \
    }
// `from` is the constraint of the argument, `to` that of the result.
#define LXR_CONVERT(to_type, to, name, from_type, from, mnemonic)    \
    to_type name(from_type a) {                                      \
        to_type result{};                                            \
        asm volatile(mnemonic " %1, %0" : "+" to(result) : from(a)); \
        return result;                                               \
    }

// 256 bits travel through memory, since this file is compiled for processors without AVX: only a guest that has found AVX
// comes here. The upper halves are cleared, as code of the host compiled for SSE wants them.
#define LXR_WIDE_END "\n\tvmovups %%ymm0, %0\n\tvzeroupper"
#define LXR_WIDE_BINARY(type, name, mnemonic)                                             \
    type name(const type& a, const type& b) {                                             \
        type result;                                                                      \
        asm volatile("vmovups %1, %%ymm0\n\t" mnemonic " %2, %%ymm0, %%ymm0" LXR_WIDE_END \
                     : "=m"(result)                                                       \
                     : "m"(a), "m"(b)                                                     \
                     : "xmm0");                                                           \
        return result;                                                                    \
    }
#define LXR_WIDE_UNARY(type, name, mnemonic)                                                \
    type name(const type& a) {                                                              \
        type result;                                                                        \
        asm volatile(mnemonic " %1, %%ymm0" LXR_WIDE_END : "=m"(result) : "m"(a) : "xmm0"); \
        return result;                                                                      \
    }
#define LXR_WIDE_TERNARY(type, name, mnemonic)                                                                  \
    type name(const type& a, const type& b, const type& c) {                                                    \
        type result;                                                                                            \
        asm volatile("vmovups %1, %%ymm0\n\tvmovups %3, %%ymm1\n\t" mnemonic " %2, %%ymm1, %%ymm0" LXR_WIDE_END \
                     : "=m"(result)                                                                             \
                     : "m"(a), "m"(b), "m"(c)                                                                   \
                     : "xmm0", "xmm1");                                                                         \
        return result;                                                                                          \
    }
#define LXR_WIDE_COMPARE(type, name, mnemonic)                                                    \
    type name(const type& a, const type& b, unsigned predicate) {                                 \
        return with_immediate<predicates, type>(predicate, [&]<unsigned N>() {                    \
            type result;                                                                          \
            asm volatile("vmovups %1, %%ymm0\n\t" mnemonic " %3, %2, %%ymm0, %%ymm0" LXR_WIDE_END \
                         : "=m"(result)                                                           \
                         : "m"(a), "m"(b), "i"(N)                                                 \
                         : "xmm0");                                                               \
            return result;                                                                        \
        });                                                                                       \
    }
#define LXR_WIDE_ROUND(type, name, mnemonic)                                                                \
    type name(const type& a, unsigned how) {                                                                \
        return with_immediate<rounding_bytes, type>(how % rounding_bytes, [&]<unsigned N>() {               \
            type result;                                                                                    \
            asm volatile(mnemonic " %2, %1, %%ymm0" LXR_WIDE_END : "=m"(result) : "m"(a), "i"(N) : "xmm0"); \
            return result;                                                                                  \
        });                                                                                                 \
    }
// Conversions: `from` and `to` are the registers' widths (x or y).
#define LXR_WIDE_CONVERT(to_type, to, name, from_type, from, mnemonic)                                       \
    to_type name(const from_type& a) {                                                                       \
        to_type result;                                                                                      \
        asm volatile("vmovups %1, %%" from "mm0\n\t" mnemonic " %%" from "mm0, %%" to "mm0\n\tvmovups %%" to \
                     "mm0, %0\n\tvzeroupper"                                                                 \
                     : "=m"(result)                                                                          \
                     : "m"(a)                                                                                \
                     : "xmm0");                                                                              \
        return result;                                                                                       \
    }
#define LXR_TO_HALF(to_type, from_type, from)                                                              \
    to_type float_to_half(const from_type& a, unsigned how) {                                              \
        return with_immediate<half_rounding_bytes, to_type>(how % half_rounding_bytes, [&]<unsigned N>() { \
            to_type result;                                                                                \
            asm volatile("vmovups %1, %%" from "mm0\n\tvcvtps2ph %2, %%" from "mm0, %0\n\tvzeroupper"      \
                         : "=m"(result)                                                                    \
                         : "m"(a), "i"(N)                                                                  \
                         : "xmm0");                                                                        \
            return result;                                                                                 \
        });                                                                                                \
    }
#define LXR_FROM_HALF(to_type, to, from_type)                                                                                \
    to_type half_to_float(const from_type& a) {                                                                              \
        to_type result;                                                                                                      \
        asm volatile("vcvtph2ps %1, %%" to "mm0\n\tvmovups %%" to "mm0, %0\n\tvzeroupper" : "=m"(result) : "m"(a) : "xmm0"); \
        return result;                                                                                                       \
    }

namespace {

using Float8 = Wide<float, 8>;
using Double4 = Wide<double, 4>;
using WideFloat4 = Wide<float, 4>;
using WideInt4 = Wide<std::int32_t, 4>;
using WideInt8 = Wide<std::int32_t, 8>;
using Half4 = Wide<std::uint16_t, 4>;
using Half8 = Wide<std::uint16_t, 8>;

}  // namespace

// clang-format off
LXR_FORMS(LXR_BINARY,  float_add,                 "add")
LXR_FORMS(LXR_BINARY,  float_sub,                 "sub")
LXR_FORMS(LXR_BINARY,  float_mul,                 "mul")
LXR_FORMS(LXR_BINARY,  float_div,                 "div")
LXR_FORMS(LXR_BINARY,  float_min,                 "min")
LXR_FORMS(LXR_BINARY,  float_max,                 "max")
LXR_FORMS(LXR_UNARY,   float_sqrt,                "sqrt")
LXR_FORMS(LXR_COMPARE, float_compare,             "cmp")
LXR_FORMS(LXR_TERNARY, multiply_add,              "vfmadd132")
LXR_FORMS(LXR_TERNARY, multiply_subtract,         "vfmsub132")
LXR_FORMS(LXR_TERNARY, negated_multiply_add,      "vfnmadd132")
LXR_FORMS(LXR_TERNARY, negated_multiply_subtract, "vfnmsub132")
LXR_FORMS(LXR_ROUND,   float_round,               "round")

LXR_PACKED_FORMS(LXR_TERNARY, multiply_add_subtract, "vfmaddsub132")
LXR_PACKED_FORMS(LXR_TERNARY, multiply_subtract_add, "vfmsubadd132")

LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_add,                 "vadd")
LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_sub,                 "vsub")
LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_mul,                 "vmul")
LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_div,                 "vdiv")
LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_min,                 "vmin")
LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_max,                 "vmax")
LXR_WIDE_FORMS(LXR_WIDE_BINARY,   float_sub_add,             "vaddsub")
LXR_WIDE_FORMS(LXR_WIDE_UNARY,    float_sqrt,                "vsqrt")
LXR_WIDE_FORMS(LXR_WIDE_COMPARE,  float_compare,             "vcmp")
LXR_WIDE_FORMS(LXR_WIDE_TERNARY,  multiply_add,              "vfmadd132")
LXR_WIDE_FORMS(LXR_WIDE_TERNARY,  multiply_subtract,         "vfmsub132")
LXR_WIDE_FORMS(LXR_WIDE_TERNARY,  negated_multiply_add,      "vfnmadd132")
LXR_WIDE_FORMS(LXR_WIDE_TERNARY,  negated_multiply_subtract, "vfnmsub132")
LXR_WIDE_FORMS(LXR_WIDE_TERNARY,  multiply_add_subtract,     "vfmaddsub132")
LXR_WIDE_FORMS(LXR_WIDE_TERNARY,  multiply_subtract_add,     "vfmsubadd132")
LXR_WIDE_FORMS(LXR_WIDE_ROUND,    float_round,               "vround")

LXR_WIDE_UNARY(Float8, float_reciprocal,      "vrcpps")
LXR_WIDE_UNARY(Float8, float_reciprocal_sqrt, "vrsqrtps")

LXR_WIDE_CONVERT(WideInt8,   "y", to_int32,          Float8,     "y", "vcvtps2dq")
LXR_WIDE_CONVERT(WideInt4,   "x", to_int32,          Double4,    "y", "vcvtpd2dq")
LXR_WIDE_CONVERT(WideInt8,   "y", truncate_to_int32, Float8,     "y", "vcvttps2dq")
LXR_WIDE_CONVERT(WideInt4,   "x", truncate_to_int32, Double4,    "y", "vcvttpd2dq")
LXR_WIDE_CONVERT(Float8,     "y", to_float,          WideInt8,   "y", "vcvtdq2ps")
LXR_WIDE_CONVERT(WideFloat4, "x", to_float,          Double4,    "y", "vcvtpd2ps")
LXR_WIDE_CONVERT(Double4,    "y", to_double,         WideInt4,   "x", "vcvtdq2pd")
LXR_WIDE_CONVERT(Double4,    "y", to_double,         WideFloat4, "x", "vcvtps2pd")

LXR_FROM_HALF(WideFloat4, "x", Half4)
LXR_FROM_HALF(Float8,     "y", Half8)
LXR_TO_HALF(Half4, WideFloat4, "x")
LXR_TO_HALF(Half8, Float8,     "y")

LXR_BINARY(Float4,  float_sub_add, "addsubps")
LXR_BINARY(Double2, float_sub_add, "addsubpd")

LXR_UNARY(float,  float_reciprocal,      "rcpss")
LXR_UNARY(Float4, float_reciprocal,      "rcpps")
LXR_UNARY(float,  float_reciprocal_sqrt, "rsqrtss")
LXR_UNARY(Float4, float_reciprocal_sqrt, "rsqrtps")

LXR_COMPARE_FLAGS(float,  compare_unordered, "ucomiss")
LXR_COMPARE_FLAGS(double, compare_unordered, "ucomisd")
LXR_COMPARE_FLAGS(float,  compare_ordered,   "comiss")
LXR_COMPARE_FLAGS(double, compare_ordered,   "comisd")

LXR_CONVERT(std::int32_t, "r", to_int32,          float,        "x", "cvtss2si")
LXR_CONVERT(std::int32_t, "r", to_int32,          double,       "x", "cvtsd2si")
LXR_CONVERT(std::int64_t, "r", to_int64,          float,        "x", "cvtss2si")
LXR_CONVERT(std::int64_t, "r", to_int64,          double,       "x", "cvtsd2si")
LXR_CONVERT(std::int32_t, "r", truncate_to_int32, float,        "x", "cvttss2si")
LXR_CONVERT(std::int32_t, "r", truncate_to_int32, double,       "x", "cvttsd2si")
LXR_CONVERT(std::int64_t, "r", truncate_to_int64, float,        "x", "cvttss2si")
LXR_CONVERT(std::int64_t, "r", truncate_to_int64, double,       "x", "cvttsd2si")
LXR_CONVERT(Int4,         "x", to_int32,          Float4,       "x", "cvtps2dq")
LXR_CONVERT(Int4,         "x", to_int32,          Double2,      "x", "cvtpd2dq")
LXR_CONVERT(Int4,         "x", truncate_to_int32, Float4,       "x", "cvttps2dq")
LXR_CONVERT(Int4,         "x", truncate_to_int32, Double2,      "x", "cvttpd2dq")
LXR_CONVERT(float,        "x", to_float,          std::int32_t, "r", "cvtsi2ssl")
LXR_CONVERT(float,        "x", to_float,          std::int64_t, "r", "cvtsi2ssq")
LXR_CONVERT(float,        "x", to_float,          double,       "x", "cvtsd2ss")
LXR_CONVERT(Float4,       "x", to_float,          Int4,         "x", "cvtdq2ps")
LXR_CONVERT(Float4,       "x", to_float,          Double2,      "x", "cvtpd2ps")
LXR_CONVERT(double,       "x", to_double,         std::int32_t, "r", "cvtsi2sdl")
LXR_CONVERT(double,       "x", to_double,         std::int64_t, "r", "cvtsi2sdq")
LXR_CONVERT(double,       "x", to_double,         float,        "x", "cvtss2sd")
LXR_CONVERT(Double2,      "x", to_double,         Int4,         "x", "cvtdq2pd")
LXR_CONVERT(Double2,      "x", to_double,         Float4,       "x", "cvtps2pd")
// clang-format on

}  // namespace lxr::host
