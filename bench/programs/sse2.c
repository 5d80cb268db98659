// SSE2 by intrinsics: saturated bytes, multiplied words, shuffles, and floats.
#include <emmintrin.h>

#include "bench/programs/workload.h"

enum { vectors = 1024 };
static __m128i bytes[vectors];
static __m128 floats[vectors];

static __m128i mix_bytes(__m128i sum) {
    for (int i = 0; i < vectors; ++i) {
        const __m128i high = _mm_madd_epi16(bytes[i], _mm_shuffle_epi32(sum, 0x1b));
        sum = _mm_add_epi32(_mm_adds_epu8(sum, bytes[i]), _mm_srli_epi32(high, 5));
        sum = _mm_xor_si128(sum, _mm_unpacklo_epi8(sum, _mm_cmpgt_epi8(bytes[i], sum)));
    }
    return sum;
}

static __m128 mix_floats(__m128 sum) {
    for (int i = 0; i < vectors; ++i) {
        sum = _mm_add_ps(_mm_mul_ps(sum, _mm_set1_ps(0.5f)), floats[i]);
        sum = _mm_min_ps(_mm_max_ps(sum, _mm_set1_ps(-8)), _mm_set1_ps(8));
    }
    return sum;
}

int main(int argc, char **argv) {
    uint64_t seed = 23;
    for (int i = 0; i < vectors; ++i) {
        bytes[i] = _mm_set_epi64x((long long)next_random(&seed), (long long)next_random(&seed));
        floats[i] = _mm_set1_ps((float)(i % 17) - 8);
    }
    __m128i byte_sum = _mm_setzero_si128();
    __m128 float_sum = _mm_setzero_ps();
    for (long n = scaled(argc, argv, 40000); n > 0; --n) {
        byte_sum = mix_bytes(byte_sum);
        float_sum = mix_floats(float_sum);
    }
    byte_sum = _mm_xor_si128(byte_sum, _mm_castps_si128(float_sum));
    return print_checksum((uint64_t)_mm_cvtsi128_si64(byte_sum));
}
