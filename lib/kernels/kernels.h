/* The kernels of one instruction set: what the model and the trainer compute with, a table for each topic.
 *
 * What they compute together is written out as plain loops, a whole step of training, in tests/support/reference.c. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "base/public.h"

struct kernels {
  int32_t instruction_set;
  const char *name;
  const struct dense_kernels *dense;
  const struct sparse_kernels *sparse;
  const struct nonzero_kernels *nonzero;
  const struct bias_kernels *bias;
  const struct elementwise_kernels *elementwise;
  const struct loss_kernels *loss;
  const struct gather_kernels *gather;
  const struct update_kernels *update;
};

/* The kernels of an instruction set, AUTOMATIC being the machine's best; NULL if machine or build lacks it. */
const struct kernels *kernels_for(int32_t instruction_set);

/* A list of the CPU's features that matter here, such as "avx2 fma avx512", and BLIS's version. */
const char *kernels_cpu_features(void);
const char *kernels_blis_version(void);

#endif
