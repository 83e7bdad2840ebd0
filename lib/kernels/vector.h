/* Vectors of floats in the width of the instruction set that a kernel file is compiled for.
 *
 * Only for files in isa/. Fused multiply-add exists where the set has it and only through vector_fma, so that no
 * compiler option decides about bits. Vectors never cross the boundary of a function that is not inlined. */
#ifndef KERNELS_VECTOR_H
#define KERNELS_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define VECTOR_LANES 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define VECTOR_LANES 8
#elif defined(__aarch64__)
#include <arm_neon.h>
#define VECTOR_LANES 4
#else
#define VECTOR_LANES 4
#endif

#define VECTOR_INLINE static inline __attribute__((always_inline))

typedef float vector __attribute__((vector_size(4 * VECTOR_LANES)));
typedef int32_t vector_integer __attribute__((vector_size(4 * VECTOR_LANES)));

VECTOR_INLINE vector vector_broadcast(float value) {
#if defined(__AVX512F__)
  return (vector)_mm512_set1_ps(value);
#elif defined(__AVX2__)
  return (vector)_mm256_set1_ps(value);
#else
  return (vector){value, value, value, value};
#endif
}
/* Aligned to the vector's size, and (the second form) to a float's. */
VECTOR_INLINE vector vector_load(const float *p) {
  return *(const vector *)(const void *)p; // NOLINT(clang-analyzer-core.NullDereference): an input has values or halves
}
VECTOR_INLINE void vector_store(float *p, vector v) { *(vector *)(void *)p = v; }
VECTOR_INLINE vector vector_load_unaligned(const float *p) {
  vector v;
  memcpy(&v, p, sizeof v);
  return v;
}
VECTOR_INLINE void vector_store_unaligned(float *p, vector v) { memcpy(p, &v, sizeof v); }
VECTOR_INLINE vector_integer vector_load_integer(const int32_t *p) { return *(const vector_integer *)(const void *)p; }
VECTOR_INLINE void vector_store_integer(int32_t *p, vector_integer v) { *(vector_integer *)(void *)p = v; }

VECTOR_INLINE vector_integer vector_broadcast_integer(int32_t value) { return (vector_integer){0} + value; }

/* 0, 1, 2 … */
VECTOR_INLINE vector_integer vector_count(void) {
  vector_integer count;
  for (int i = 0; i < VECTOR_LANES; i++) count[i] = i;
  return count;
}

/* VECTOR_LANES bytes as floats. */
VECTOR_INLINE vector vector_from_bytes(const uint8_t *p) {
#if defined(__AVX512F__)
  return (vector)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
#elif defined(__AVX2__)
  return (vector)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)));
#else
  return (vector){(float)p[0], (float)p[1], (float)p[2], (float)p[3]};
#endif
}

/* a * b + c, rounded once where the set can. */
VECTOR_INLINE vector vector_fma(vector a, vector b, vector c) {
#if defined(__AVX512F__)
  return (vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  return (vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
  return (vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

VECTOR_INLINE vector vector_sqrt(vector a) {
#if defined(__AVX512F__)
  return (vector)_mm512_sqrt_ps((__m512)a);
#elif defined(__AVX2__)
  return (vector)_mm256_sqrt_ps((__m256)a);
#elif defined(__aarch64__)
  return (vector)vsqrtq_f32((float32x4_t)a);
#else
  for (int i = 0; i < VECTOR_LANES; i++) a[i] = sqrtf(a[i]);
  return a;
#endif
}

/* Where `condition` (all ones or all zeros per lane, as comparisons give) holds a, elsewhere b. */
VECTOR_INLINE vector vector_select(vector_integer condition, vector a, vector b) {
  return (vector)(((vector_integer)a & condition) | ((vector_integer)b & ~condition));
}

/* The gradient through a ReLU whose output is y. */
VECTOR_INLINE vector vector_relu_slope(vector y, vector gradient) {
  return vector_select(y > 0.0F, gradient, vector_broadcast(0.0F));
}

VECTOR_INLINE vector vector_maximum(vector a, vector b) { return vector_select(a > b, a, b); }

VECTOR_INLINE vector vector_absolute(vector a) {
  return (vector)((vector_integer)a & ((vector_integer){0} + 0x7fffffff));
}

/* The sum of the lanes, in pairs: the same order for every set of one width. */
VECTOR_INLINE float vector_sum(vector a) {
  float lanes[VECTOR_LANES];
  memcpy(lanes, &a, sizeof lanes);
  for (int width = VECTOR_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

/* The sums of the lanes of four vectors, stored side by side. */
VECTOR_INLINE void vector_store_sums(float *p, vector a, vector b, vector c, vector d) {
#if defined(__AVX512F__)
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps((__m512)a, (__m512)b), _mm512_unpackhi_ps((__m512)a, (__m512)b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps((__m512)c, (__m512)d), _mm512_unpackhi_ps((__m512)c, (__m512)d));
  const __m512 abcd = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(abcd), _mm512_extractf32x8_ps(abcd, 1));
  _mm_storeu_ps(p, _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
#elif defined(__AVX2__)
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps((__m256)a, (__m256)b), _mm256_unpackhi_ps((__m256)a, (__m256)b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps((__m256)c, (__m256)d), _mm256_unpackhi_ps((__m256)c, (__m256)d));
  const __m256 abcd = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
  _mm_storeu_ps(p, _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1)));
#else
  p[0] = vector_sum(a), p[1] = vector_sum(b), p[2] = vector_sum(c), p[3] = vector_sum(d);
#endif
}

/* Whether a bit is 1 in any lane. */
VECTOR_INLINE bool vector_any(vector_integer a) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask((__m512i)a, (__m512i)a) != 0;
#elif defined(__AVX2__)
  return _mm256_testz_si256((__m256i)a, (__m256i)a) == 0;
#else
  int32_t found = 0;
  for (int i = 0; i < VECTOR_LANES; i++) found |= a[i];
  return found != 0;
#endif
}

/* Bit i: lane i of a condition (all ones or all zeros per lane) holds. */
VECTOR_INLINE uint32_t vector_bits(vector_integer condition) {
#if defined(__AVX512F__)
  return _mm512_movepi32_mask((__m512i)condition);
#elif defined(__AVX2__)
  return (uint32_t)_mm256_movemask_ps((__m256)condition);
#else
  uint32_t bits = 0;
  for (int i = 0; i < VECTOR_LANES; i++) bits |= ((uint32_t)condition[i] & 1) << i;
  return bits;
#endif
}

/* Stores the lanes whose bit is 1 side by side, and junk up to a whole vector. Returns how many. */
VECTOR_INLINE int64_t vector_store_compressed(uint32_t bits, vector_integer a, uint32_t *p) {
#if defined(__AVX512F__)
  _mm512_storeu_si512(p, _mm512_maskz_compress_epi32((__mmask16)bits, (__m512i)a));
#elif defined(__AVX2__)
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
#else
  for (int i = 0, at = 0; i < VECTOR_LANES && bits != 0; i++) {
    p[at] = (uint32_t)a[i];
    at += (int)(bits >> i & 1);
  }
#endif
  return __builtin_popcount(bits);
}

/* The lanes whose bit in `bits` is 1; 0 in the others. */
VECTOR_INLINE vector vector_keep(uint32_t bits, vector a) {
#if defined(__AVX512F__)
  return (vector)_mm512_maskz_mov_ps((__mmask16)bits, (__m512)a);
#else
  vector_integer lane_bits;
  for (int i = 0; i < VECTOR_LANES; i++) lane_bits[i] = 1 << i;
  return (vector)((vector_integer)a & ((lane_bits & (int32_t)bits) != 0));
#endif
}

/* Transposes VECTOR_LANES vectors: log2 rounds of interleaving vector j with vector j + VECTOR_LANES / 2. */
VECTOR_INLINE vector vector_interleave_low(vector a, vector b) {
#if defined(__AVX512F__)
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif defined(__AVX2__)
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}
VECTOR_INLINE vector vector_interleave_high(vector a, vector b) {
#if defined(__AVX512F__)
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif defined(__AVX2__)
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}
VECTOR_INLINE void vector_transpose(vector rows[VECTOR_LANES]) {
  vector other[VECTOR_LANES];
  for (int width = 1; width < VECTOR_LANES; width *= 2) {
    for (int j = 0; j < VECTOR_LANES / 2; j++) {
      other[2 * j] = vector_interleave_low(rows[j], rows[j + VECTOR_LANES / 2]);
      other[2 * j + 1] = vector_interleave_high(rows[j], rows[j + VECTOR_LANES / 2]);
    }
    for (int j = 0; j < VECTOR_LANES; j++) rows[j] = other[j];
  }
}

/* exp(x), x clamped to [-87, 88]: x = n ln 2 + r, |r| <= ln 2 / 2; 2^n from the exponent bits, e^r by its series up to
 * r^7 / 7!. Relative error below 2e-7. NaN stays NaN. */
VECTOR_INLINE vector vector_exp(vector x) {
  const vector clamped =
      vector_select(x < -87.0F, vector_broadcast(-87.0F), vector_select(x > 88.0F, vector_broadcast(88.0F), x));
  const vector shifted = vector_fma(clamped, vector_broadcast(1.44269504F), vector_broadcast(12582912.0F));
  const vector n = shifted - 12582912.0F;                             /* 1.5 * 2^23: rounds to a whole number */
  vector r = vector_fma(n, vector_broadcast(-0.693145752F), clamped); /* 0x1.62e4p-1, exact in n's range */
  r = vector_fma(n, vector_broadcast(-1.42860677e-6F), r);
  vector p = vector_broadcast(1.0F / 5040);
  p = vector_fma(p, r, vector_broadcast(1.0F / 720));
  p = vector_fma(p, r, vector_broadcast(1.0F / 120));
  p = vector_fma(p, r, vector_broadcast(1.0F / 24));
  p = vector_fma(p, r, vector_broadcast(1.0F / 6));
  p = vector_fma(p, r, vector_broadcast(0.5F));
  p = vector_fma(p, r, vector_broadcast(1.0F));
  p = vector_fma(p, r, vector_broadcast(1.0F));
  const vector_integer power = ((vector_integer)shifted - 0x4b400000 + 127) << 23; /* 0x4b400000: bits of 1.5 * 2^23 */
  return vector_select(x == x, p * (vector)power, x);
}

/* log(x) for normal x > 0, NaN stays NaN: x = 2^e m, m in [sqrt(1/2), sqrt 2); log m = 2 artanh((m - 1) / (m + 1)). */
VECTOR_INLINE vector vector_log(vector x) {
  const vector_integer bits = (vector_integer)x;
  vector_integer exponent = ((bits - 0x3f3504f3) >> 23);
  const vector m = (vector)(bits - (exponent << 23));
  const vector e = __builtin_convertvector(exponent, vector);
  const vector s = (m - 1.0F) / (m + 1.0F);
  const vector square = s * s;
  vector series = vector_broadcast(2.0F / 9);
  series = vector_fma(series, square, vector_broadcast(2.0F / 7));
  series = vector_fma(series, square, vector_broadcast(2.0F / 5));
  series = vector_fma(series, square, vector_broadcast(2.0F / 3));
  series = vector_fma(series * square, s, s + s);
  return vector_select(x == x, vector_fma(e, vector_broadcast(0.69314718F), series), x);
}

/* tanh(x): for |x| < 0.3 its series up to x^9, else with t = exp(-2|x|) the sign of x times (1 - t) / (1 + t). */
VECTOR_INLINE vector vector_tanh(vector x) {
  const vector magnitude = vector_absolute(x);
  const vector square = x * x;
  vector series = vector_broadcast(62.0F / 2835);
  series = vector_fma(series, square, vector_broadcast(-17.0F / 315));
  series = vector_fma(series, square, vector_broadcast(2.0F / 15));
  series = vector_fma(series, square, vector_broadcast(-1.0F / 3));
  series = vector_fma(series * square, x, x);
  const vector t = vector_exp(magnitude * -2.0F);
  const vector far = (1.0F - t) / (1.0F + t);
  const vector_integer sign = (vector_integer)x & ~((vector_integer){0} + 0x7fffffff);
  return vector_select(magnitude < 0.3F, series, (vector)((vector_integer)far | sign));
}

#endif
