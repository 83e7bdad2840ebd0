/* A layer kind: how its shape follows from its inputs, which tensors it has, and its two passes. One file a kind. */
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H

#include "kernels/kernels.h"
#include "model/network.h"

/* What becomes of the gradients of a backward pass. */
struct gradient_sink {
  struct update update; /* for weights: kind and numbers; `gradient`, `first` and `second` are flat arrays */
  float bias_decay;     /* the decay of biases */
};

/* One pass through one node. Activations are batch-innermost tiles (kernels.h). */
struct layer_call {
  const struct kernels *kernels;
  struct lottery_network *network;
  const struct node *node;
  int64_t count;                         /* examples */
  int64_t tiles;                         /* that they fill */
  bool training;                         /* a backward pass follows, or this is one */
  struct panel panel;                    /* the first input */
  const float *inputs[NODE_INPUT_LIMIT]; /* the first is NULL where the panel is bfloat16: reads_panel */
  float *output;
  const float *output_gradient;             /* backward only, as all that follows */
  float *input_gradients[NODE_INPUT_LIMIT]; /* NULL where nobody needs it */
  bool accumulate[NODE_INPUT_LIMIT];        /* add to the input gradient instead of writing it */
  const struct gradient_sink *sink;
  float *workspace; /* layer_kind.workspace floats */
};

struct layer_kind {
  const char *name;
  bool has_units;    /* takes `units`, and has the option LOTTERY_NODE_BIAS */
  bool in_place;     /* may write its output over its input */
  bool reads_output; /* the backward pass needs its own output, so that nobody may write over it */
  bool reads_panel;  /* takes its input as a panel of either kind */
  bool reads_two;    /* has two inputs; all others but the input node have one */
  /* Sets rank, shape and features of a node whose inputs are known. */
  lottery_status (*shape)(struct lottery_network *network, struct node *node, int64_t units);
  /* Describes the tensors of layer number `number` (from 1) and returns how many; NULL: none. */
  int32_t (*tensors)(const struct lottery_network *network, const struct node *node, int32_t number,
                     struct tensor *tensors, struct parameter *parameters);
  /* Floats of workspace for a batch of `count`; NULL: none. */
  int64_t (*workspace)(const struct lottery_network *network, const struct node *node, int64_t count);
  void (*forward)(const struct layer_call *call);
  void (*backward)(const struct layer_call *call);
};

/* The sink's update for one tensor of the network. */
struct update layer_update(struct lottery_network *network, int64_t tensor, const struct gradient_sink *sink);

extern const struct layer_kind layer_input, layer_dense, layer_relu, layer_tanh, layer_sigmoid, layer_add;

/* The kind of this name, by which files know it, or NULL. */
const struct layer_kind *layer_find(const char *name);

#endif
