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
  vector v = {0};
  return v + value;
}
/* Aligned and unaligned. */
VECTOR_INLINE vector vector_load(const float *p) { return *(const vector *)(const void *)p; }
VECTOR_INLINE void vector_store(float *p, vector v) { *(vector *)(void *)p = v; }
VECTOR_INLINE vector_integer vector_load_integer(const int32_t *p) { return *(const vector_integer *)(const void *)p; }

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
