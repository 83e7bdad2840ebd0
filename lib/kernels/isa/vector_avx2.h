/* Vectors of AVX2: the operations that vector.h lists. */
#ifndef KERNELS_ISA_VECTOR_AVX2_H
#define KERNELS_ISA_VECTOR_AVX2_H

#include <immintrin.h>

#define VECTOR_LANES 8
typedef float vector __attribute__((vector_size(32)));
typedef int32_t vector_integer __attribute__((vector_size(32)));

VECTOR_INLINE vector vector_broadcast(float value) { return (vector)_mm256_set1_ps(value); }

VECTOR_INLINE vector vector_from_bytes(const uint8_t *p) {
  return (vector)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)));
}

VECTOR_INLINE vector vector_fma(vector a, vector b, vector c) {
  return (vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

VECTOR_INLINE vector vector_sqrt(vector a) { return (vector)_mm256_sqrt_ps((__m256)a); }

VECTOR_INLINE void vector_store_sums(float *p, vector a, vector b, vector c, vector d) {
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps((__m256)a, (__m256)b), _mm256_unpackhi_ps((__m256)a, (__m256)b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps((__m256)c, (__m256)d), _mm256_unpackhi_ps((__m256)c, (__m256)d));
  const __m256 abcd = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
  _mm_storeu_ps(p, _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1)));
}

VECTOR_INLINE bool vector_any(vector_integer a) { return _mm256_testz_si256((__m256i)a, (__m256i)a) == 0; }

VECTOR_INLINE uint32_t vector_bits(vector_integer condition) { return (uint32_t)_mm256_movemask_ps((__m256)condition); }

VECTOR_INLINE int64_t vector_store_compressed(uint32_t bits, vector_integer a, uint32_t *p) {
  /* Of the lanes of a half, two bits each: which to take, for each of their 16 sets. */
  static const uint8_t order[16] = {0, 0, 1, 4, 2, 8, 9, 0x24, 3, 12, 13, 0x34, 14, 0x38, 0x39, 0xe4};
  const __m128i halves[2] = {_mm256_castsi256_si128((__m256i)a), _mm256_extracti128_si256((__m256i)a, 1)};
  uint32_t *to = p;
  for (int i = 0; i < 2; i++) {
    const uint32_t part = bits >> (4 * i) & 15;
    const __m128i take = _mm_srlv_epi32(_mm_set1_epi32(order[part]), _mm_set_epi32(6, 4, 2, 0));
    _mm_storeu_ps((float *)(void *)to, _mm_permutevar_ps(_mm_castsi128_ps(halves[i]), take));
    to += __builtin_popcount(part);
  }
  return __builtin_popcount(bits);
}

VECTOR_INLINE vector vector_keep(uint32_t bits, vector a) {
  vector_integer lane_bits;
  for (int i = 0; i < VECTOR_LANES; i++) lane_bits[i] = 1 << i;
  return (vector)((vector_integer)a & ((lane_bits & (int32_t)bits) != 0));
}

VECTOR_INLINE vector vector_interleave_low(vector a, vector b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

VECTOR_INLINE vector vector_interleave_high(vector a, vector b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

#endif
