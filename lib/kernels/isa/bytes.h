/* Groups of bytes: BYTE_PARTS sixteens side by side, as many as a vector that shuffles within each has. */
#ifndef KERNELS_ISA_BYTES_H
#define KERNELS_ISA_BYTES_H

#include "kernels/isa/tuning.h"
#include "kernels/isa/vector.h"

enum { BYTE_BLOCK = 16 };
typedef uint8_t bytes16 __attribute__((vector_size(BYTE_BLOCK)));
typedef uint8_t byte_group __attribute__((vector_size(BYTE_PARTS * BYTE_BLOCK)));

/* bytes_join(low, high)         a group of two parts, or of the first alone
 * bytes_interleave_low(a, b)    a0 b0 a1 b1 … of the lower half of each part, bytes_interleave_high of the higher
 * bytes_not_zero(a)             bit i: byte i is not 0 in any part */
#if defined(__AVX2__)
VECTOR_INLINE byte_group bytes_join(bytes16 low, bytes16 high) {
  return (byte_group)_mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)low), (__m128i)high, 1);
}
VECTOR_INLINE byte_group bytes_interleave_low(byte_group a, byte_group b) {
  return __builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 4, 36, 5, 37, 6, 38, 7, 39, 16, 48, 17, 49, 18, 50,
                                 19, 51, 20, 52, 21, 53, 22, 54, 23, 55);
}
VECTOR_INLINE byte_group bytes_interleave_high(byte_group a, byte_group b) {
  return __builtin_shufflevector(a, b, 8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47, 24, 56, 25, 57, 26,
                                 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63);
}
VECTOR_INLINE uint32_t bytes_not_zero(byte_group a) {
  const __m128i bytes = _mm_or_si128(_mm256_castsi256_si128((__m256i)a), _mm256_extracti128_si256((__m256i)a, 1));
  return 0xffffU & ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
}
#else
VECTOR_INLINE byte_group bytes_join(bytes16 low, bytes16 high) {
  (void)high;
  return low;
}
VECTOR_INLINE byte_group bytes_interleave_low(byte_group a, byte_group b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
VECTOR_INLINE byte_group bytes_interleave_high(byte_group a, byte_group b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
VECTOR_INLINE uint32_t bytes_not_zero(byte_group a) {
  uint32_t bits = 0;
  for (int i = 0; i < BYTE_BLOCK; i++) bits |= (uint32_t)(a[i] != 0) << i;
  return bits;
}
#endif

/* Transposes BYTE_PARTS times 16 x 16 bytes: a perfect shuffle rotates the bits of an element's number, four of them
 * swap row and column. */
VECTOR_INLINE void bytes_transpose(byte_group rows[BYTE_BLOCK]) {
  byte_group other[BYTE_BLOCK];
#pragma GCC unroll 4
  for (int round = 0; round < 4; round++) {
#pragma GCC unroll 8
    for (int j = 0; j < BYTE_BLOCK / 2; j++) {
      other[2 * j] = bytes_interleave_low(rows[j], rows[j + BYTE_BLOCK / 2]);
      other[2 * j + 1] = bytes_interleave_high(rows[j], rows[j + BYTE_BLOCK / 2]);
    }
#pragma GCC unroll 16
    for (int j = 0; j < BYTE_BLOCK; j++) rows[j] = other[j];
  }
}

#endif
