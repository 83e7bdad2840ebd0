/* exp, log and tanh of vectors, for activations and losses. */
#ifndef KERNELS_ISA_VECTOR_MATH_H
#define KERNELS_ISA_VECTOR_MATH_H

#include "kernels/isa/vector.h"

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
