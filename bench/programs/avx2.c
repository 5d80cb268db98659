// AVX2 and FMA by intrinsics: shuffled bytes, 32-bit sums, gathers, and fused multiplications of floats.
#include <immintrin.h>

#include "bench/programs/workload.h"

enum { vectors = 512 };
static __m256i bytes[vectors];
static __m256 floats[vectors];
static int table[256];

static __m256i mix_bytes(__m256i sum) {
    const __m256i low_bits = _mm256_set1_epi8(15);
    for (int i = 0; i < vectors; ++i) {
        const __m256i shuffled = _mm256_shuffle_epi8(bytes[i], _mm256_and_si256(sum, low_bits));
        sum = _mm256_add_epi32(_mm256_xor_si256(sum, shuffled), _mm256_mullo_epi32(bytes[i], sum));
        sum = _mm256_permute4x64_epi64(_mm256_blendv_epi8(sum, bytes[i], shuffled), 0x39);
        if (i % 8 == 0) sum = _mm256_add_epi32(sum, _mm256_i32gather_epi32(table, _mm256_srli_epi32(sum, 24), 4));
    }
    return sum;
}

static __m256 mix_floats(__m256 sum) {
    for (int i = 0; i < vectors; ++i) {
        sum = _mm256_fmadd_ps(sum, _mm256_set1_ps(0.5f), floats[i]);
        sum = _mm256_min_ps(_mm256_max_ps(sum, _mm256_set1_ps(-8)), _mm256_set1_ps(8));
    }
    return sum;
}

int main(int argc, char** argv) {
    uint64_t seed = 29;
    for (int i = 0; i < vectors; ++i) {
        bytes[i] = _mm256_set_epi64x((long long)next_random(&seed), (long long)next_random(&seed),
                                     (long long)next_random(&seed), (long long)next_random(&seed));
        floats[i] = _mm256_set1_ps((float)(i % 17) - 8);
    }
    for (int i = 0; i < 256; ++i) table[i] = (int)next_random(&seed);
    __m256i byte_sum = _mm256_setzero_si256();
    __m256 float_sum = _mm256_setzero_ps();
    for (long n = scaled(argc, argv, 60000); n > 0; --n) {
        byte_sum = mix_bytes(byte_sum);
        float_sum = mix_floats(float_sum);
    }
    byte_sum = _mm256_xor_si256(byte_sum, _mm256_castps_si256(float_sum));
    return print_checksum((uint64_t)_mm256_extract_epi64(byte_sum, 0) ^ (uint64_t)_mm256_extract_epi64(byte_sum, 3));
}
