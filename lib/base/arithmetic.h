/* Integer arithmetic that reports overflow. */
#ifndef BASE_ARITHMETIC_H
#define BASE_ARITHMETIC_H

#include <stdbool.h>
#include <stdint.h>

/* Both return false, leaving *out unspecified, on overflow. */
static inline bool arithmetic_add(int64_t a, int64_t b, int64_t *out) { return !__builtin_add_overflow(a, b, out); }
static inline bool arithmetic_multiply(int64_t a, int64_t b, int64_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}

/* The least multiple of `step` (above 0) that is not below `value` (0 or more, far from the limit). */
static inline int64_t arithmetic_round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

static inline int64_t arithmetic_minimum(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t arithmetic_maximum(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
