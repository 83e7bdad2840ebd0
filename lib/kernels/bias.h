/* The kernel of biases' gradient. */
#ifndef KERNELS_BIAS_H
#define KERNELS_BIAS_H

#include <stdint.h>

#include "kernels/range.h"

struct update;

struct bias_kernels {
  /* The gradient of biases, of `rows` rows those of the range: the sum of output_gradient [tile][row][lane] over all
   * lanes, handed to `update`. */
  void (*gradient)(const float *output_gradient, int64_t rows, int64_t tiles, const struct update *update,
                   struct range range);
};

#endif
