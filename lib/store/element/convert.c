/* Conversions in whole numbers, so that the floating-point mode of the host does not matter. */
#include "store/element/convert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/real_text.h"

enum { FLOAT_INFINITY = 0x7f800000, FLOAT_DIGITS = 24 };

static uint64_t bits_at(struct elements elements, const unsigned char *from) {
  const int size = (int)dtype_size(elements.dtype);
  uint64_t bits = 0;
  for (int i = 0; i < size; i++) bits |= (uint64_t)from[elements.swapped ? size - 1 - i : i] << 8 * i;
  return bits;
}

/* binary16 to binary32: exact. */
static uint32_t widen_half(uint32_t half) {
  const uint32_t sign = (half & 0x8000) << 16;
  uint32_t exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0x1f) return sign | FLOAT_INFINITY | fraction << 13;
  if (exponent > 0) return sign | (exponent + 112) << 23 | fraction << 13;
  if (fraction == 0) return sign;
  /* fraction 2^-24, normalised: its highest bit becomes the implicit one */
  for (exponent = 113; (fraction & 0x400) == 0; exponent--) fraction <<= 1;
  return sign | exponent << 23 | (fraction & 0x3ff) << 13;
}

/* binary64 to binary32, to nearest, ties to even; false where a finite number would become infinite. */
static bool narrow_double(uint64_t bits, uint32_t *out) {
  const uint32_t sign = (uint32_t)(bits >> 32) & 0x80000000;
  const int exponent = (int)(bits >> 52 & 0x7ff);
  uint64_t fraction = bits & 0xfffffffffffff;
  *out = sign;
  if (exponent == 0x7ff) { /* infinite; or not a number, which stays one whatever bits are lost */
    *out |= FLOAT_INFINITY | (fraction != 0 ? 0x400000 | (uint32_t)(fraction >> 29) : 0);
    return true;
  }
  const int biased = exponent - 1023 + 127;
  const int shift = biased > 0 ? 29 : 30 - biased; /* what lies below a float's last bit, subnormal or not */
  if (exponent == 0 || shift > 54) return true;    /* below half of the least subnormal */
  fraction |= (uint64_t)1 << 52;
  const uint64_t rest = fraction & (((uint64_t)1 << shift) - 1), half = (uint64_t)1 << (shift - 1);
  uint64_t kept = fraction >> shift;
  kept += rest > half || (rest == half && (kept & 1) != 0);
  /* kept has the implicit bit, which adds 1 to the exponent; so does a carry */
  const uint64_t magnitude = (biased > 0 ? (uint64_t)(biased - 1) << 23 : 0) + kept;
  *out |= (uint32_t)magnitude;
  return magnitude < FLOAT_INFINITY;
}

static bool real_bits(int32_t dtype, uint64_t bits, uint32_t *out) {
  if (dtype == DTYPE_F64) return narrow_double(bits, out);
  *out = dtype == DTYPE_F16 ? widen_half((uint32_t)bits) : (uint32_t)bits << (dtype == DTYPE_BF16 ? 16 : 0);
  return true;
}

static bool whole_number(int32_t dtype, uint64_t bits, int64_t *out) {
  const bool has_sign = dtype == DTYPE_I8 || dtype == DTYPE_I16 || dtype == DTYPE_I32;
  const uint64_t sign = has_sign ? (uint64_t)1 << (8 * dtype_size(dtype) - 1) : 0;
  *out = (int64_t)((bits ^ sign) - sign);
  return dtype == DTYPE_BOOL ? bits <= 1 : dtype != DTYPE_U64 || bits <= INT64_MAX;
}

/* Whether a float32 can be this number. */
static bool float_holds(int64_t number) {
  uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  while (magnitude != 0 && (magnitude & 1) == 0) magnitude >>= 1;
  return magnitude >> FLOAT_DIGITS == 0;
}

bool convert_can(int32_t dtype, int32_t element) {
  return dtype_element(dtype) >= 0 && (element == LOTTERY_ELEMENT_FLOAT32 || !dtype_is_real(dtype));
}

/* One element, as the bytes of its new type. */
static bool convert_one(struct elements elements, const unsigned char *from, int32_t element,
                        unsigned char to[sizeof(int64_t)]) {
  const uint64_t bits = bits_at(elements, from);
  if (dtype_is_real(elements.dtype)) {
    uint32_t real;
    const bool fits = real_bits(elements.dtype, bits, &real);
    memcpy(to, &real, sizeof real);
    return fits;
  }
  int64_t number;
  if (!whole_number(elements.dtype, bits, &number)) return false;
  if (element == LOTTERY_ELEMENT_INT64) {
    memcpy(to, &number, sizeof number);
  } else if (element == LOTTERY_ELEMENT_UINT8) {
    if (number < 0 || number > UINT8_MAX) return false;
    to[0] = (unsigned char)number;
  } else {
    if (!float_holds(number)) return false;
    const float real = (float)number;
    memcpy(to, &real, sizeof real);
  }
  return true;
}

int64_t convert_elements(struct elements elements, const void *from, int32_t element, void *to, int64_t count) {
  const int64_t size = dtype_size(elements.dtype), room = dtype_size(dtype_of_element(element));
  if (elements.dtype == dtype_of_element(element) && !elements.swapped) {
    if (to != NULL && count > 0) memcpy(to, from, (size_t)(count * size));
    return count;
  }
  unsigned char converted[sizeof(int64_t)];
  for (int64_t i = 0; i < count; i++) {
    if (!convert_one(elements, (const unsigned char *)from + i * size, element, converted)) return i;
    if (to != NULL) memcpy((unsigned char *)to + i * room, converted, (size_t)room);
  }
  return count;
}

lottery_status convert_fail(struct lottery_context *context, const char *what, int64_t index, struct elements elements,
                            const void *from, int32_t element) {
  const uint64_t bits = bits_at(elements, from);
  char text[32];
  int64_t number;
  double real;
  memcpy(&real, &bits, sizeof real);
  if (elements.dtype == DTYPE_F64) /* no other real number can fail */
    snprintf(text, sizeof text, "%s", real_text(real).text);
  else if (whole_number(elements.dtype, bits, &number))
    snprintf(text, sizeof text, "%" PRId64, number);
  else
    snprintf(text, sizeof text, "%" PRIu64, bits);
  const char *wanted = elements.dtype == DTYPE_BOOL ? "a boolean" : element_name(element);
  return context_fail(context, LOTTERY_ERROR_FORMAT, "%.512s: element %lld is %s, which does not fit %s", what,
                      (long long)index, text, wanted);
}
