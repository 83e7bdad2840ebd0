/* Vectors for any machine: the operations that vector.h lists, in plain C. */
#ifndef KERNELS_ISA_VECTOR_PORTABLE_H
#define KERNELS_ISA_VECTOR_PORTABLE_H

#include "kernels/isa/vector_four.h"

VECTOR_INLINE vector vector_fma(vector a, vector b, vector c) { return a * b + c; }

VECTOR_INLINE vector vector_sqrt(vector a) {
  for (int i = 0; i < VECTOR_LANES; i++) a[i] = sqrtf(a[i]);
  return a;
}

#endif
