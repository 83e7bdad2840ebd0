/* An executor: a plan with its memory, and the two passes. */
#ifndef RUN_EXECUTOR_H
#define RUN_EXECUTOR_H

#include "run/input.h"
#include "run/plan.h"

struct ahead;
struct executor;
struct gradient_sink;

/* What a pass runs on. The parameters may be other values than the network's own, in any layout of its tensors. So an
 * executor also gives the outputs and gradients of other weights, and the gradients of pruned ones. */
struct pass {
  const struct parameters *parameters;
  const struct input *input; /* what the executor's feed returned */
  int64_t count;             /* examples */
  struct ahead *ahead;       /* memory to prefetch meanwhile, or NULL */
};

/* An executor for batches of up to `tiles` tiles of a finished network, which must outlive it. training: whether
 * executor_backward will be used. bytes: see feed_create. It is an object (OBJECT_EXECUTOR). NULL when memory is out
 * (message set).
 */
struct executor *executor_create(struct lottery_network *network, int64_t tiles, bool training, bool bytes);

int64_t executor_tiles(const struct executor *executor);
struct input_feed *executor_feed(struct executor *executor);

/* The output of a forward pass; in training also the gradient of the output, to fill before the backward pass, and room
 * for the targets of a loss. All [tile][output feature][lane]. */
const float *executor_output(const struct executor *executor);
float *executor_output_gradient(struct executor *executor);
float *executor_targets(struct executor *executor);

/* Makes room for the gradient of the network's input, [tile][input feature][lane]; and the gradient that the last
 * backward pass with `inputs` made there. */
lottery_status executor_want_input_gradient(struct executor *executor);
const float *executor_input_gradient(const struct executor *executor);

/* The passes over a batch; a backward pass follows the forward pass of the same batch, once. It hands the gradient of
 * every parameter to the sink, whose arrays have the layout of pass->parameters. inputs: it also makes the gradient of
 * the network's input, for which there must be room. */
void executor_forward(struct executor *executor, const struct pass *pass);
void executor_backward(struct executor *executor, const struct pass *pass, const struct gradient_sink *sink,
                       bool inputs);

#endif
