/* Vectors of NEON: the operations that vector.h lists. Those that NEON would not do faster are plain C. */
#ifndef KERNELS_ISA_VECTOR_NEON_H
#define KERNELS_ISA_VECTOR_NEON_H

#include <arm_neon.h>

#include "kernels/isa/vector_four.h"

VECTOR_INLINE vector vector_fma(vector a, vector b, vector c) {
  return (vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

VECTOR_INLINE vector vector_sqrt(vector a) { return (vector)vsqrtq_f32((float32x4_t)a); }

#endif
