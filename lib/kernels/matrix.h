/* A fully connected layer, y = W x + b, as its kernels see it: its weights in either form, and what its passes take. */
#ifndef KERNELS_MATRIX_H
#define KERNELS_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/input.h"
#include "kernels/range.h"
#include "kernels/tile.h"

struct ahead_share;
struct micro_kernel;
struct sparse_index;
struct update;

/* A dense matrix, column after column so that those of an input that is 0 can be passed over, or packed survivors. */
struct weights {
  const float *values;
  int64_t rows, columns;            /* units and inputs */
  int64_t stride;                   /* dense: from column to column, a multiple of ROW_STEP */
  const struct sparse_index *index; /* of packed survivors, or NULL: dense */
};

/* The forward pass of one tile: output [row][lane] = W input + bias, ReLU if asked. */
struct forward_arguments {
  const struct weights *weights;
  const float *bias; /* [row], or NULL */
  const struct input *input;
  int64_t tile; /* of the input */
  bool relu;
  float *output;
  const struct ahead_share *ahead; /* memory to prefetch meanwhile, or NULL; dense kernels ignore it */
};

/* Of one tile: input_gradient [column][lane] (+)= W^T output_gradient [row][lane]; then, unless relu is NULL, 0 where
 * the input, relu [column][lane], the output of a ReLU, is not above 0. */
struct input_gradient_arguments {
  const struct weights *weights;
  const float *output_gradient;
  bool accumulate;
  const float *relu;
  float *input_gradient;
};

/* The gradient of the weights over a batch, handed to `update`: the sum over examples of output_gradient
 * [tile][row][lane] times input [tile][column][lane]. */
struct weight_gradient_arguments {
  const struct weights *weights;
  const struct input *input;
  const float *output_gradient;
  int64_t count; /* examples */
  const struct update *update;
  const struct micro_kernel *micro_kernel; /* dense: see choice_micro_kernel */
  const struct ahead_share *ahead;         /* as in forward_arguments */
  float *workspace;                        /* dense and nonzero: see weight_gradient_workspace */
};

#endif
