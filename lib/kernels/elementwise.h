/* Kernels that go over activations element by element. */
#ifndef KERNELS_ELEMENTWISE_H
#define KERNELS_ELEMENTWISE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/range.h"

enum activation { ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_SIGMOID };

struct elementwise_kernels {
  /* Of a range of elements: output = activation(input), and input_gradient (+)= output_gradient * activation'(input),
   * from the output. The arrays may be the same. */
  void (*activate)(enum activation activation, const float *input, float *output, struct range elements);
  void (*activate_backward)(enum activation activation, const float *output, const float *output_gradient,
                            float *input_gradient, bool accumulate, struct range elements);
  /* output = a + b. */
  void (*add)(const float *a, const float *b, float *output, struct range elements);
};

#endif
