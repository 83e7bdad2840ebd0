/* An executor: the memory of activations and gradients for a network and a number of tiles, and the two passes. */
#ifndef MODEL_EXECUTOR_H
#define MODEL_EXECUTOR_H

#include "model/network.h"

struct executor;
struct ahead;
struct gathered;
struct gradient_sink;

/* For at most `tiles` tiles; gradients: whether executor_backward will be used; bytes: whether the input may come as
 * whole numbers, so that there is to be room for lists of them. NULL when memory is out (message set). The network must
 * outlive it. */
struct executor *executor_create(struct lottery_network *network, int64_t tiles, bool gradients, bool bytes);
void executor_destroy(struct executor *executor);

int64_t executor_tiles(const struct executor *executor);

/* The input to fill before a forward pass, [tile][feature][lane]; the output after it; the gradient of the output to
 * fill before a backward pass. */
float *executor_input(struct executor *executor);
float *executor_output(struct executor *executor);
float *executor_output_gradient(struct executor *executor);

/* The input to fill as whole numbers in bfloat16 instead, each counting `scale`; false when a layer of this network
 * cannot read it. */
bool executor_input_halves(struct executor *executor, float scale, struct gathered *to);

/* What the passes of the input that was filled last ask for meanwhile (kernels/ahead.h): what it points to must be
 * there until both are done. */
void executor_ask_ahead(struct executor *executor, const struct ahead *ahead);

/* Room for the targets of a loss, [tile][output feature][lane]. */
float *executor_targets(struct executor *executor);

/* The passes over a batch of `count` examples, of the input that was filled last. The backward pass hands the gradient
 * of every parameter to the sink. */
void executor_forward(struct executor *executor, int64_t count);
void executor_backward(struct executor *executor, int64_t count, const struct gradient_sink *sink);

#endif
