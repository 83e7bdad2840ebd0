/* Which micro-kernel the gradient of dense weights is made with, and the workspace it needs. */
#include "kernels/dense.h"

#include <stddef.h>

#include "base/arithmetic.h"
#include "kernels/kernels.h"

/* BLIS's are faster than the library's own or at most 8 % slower: tests/bench/bench_product. */
const struct micro_kernel *micro_kernel_for(const struct kernels *kernels) {
  const struct micro_kernel *blis = blis_micro_kernel(kernels->instruction_set);
  return blis != NULL ? blis : kernels->dense->own_micro_kernel;
}

/* A column of zeros; a narrow panel; a block of columns; both factors transposed; what micro-kernels read past the last
 * panel. */
int64_t weight_gradient_workspace(int64_t rows, int64_t columns, int64_t count) {
  enum { READ_AHEAD = 512 };
  const int64_t examples = arithmetic_round_up(count, BATCH_TILE), padded = arithmetic_round_up(rows, PANEL_STEP);
  return padded + PANEL_DEPTH * PANEL_STEP + PANEL_STEP * padded +
         examples * (arithmetic_round_up(columns + PANEL_STEP, PANEL_STEP) + padded) + READ_AHEAD;
}
