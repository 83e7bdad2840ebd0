/* Kernels that go over activations element by element. */
#ifndef KERNELS_ELEMENTWISE_H
#define KERNELS_ELEMENTWISE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/tile.h"

enum activation { ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_SIGMOID };

struct elementwise_kernels {
  /* output = activation(input), and input_gradient (+)= output_gradient * activation'(input), from the output. The
   * arrays may be the same. */
  void (*activate)(enum activation activation, const float *input, float *output, int64_t count);
  void (*activate_backward)(enum activation activation, const float *output, const float *output_gradient,
                            float *input_gradient, int64_t count, bool accumulate);
  /* output = a + b. */
  void (*add)(const float *a, const float *b, float *output, int64_t count);
};

#endif
