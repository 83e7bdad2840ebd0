/* A plan: which steps run a graph, what each does beside its own layer, and where its buffers are. Training and
 * inference compile the same graph by different rules. */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "model/network.h"

/* The place of a buffer: where it begins in the executor's memory, in floats, or one of these. */
enum {
  PLACE_NONE = -1, /* no buffer, since nothing needs it */
  PLACE_INPUT = -2 /* the network's input, which the feed holds */
};

/* One node's part. Values and gradients are [tile][feature][lane]. */
struct step {
  const struct node *node;
  bool forward, backward; /* whether the layer itself computes in this pass; another one may do it instead */
  bool relu, slope;       /* see struct layer_call */
  bool accumulate[NODE_INPUT_LIMIT];
  int64_t inputs[NODE_INPUT_LIMIT], output; /* places, as the next three */
  int64_t kept;                             /* what the forward pass keeps for the backward pass */
  int64_t output_gradient, input_gradients[NODE_INPUT_LIMIT];
};

struct plan {
  int32_t node_count;
  struct step *steps; /* [node_count], in the order of nodes; the input's, number 0, is not used */
  int64_t output, output_gradient;
  int64_t floats;    /* of all buffers */
  int64_t workspace; /* floats that a worker needs for the largest step */
};

/* Compiles a finished network for batches of up to `tiles` tiles, in time proportional to the number of nodes.
 * training: one backward pass follows each forward pass. On MEMORY there is no plan to release. */
lottery_status plan_create(const struct lottery_network *network, int64_t tiles, bool training, struct plan *plan);
void plan_release(struct lottery_context *context, struct plan *plan);

#endif
