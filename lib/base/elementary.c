/* Series of elementary functions after exact range reduction. */
#include "base/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LN2 0.69314718055994530942
/* ln 2 in two parts, the first with 21 trailing zero bits, so that n * LN2_HIGH is exact. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33

double elementary_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int exponent = (int)(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
  double mantissa;
  memcpy(&mantissa, &bits, sizeof mantissa);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent++;
  }
  /* log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172: the terms s^(2k+1) / (2k+1) up to k = 10. */
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double square = s * s;
  double series = 0.0;
  for (int k = 10; k >= 1; k--) series = square * (series + 1.0 / (2 * k + 1));
  return exponent * LN2_HIGH + (2.0 * (s + s * series) + exponent * LN2_LOW);
}

double elementary_exp(double x) {
  if (x < -708.0) return 0.0;
  if (x > 709.0) return (double)INFINITY;
  const int n = (int)(x / LN2 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - n * LN2_HIGH) - n * LN2_LOW;
  double series = 1.0; /* sum of r^k / k!, |r| < 0.35 */
  for (int k = 14; k >= 1; k--) series = 1.0 + r * series / k;
  uint64_t bits = (uint64_t)(n + 1022) << 52; /* 2^(n-1): n may be 1024 */
  double power;
  memcpy(&power, &bits, sizeof power);
  return series * power * 2.0;
}

double elementary_power(double base, double exponent) { return elementary_exp(exponent * elementary_log(base)); }

void elementary_turn(double x, double *sine, double *cosine) {
  const int quarter = (int)(4.0 * x + 0.5); /* nearest quarter turn, 0 to 4; the rest is at most an eighth of a turn */
  const double angle = (x - 0.25 * quarter) * 6.28318530717958647693;
  const double square = angle * angle;
  double s = 1.0, c = 1.0; /* sum of (-1)^k a^(2k+1) / (2k+1)! and of (-1)^k a^(2k) / (2k)!, |a| < 0.786 */
  for (int k = 8; k >= 1; k--) {
    s = 1.0 - square * s / ((2 * k) * (2 * k + 1));
    c = 1.0 - square * c / ((2 * k - 1) * (2 * k));
  }
  s *= angle;
  switch (quarter & 3) {
    case 0: *sine = s, *cosine = c; break;
    case 1: *sine = c, *cosine = -s; break;
    case 2: *sine = -s, *cosine = -c; break;
    default: *sine = -c, *cosine = s; break;
  }
}
