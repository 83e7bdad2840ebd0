/* The workspace of dense weights' gradient. */
#include "kernels/dense.h"

#include "base/arithmetic.h"

/* A column of zeros; a narrow panel; a block of columns; both factors transposed; what micro-kernels read past the last
 * panel. */
int64_t weight_gradient_workspace(int64_t rows, int64_t columns, int64_t count) {
  enum { READ_AHEAD = 512 };
  const int64_t examples = arithmetic_round_up(count, BATCH_TILE), padded = arithmetic_round_up(rows, PANEL_STEP);
  return padded + PANEL_DEPTH * PANEL_STEP + PANEL_STEP * padded +
         examples * (arithmetic_round_up(columns + PANEL_STEP, PANEL_STEP) + padded) + READ_AHEAD;
}
