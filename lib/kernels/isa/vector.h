/* Vectors of floats in the width of the instruction set that a kernel file is compiled for: types and operations.
 *
 * What differs from set to set is in one file each, vector_<set>.h, which defines
 *
 *   VECTOR_LANES, vector, vector_integer       floats of a vector, and its types
 *   vector_broadcast(value)                    value in every lane
 *   vector_from_bytes(p)                       VECTOR_LANES bytes as floats
 *   vector_fma(a, b, c)                        a * b + c, rounded once where the set can
 *   vector_sqrt(a)
 *   vector_store_sums(p, a, b, c, d)           the sums of the lanes of four vectors, side by side
 *   vector_any(a)                              whether a bit is 1 in any lane
 *   vector_bits(condition)                     bit i: lane i of a condition holds
 *   vector_store_compressed(bits, a, p)        the lanes whose bit is 1 side by side, and junk up to a whole vector;
 *                                              returns how many
 *   vector_keep(bits, a)                       the lanes whose bit is 1, 0 in the others
 *   vector_interleave_low(a, b), _high(a, b)   a0 b0 a1 b1 … of the lower half of both, and of the higher
 *
 * Here is what is made of them and of the compiler's own vectors. A condition is all ones or all zeros in a lane, as
 * comparisons give it. Fused multiply-add exists where the set has it and only through vector_fma, so that no compiler
 * option decides about bits. Vectors never cross the boundary of a function that is not inlined. */
#ifndef KERNELS_ISA_VECTOR_H
#define KERNELS_ISA_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VECTOR_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
#include "kernels/isa/vector_avx512.h"
#elif defined(__AVX2__)
#include "kernels/isa/vector_avx2.h"
#elif defined(__aarch64__)
#include "kernels/isa/vector_neon.h"
#else
#include "kernels/isa/vector_portable.h"
#endif

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

/* Where `condition` holds a, elsewhere b. */
VECTOR_INLINE vector vector_select(vector_integer condition, vector a, vector b) {
  return (vector)(((vector_integer)a & condition) | ((vector_integer)b & ~condition));
}

/* The gradient through a ReLU whose output is y. */
VECTOR_INLINE vector vector_relu_slope(vector y, vector gradient) {
  return vector_select(y > 0.0F, gradient, vector_broadcast(0.0F));
}

VECTOR_INLINE vector vector_absolute(vector a) {
  return (vector)((vector_integer)a & ((vector_integer){0} + 0x7fffffff));
}

/* Transposes VECTOR_LANES vectors: log2 rounds of interleaving vector j with vector j + VECTOR_LANES / 2. */
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

#endif
