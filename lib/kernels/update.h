/* What becomes of the gradient of parameters. */
#ifndef KERNELS_UPDATE_H
#define KERNELS_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/range.h"

/* Kept for the host, or used up by a step of the optimiser at once, while it is near. */
enum update_kind { UPDATE_STORE, UPDATE_SGD, UPDATE_ADAM };

/* A moving average becomes (kept + kept_rest) * average + added * value. Near 1, kept alone has too few digits. */
struct average {
  float kept, kept_rest, added;
};

/* beta * average + (1 - beta) * value */
static inline struct average average_of(double beta) {
  const float kept = (float)beta;
  return (struct average){.kept = kept, .kept_rest = (float)(beta - (double)kept), .added = (float)(1.0 - beta)};
}

struct update {
  enum update_kind kind;
  float *gradient;                 /* UPDATE_STORE writes it; packed survivors and biases go through it in any case */
  float *weights, *first, *second; /* parameters and state; first is NULL for SGD without momentum */
  float rate;                      /* Adam: rate * sqrt(1 - beta2^t) / (1 - beta1^t) */
  float epsilon;                   /* Adam: epsilon * sqrt(1 - beta2^t) */
  float decay, momentum;
  struct average first_average, second_average; /* Adam's moments */
  bool nesterov;
  const uint16_t *kept_bits; /* dense: bit i of kept_bits[block] keeps parameter ROW_STEP block + i; NULL: all */
};

struct update_kernels {
  /* The update with update->gradient. A range of parameters ends at a multiple of ROW_STEP, too: they are padded. */
  void (*apply)(const struct update *update, struct range parameters);
};

#endif
