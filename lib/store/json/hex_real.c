/* The hexadecimal form of real numbers: sign, mantissa of 53 bits, binary exponent. */
#include "store/json/hex_real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/float_mode.h"

enum { FRACTION_DIGITS = 13, EXPONENT_LIMIT = 1074 };
static const char digits[] = "0123456789abcdef";

static char *write_exponent(char *text, int exponent) {
  *text++ = exponent < 0 ? '-' : '+';
  int rest = exponent < 0 ? -exponent : exponent, scale = 1;
  while (rest / scale >= 10) scale *= 10;
  for (; scale > 0; scale /= 10) *text++ = digits[rest / scale % 10];
  return text;
}

void hex_real_write(double value, char text[HEX_REAL_CAPACITY]) {
  int exponent = 0;
  const uint64_t mode = float_mode_enter_ieee();
  const double half = frexp(fabs(value), &exponent); /* 0, or 1/2 to below 1 */
  const volatile uint64_t bits = (uint64_t)ldexp(half, FRACTION_DIGITS * 4 + 1);
  float_mode_leave(mode);
  const uint64_t mantissa = bits;
  if (signbit(value)) *text++ = '-';
  *text++ = '0';
  *text++ = 'x';
  *text++ = mantissa == 0 ? '0' : '1';
  uint64_t fraction = mantissa & (((uint64_t)1 << FRACTION_DIGITS * 4) - 1);
  if (fraction != 0) *text++ = '.';
  for (int shift = FRACTION_DIGITS * 4 - 4; fraction != 0; shift -= 4) {
    *text++ = digits[fraction >> shift];
    fraction &= ((uint64_t)1 << shift) - 1;
  }
  *text++ = 'p';
  *write_exponent(text, mantissa == 0 ? 0 : exponent - 1) = '\0';
}

/* The digit's value, or -1. */
static int digit_of(char character) {
  const char *at = character != '\0' ? strchr(digits, character) : NULL;
  return at != NULL ? (int)(at - digits) : -1;
}

bool hex_real_read(const char *text, double *value) {
  const bool negative = *text == '-';
  if (negative) text++;
  if (text[0] != '0' || text[1] != 'x' || (text[2] != '0' && text[2] != '1')) return false;
  uint64_t mantissa = text[2] == '1';
  int places = 0;
  text += 3;
  if (*text == '.') {
    for (text++; digit_of(*text) >= 0 && places < FRACTION_DIGITS; text++, places++)
      mantissa = mantissa << 4 | (uint64_t)digit_of(*text);
    if (places == 0) return false;
  }
  if (*text++ != 'p' || (*text != '+' && *text != '-')) return false;
  const int sign = *text++ == '-' ? -1 : 1;
  int exponent = 0, count = 0;
  for (; digit_of(*text) >= 0 && digit_of(*text) < 10 && count < 4; text++, count++)
    exponent = exponent * 10 + digit_of(*text);
  if (*text != '\0' || count == 0 || exponent > EXPONENT_LIMIT) return false;
  const uint64_t mode = float_mode_enter_ieee();
  const double magnitude = ldexp((double)mantissa, sign * exponent - 4 * places);
  *value = negative ? -magnitude : magnitude;
  const volatile bool finite = isfinite(magnitude);
  float_mode_leave(mode);
  return finite;
}
