/* A network: a graph of nodes in the order they were added (which is topological), and the parameters of its layers. */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include <stdatomic.h>

#include "base/object.h"
#include "base/option.h"
#include "model/layout.h"
#include "model/mask.h"
#include "model/parameter.h"
#include "model/tensor.h"

struct kernels;
struct layer_kind;

enum { NODE_RANK_LIMIT = 3, NODE_INPUT_LIMIT = 2, NODE_TENSOR_LIMIT = 4, NODE_ATTRIBUTE_LIMIT = 12 };

/* The value of an attribute (layer/layer.h). */
union attribute_value {
  int64_t integer;
  double real;
};

struct node {
  const struct layer_kind *kind;
  int32_t input_count;
  int32_t inputs[NODE_INPUT_LIMIT];
  union attribute_value attributes[NODE_ATTRIBUTE_LIMIT]; /* in the order of the kind's list */
  int32_t rank;
  int64_t shape[NODE_RANK_LIMIT];
  int64_t features; /* the product of the shape */
  struct option_values options;
  int32_t tensors[NODE_TENSOR_LIMIT]; /* indices in the kind's order, -1 past the last; set by finishing */
};

struct lottery_network {
  struct object object;
  const struct kernels *kernels;
  int32_t node_count, node_capacity;
  struct node *nodes;
  int32_t output; /* node, valid once finished */
  bool finished;
  bool running;     /* a trainer is inside lottery_trainer_run: changes are refused */
  bool filled;      /* its weights were set: they are no longer the zeros of a new network */
  uint64_t version; /* grows with every change of the weights or the mask */
  int64_t tensor_count;
  struct tensor *tensors;
  struct parameter *parameter; /* [tensor_count] */
  struct option_values options;
  struct parameters parameters; /* their layout holds the mask */
  struct tensor *prunable;      /* the tensors that a mask covers, in order */
  int64_t *prunable_tensors;    /* their indices */
  int64_t prunable_count;
  struct object *predictor; /* the executor for predict and evaluate, or NULL; made at their first call */
};

/* Creates a network without nodes; NULL when memory is out (message set). */
struct lottery_network *network_create(struct lottery_context *context);

/* Building, see the functions of the same names in lottery.h. */
lottery_status network_add_input(struct lottery_network *network, int32_t rank, const int64_t *shape, int32_t *node);
lottery_status network_add_layer(struct lottery_network *network, const struct layer_kind *kind, int32_t input_count,
                                 const int32_t *inputs, const union attribute_value *attributes, int32_t *node);
lottery_status network_check_node(struct lottery_network *network, const char *argument, int32_t node);

/* mask (retained): the mask that the network begins with, so that its weights never exist in dense form; or NULL. */
lottery_status network_finish(struct lottery_network *network, int32_t output, struct lottery_mask *mask);

/* LOTTERY_ERROR_STATE with a message, unless the network is still unfinished; is finished; is finished and not in a
 * running trainer. */
lottery_status network_require_open(struct lottery_network *network);
lottery_status network_require_finished(struct lottery_network *network);
lottery_status network_require_idle(struct lottery_network *network);

/* LOTTERY_ERROR_STATE with a message while the weights are the zeros of a new network: every unit of a layer would
 * learn the same, or nothing. */
lottery_status network_require_filled(struct lottery_network *network);

/* Another network of the same graph, options, mask and values; NULL when memory is out. */
struct lottery_network *network_copy(struct lottery_network *network);

/* The preset called `name`, finished. */
lottery_status network_preset(struct lottery_context *context, const char *name, struct lottery_network **out);

/* Features of input and output of a finished network. */
int64_t network_inputs(const struct lottery_network *network);
int64_t network_outputs(const struct lottery_network *network);

/* Fills the weights (initialise.c); scheme is valid. MEMORY leaves everything as it was. */
lottery_status network_initialise(struct lottery_network *network, int32_t scheme, uint64_t seed);

/* The weights were changed through network->parameters. */
static inline void network_touch(struct lottery_network *network) {
  network->filled = true;
  network->version++;
}

/* Copies one tensor's values, of its full shape, out and in. Pruned weights are 0 and stay 0. */
void network_read(const struct lottery_network *network, int64_t tensor, float *values);
void network_write(struct lottery_network *network, int64_t tensor, const float *values);
/* The same of what its mask keeps, in the order of elements. */
void network_write_survivors(struct lottery_network *network, int64_t tensor, const float *values);

/* See lottery_network_set_real: a new CROSSOVER converts the parameters to their form under it. */
lottery_status network_set_real(struct lottery_network *network, int32_t key, double value);
double network_crossover(const struct lottery_network *network);

/* Elements of the largest tensor. */
int64_t network_largest_tensor(const struct lottery_network *network);

/* The parameters in the layout of another mask (NULL: none) and crossover. network_take puts them into use when nothing
 * can fail any more. MEMORY leaves everything as it was. */
lottery_status network_convert(struct lottery_network *network, struct lottery_mask *mask, double crossover,
                               struct parameters *converted);
void network_take(struct lottery_network *network, struct parameters *converted);

/* The mask, or NULL: nothing is pruned. */
struct lottery_mask *network_mask(const struct lottery_network *network);

/* Sets the mask (retained; NULL: none) and drops the weights that it prunes. The mask is known to match. MEMORY leaves
 * everything as it was. */
lottery_status network_set_mask(struct lottery_network *network, struct lottery_mask *mask);

/* LOTTERY_ERROR_SHAPE with a message unless the mask covers exactly the network's prunable tensors. */
lottery_status network_check_mask_shape(struct lottery_network *network, const struct lottery_mask *mask);
/* The same for a network that will have these prunable tensors. */
lottery_status network_compare_mask(struct lottery_context *context, const struct lottery_mask *mask,
                                    const struct tensor *prunable, int64_t prunable_count);

/* A mask of ones, or NULL when memory is out (message set). */
struct lottery_mask *network_ones(struct lottery_network *network);

/* The network's mask retained, or a new one of ones; NULL when memory is out. */
struct lottery_mask *network_current_mask(struct lottery_network *network);

/* The first weight that `mask` (NULL: nothing) prunes and that is not 0: LOTTERY_ERROR_MASK, tensor and element in
 * `where`. */
lottery_status network_check_pruned(struct lottery_network *network, const struct lottery_mask *mask, int64_t where[2]);

#endif
