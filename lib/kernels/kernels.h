/* The kernels of one instruction set: what the model and the trainer compute with.
 *
 * Activations are stored batch-innermost, in tiles of BATCH_TILE examples: value[tile][feature][lane], lane = example
 * within the tile. Images use the same form, feature = (channel * height + y) * width + x. Lanes past the batch hold
 * values that nothing reads: their output gradient is 0. All arrays are aligned to 64 bytes, counts of activations are
 * multiples of BATCH_TILE. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include <stdbool.h>

#include "base/public.h"

enum {
  BATCH_TILE = 64,
  PRODUCT_DEPTH = 256 /* of a product that is packed at once, so that two panels stay in the nearest cache */
};

enum activation { ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_SIGMOID };

/* A strided matrix: element (row, column) at data[row * row_stride + column * column_stride]. */
struct matrix {
  const float *data;
  int64_t row_stride, column_stride;
};

/* A micro-kernel computes c (+)= narrow * wide on packed panels: narrow [depth][narrow_width], wide
 * [depth][wide_width], c has rows of narrow and contiguous columns of wide. rows, columns: the part of c to write. */
struct micro_kernel {
  const char *name;
  int32_t narrow_width, wide_width;
  void (*run)(int64_t rows, int64_t columns, int64_t depth, const float *narrow, const float *wide, bool accumulate,
              float *c, int64_t row_stride);
};

/* The options of a step that optimisers share. */
struct sgd_step {
  float rate, decay, momentum;
  bool nesterov;
};
struct adam_step {
  float rate;    /* rate * sqrt(1 - beta2^t) / (1 - beta1^t) */
  float epsilon; /* epsilon * sqrt(1 - beta2^t) */
  float decay, beta1, beta2;
};

struct kernels {
  int32_t instruction_set;
  const char *name;
  const struct micro_kernel *own_micro_kernel; /* for products where BLIS has none: see micro_kernel_for */

  /* c (+)= a * b for a [rows][depth], b [depth][columns], c row-major with contiguous columns. workspace:
   * product_workspace(depth, columns) floats. */
  void (*product)(const struct micro_kernel *micro_kernel, int64_t rows, int64_t columns, int64_t depth,
                  struct matrix a, struct matrix b, bool accumulate, float *c, int64_t c_row_stride, float *workspace);

  /* tile[feature][lane] += bias[feature]. */
  void (*add_bias)(float *tile, const float *bias, int64_t features);
  /* sums[feature] += sum over lanes of tile[feature][lane]. */
  void (*sum_lanes)(const float *tile, int64_t features, float *sums);

  /* output = activation(input), and input_gradient (+)= output_gradient * activation'(input), from the output. The
   * arrays may be the same. */
  void (*activate)(enum activation activation, const float *input, float *output, int64_t count);
  void (*activate_backward)(enum activation activation, const float *output, const float *output_gradient,
                            float *input_gradient, int64_t count, bool accumulate);
  /* output = a + b; output += a. */
  void (*add)(const float *a, const float *b, float *output, int64_t count);

  /* Softmax cross-entropy of one tile of `classes` logits: losses[lane], and gradient = (softmax - one-hot) * scale
   * where labels[lane] >= 0, else 0. gradient may be NULL, or the logits. */
  void (*cross_entropy)(const float *logits, int64_t classes, const int32_t *labels, float scale, float *losses,
                        float *gradient);
  /* losses[lane] = sum over features of (output - target)^2 for lanes < valid, and gradient = (output - target) *
   * scale, 0 in the other lanes. gradient may be NULL, or the outputs. */
  void (*squared_error)(const float *outputs, const float *targets, int64_t features, int64_t valid, float scale,
                        float *losses, float *gradient);
  /* How many lanes have labels[lane] >= 0 and their largest logit (the first of equal ones) there. */
  int64_t (*count_correct)(const float *logits, int64_t classes, const int32_t *labels);

  /* One optimiser step over `count` (a multiple of 16) parameters. */
  void (*sgd)(const struct sgd_step *step, int64_t count, float *weights, const float *gradient, float *momentum);
  void (*adam)(const struct adam_step *step, int64_t count, float *weights, const float *gradient, float *first,
               float *second);

  /* values[i] = 0 where bit i of `bits` is 0; count values, bits in whole words. */
  void (*apply_mask)(float *values, const uint64_t *bits, int64_t count);
};

/* BLIS's micro-kernel for the kernels' instruction set, or their own where BLIS has none. */
const struct micro_kernel *micro_kernel_for(const struct kernels *kernels);

/* Floats of workspace that a product needs. */
int64_t product_workspace(const struct micro_kernel *micro_kernel, int64_t depth, int64_t columns);

/* The kernels of an instruction set, AUTOMATIC being the machine's best; NULL if machine or build lacks it. */
const struct kernels *kernels_for(int32_t instruction_set);

/* A list of the CPU's features that matter here, such as "avx2 fma avx512", and BLIS's version. */
const char *kernels_cpu_features(void);
const char *kernels_blis_version(void);

/* BLIS's micro-kernels (dense_blis.c); NULL where BLIS has none for the set. */
const struct micro_kernel *blis_micro_kernel(int32_t instruction_set);

#endif
