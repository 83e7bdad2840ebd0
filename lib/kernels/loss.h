/* Kernels of losses, of one tile. */
#ifndef KERNELS_LOSS_H
#define KERNELS_LOSS_H

#include <stdint.h>

#include "kernels/tile.h"

struct loss_kernels {
  /* Softmax cross-entropy of `classes` logits: losses[lane], and gradient = (softmax - one-hot) * scale where
   * labels[lane] >= 0, else 0. gradient may be NULL, or the logits. */
  void (*cross_entropy)(const float *logits, int64_t classes, const int32_t *labels, float scale, float *losses,
                        float *gradient);
  /* losses[lane] = sum over features of (output - target)^2 for lanes < valid, and gradient = (output - target) *
   * scale, 0 in the other lanes. gradient may be NULL, or the outputs. */
  void (*squared_error)(const float *outputs, const float *targets, int64_t features, int64_t valid, float scale,
                        float *losses, float *gradient);
  /* How many lanes have labels[lane] >= 0 and their largest logit (the first of equal ones) there. */
  int64_t (*count_correct)(const float *logits, int64_t classes, const int32_t *labels);
};

#endif
