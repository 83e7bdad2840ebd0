/* A layer kind: how its shape follows from its inputs, which tensors it has, and its two passes. One file a kind. */
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H

#include "model/network.h"

struct kernels;
struct micro_kernel;

/* One pass through one node. Activations are batch-innermost tiles (kernels.h), `tiles` of them. */
struct layer_call {
  const struct kernels *kernels;
  const struct lottery_network *network;
  const struct node *node;
  int64_t tiles;
  int64_t input_features;
  const float *inputs[NODE_INPUT_LIMIT];
  float *output;
  const float *output_gradient;             /* backward only, as all that follows */
  float *input_gradients[NODE_INPUT_LIMIT]; /* NULL where nobody needs it */
  bool accumulate[NODE_INPUT_LIMIT];        /* add to the input gradient instead of writing it */
  float *parameter_gradient;                /* laid out as network->parameters; the layer adds to its tensors */
  float *workspace;                         /* layer_kind.workspace floats */
};

struct layer_kind {
  const char *name;
  bool has_units;    /* takes `units`, and has the option LOTTERY_NODE_BIAS */
  bool in_place;     /* may write its output over its input */
  bool reads_output; /* the backward pass needs its own output, so that nobody may write over it */
  /* Sets rank, shape and features of a node whose inputs are known. */
  lottery_status (*shape)(struct lottery_network *network, struct node *node, int64_t units);
  /* Describes the tensors of layer number `number` (from 1) and returns how many; NULL: none. */
  int32_t (*tensors)(const struct lottery_network *network, const struct node *node, int32_t number,
                     struct tensor *tensors, struct parameter *parameters);
  int64_t (*workspace)(const struct lottery_network *network, const struct node *node); /* NULL: none */
  void (*forward)(const struct layer_call *call);
  void (*backward)(const struct layer_call *call);
};

extern const struct layer_kind layer_input, layer_dense, layer_relu, layer_tanh, layer_sigmoid, layer_add;

#endif
