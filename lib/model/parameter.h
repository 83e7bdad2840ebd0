/* What a parameter tensor is to its layer. */
#ifndef MODEL_PARAMETER_H
#define MODEL_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

/* The role of a tensor. The functions below derive from it what may happen to the tensor; its name, its shape, and
 * whether masks cover it do not matter. */
enum parameter_role {
  PARAMETER_WEIGHT,
  PARAMETER_BIAS,
  PARAMETER_SCALE,    /* of a normalisation */
  PARAMETER_SHIFT,    /* of a normalisation */
  PARAMETER_STATISTIC /* kept by a layer, not trained: a running mean */
};

/* Whether masks may cover it. */
static inline bool role_is_prunable(enum parameter_role role) { return role == PARAMETER_WEIGHT; }

/* Whether it has a gradient and optimiser steps. */
static inline bool role_is_trained(enum parameter_role role) { return role != PARAMETER_STATISTIC; }

/* Whether it decays by WEIGHT_DECAY; the others decay only with DECAY_BIASES. */
static inline bool role_decays(enum parameter_role role) { return role == PARAMETER_WEIGHT; }

/* The initial value of every element; weights have random values instead. */
static inline float role_initial(enum parameter_role role) { return role == PARAMETER_SCALE ? 1.0F : 0.0F; }

/* Parallel to the list of tensors. */
struct parameter {
  enum parameter_role role;
  int64_t fan_in, fan_out; /* of weights: for their initial values */
  int32_t node;            /* whose layer it belongs to */
  int32_t mask_tensor;     /* its index in a mask, or -1 if masks do not cover it */
  bool next_to_output;     /* the pruner's OUTPUT_FACTOR applies */
  bool reads_input;        /* its layer reads the network's input, whose gradient is seldom wanted */
};

#endif
