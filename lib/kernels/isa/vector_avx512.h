/* Vectors of AVX-512: the operations that vector.h lists. */
#ifndef KERNELS_ISA_VECTOR_AVX512_H
#define KERNELS_ISA_VECTOR_AVX512_H

#include <immintrin.h>

#define VECTOR_LANES 16
typedef float vector __attribute__((vector_size(64)));
typedef int32_t vector_integer __attribute__((vector_size(64)));

VECTOR_INLINE vector vector_broadcast(float value) { return (vector)_mm512_set1_ps(value); }

VECTOR_INLINE vector vector_from_bytes(const uint8_t *p) {
  return (vector)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
}

VECTOR_INLINE vector vector_fma(vector a, vector b, vector c) {
  return (vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

VECTOR_INLINE vector vector_sqrt(vector a) { return (vector)_mm512_sqrt_ps((__m512)a); }

VECTOR_INLINE void vector_store_sums(float *p, vector a, vector b, vector c, vector d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps((__m512)a, (__m512)b), _mm512_unpackhi_ps((__m512)a, (__m512)b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps((__m512)c, (__m512)d), _mm512_unpackhi_ps((__m512)c, (__m512)d));
  const __m512 abcd = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(abcd), _mm512_extractf32x8_ps(abcd, 1));
  _mm_storeu_ps(p, _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
}

VECTOR_INLINE bool vector_any(vector_integer a) { return _mm512_test_epi32_mask((__m512i)a, (__m512i)a) != 0; }

VECTOR_INLINE uint32_t vector_bits(vector_integer condition) { return _mm512_movepi32_mask((__m512i)condition); }

VECTOR_INLINE int64_t vector_store_compressed(uint32_t bits, vector_integer a, uint32_t *p) {
  _mm512_storeu_si512(p, _mm512_maskz_compress_epi32((__mmask16)bits, (__m512i)a));
  return __builtin_popcount(bits);
}

VECTOR_INLINE vector vector_keep(uint32_t bits, vector a) {
  return (vector)_mm512_maskz_mov_ps((__mmask16)bits, (__m512)a);
}

VECTOR_INLINE vector vector_interleave_low(vector a, vector b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

VECTOR_INLINE vector vector_interleave_high(vector a, vector b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

#endif
