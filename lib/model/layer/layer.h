/* A kind of layer: its attributes, its tensors, and its two passes. Each kind has its own file. */
#ifndef MODEL_LAYER_LAYER_H
#define MODEL_LAYER_LAYER_H

#include "kernels/input.h"
#include "kernels/update.h"
#include "model/network.h"

/* Where the gradients of a backward pass go. */
struct gradient_sink {
  struct update update; /* for weights: kind and numbers; `gradient`, `first` and `second` are flat arrays */
  float other_decay;    /* the decay of parameters that are not weights */
};

/* One pass through one node. Activations are batch-innermost tiles (kernels/tile.h).
 *
 * Lanes past the batch. The outputs there may have any values, but the output gradient of a backward pass is 0 there.
 * Every kind's backward pass keeps this rule: the input gradients that it makes are 0 there, too, and the gradients of
 * parameters do not depend on the inputs there, as long as these are finite. */
struct layer_call {
  const struct kernels *kernels;
  const struct node *node;
  const struct parameters *parameters;   /* not always the network's own */
  int64_t count;                         /* examples */
  int64_t tiles;                         /* that they fill */
  bool training;                         /* a backward pass follows, or this is one */
  struct input input;                    /* the first input */
  const float *inputs[NODE_INPUT_LIMIT]; /* the first is NULL if it is in bfloat16: LAYER_READS_HALVES */
  float *output;
  bool relu;           /* LAYER_TAKES_RELU: apply a ReLU to the output */
  int32_t *choice;     /* the choice of the batch's forward pass, for its backward pass */
  float *kept;         /* values kept from the forward for the backward pass, layer_needs.kept floats a tile */
  struct ahead *ahead; /* memory that a layer prefetches while it reads the network's input, or NULL */
  /* Only in the backward pass: */
  const float *output_gradient;
  float *input_gradients[NODE_INPUT_LIMIT]; /* NULL where nothing needs it */
  bool accumulate[NODE_INPUT_LIMIT];        /* add to the input gradient instead of writing it */
  bool slope; /* LAYER_TAKES_SLOPE: the input is a ReLU's output; multiply the input gradient with its slope */
  const struct gradient_sink *sink;
  float *workspace; /* layer_needs.workspace floats */
};

/* A number that determines a layer's shape and tensors. Files name it. */
struct attribute {
  const char *name;
  bool real; /* else an integer */
  double least, most;
};

/* What a plan may do with layers of a kind. */
enum {
  LAYER_IN_PLACE = 1 << 0,        /* it may write its output over its input */
  LAYER_BACKWARD_INPUT = 1 << 1,  /* its backward pass reads its inputs */
  LAYER_BACKWARD_OUTPUT = 1 << 2, /* its backward pass reads its output */
  LAYER_READS_HALVES = 1 << 3,    /* it reads `input`, and so inputs in bfloat16 */
  LAYER_IS_RELU = 1 << 4,         /* it is a ReLU, which others may compute for it: */
  LAYER_TAKES_RELU = 1 << 5,      /* forwards that of the ReLU after it (layer_call.relu), */
  LAYER_TAKES_SLOPE = 1 << 6      /* backwards that of the ReLU before it (layer_call.slope) */
};

/* Memory that a layer needs beside its activations, in floats. */
struct layer_needs {
  int64_t workspace; /* of a worker, during one pass */
  int64_t kept;      /* a tile, from the forward pass to the backward pass */
};

struct layer_kind {
  const char *name;   /* by which files know it */
  const char *prefix; /* of its tensors' names; each prefix is numbered separately; NULL: it has no tensors */
  int32_t inputs_least, inputs_most;
  int32_t attribute_count, option_count;
  const struct attribute *attributes; /* [attribute_count], at most NODE_ATTRIBUTE_LIMIT */
  const int32_t *options;             /* [option_count] keys of LOTTERY_NODE_… that it has */
  uint32_t traits;                    /* LAYER_… */
  /* Sets rank, shape and features of a node whose inputs and attributes are known. */
  lottery_status (*shape)(struct lottery_network *network, struct node *node);
  /* Describes the tensors of layer number `number` of its prefix (name, shape; role and fans), at most
   * NODE_TENSOR_LIMIT, and returns how many. With `prefix`. */
  int32_t (*tensors)(const struct lottery_network *network, const struct node *node, int32_t number,
                     struct tensor *tensors, struct parameter *parameters);
  /* What training on batches of up to `count` examples needs beside activations; NULL: nothing. */
  void (*needs)(const struct lottery_network *network, const struct node *node, int64_t count,
                struct layer_needs *needs);
  void (*forward)(const struct layer_call *call);
  void (*backward)(const struct layer_call *call);
};

extern const struct layer_kind layer_input, layer_dense, layer_relu, layer_tanh, layer_sigmoid, layer_add;

/* All kinds. */
enum { LAYER_KIND_LIMIT = 32 };
extern const struct layer_kind *const layer_kinds[];
extern const int32_t layer_kind_count;

/* The kind of this name, or NULL. */
const struct layer_kind *layer_find(const char *name);

/* The index of the first kind with the same prefix: where to count its layers. */
int32_t layer_prefix_index(const struct layer_kind *kind);

/* Whether a kind has the option `key`, LOTTERY_NODE_…. */
bool layer_takes_option(const struct layer_kind *kind, int32_t key);

/* The sink's update for one tensor. */
struct update layer_update(const struct parameters *parameters, int64_t tensor, const struct gradient_sink *sink);

#endif
