/* Runs the graph forwards and backwards over buffers that are allocated once. */
#include "model/executor.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"
#include "kernels/ahead.h"
#include "kernels/kernels.h"
#include "kernels/nonzeros.h"
#include "kernels/sparse_index.h"
#include "model/layer/layer.h"

struct executor {
  struct lottery_network *network;
  int64_t tiles;
  float **values;    /* per node; a node in place shares its input's */
  float **gradients; /* per node, or NULL without gradients; the input node has none unless it is the output */
  bool *written;     /* per node, during a backward pass: whether its gradient has a value */
  float *targets;
  float *workspace;
  bool input_takes_halves; /* by all that read the input node, so that it may be bfloat16 */
  struct input input;
  struct ahead ahead;
  uint16_t *live_bits; /* the input features that are not 0 in the whole batch: struct input */
  int32_t *live;
  struct nonzeros *nonzeros; /* each example's inputs that are not 0, or NULL: never listed */
};

/* One buffer a node that is not in place; nodes are in topological order, so an input's buffer exists already. */
static bool allocate_buffers(struct executor *executor, float **buffers, int32_t first) {
  struct lottery_network *network = executor->network;
  for (int32_t i = first; i < network->node_count; i++) {
    const struct node *node = &network->nodes[i];
    if (node->in_place) {
      buffers[i] = buffers[node->inputs[0]];
      continue;
    }
    int64_t count;
    if (!arithmetic_multiply(node->features, executor->tiles * BATCH_TILE, &count)) count = INT64_MAX;
    buffers[i] = memory_allocate(network->object.context, count, sizeof(float));
    if (buffers[i] == NULL) return false;
  }
  return true;
}

static void release_buffers(struct executor *executor, float **buffers) {
  struct lottery_network *network = executor->network;
  for (int32_t i = 0; buffers != NULL && i < network->node_count; i++)
    if (!network->nodes[i].in_place) memory_release(network->object.context, buffers[i]);
  memory_release(network->object.context, buffers);
}

void executor_destroy(struct executor *executor) {
  if (executor == NULL) return;
  struct lottery_context *context = executor->network->object.context;
  release_buffers(executor, executor->values);
  release_buffers(executor, executor->gradients);
  memory_release(context, executor->written);
  memory_release(context, executor->targets);
  memory_release(context, executor->workspace);
  memory_release(context, executor->live);
  memory_release(context, executor->live_bits);
  nonzeros_destroy(context, executor->nonzeros);
  memory_release(context, executor);
}

static int64_t workspace_floats(const struct lottery_network *network, int64_t count) {
  int64_t most = 0;
  for (int32_t i = 0; i < network->node_count; i++) {
    const struct node *node = &network->nodes[i];
    const int64_t floats = node->kind->workspace != NULL ? node->kind->workspace(network, node, count) : 0;
    if (floats > most) most = floats;
  }
  return most;
}

static bool every_reader_takes_halves(const struct lottery_network *network) {
  bool all = network->output != 0;
  for (int32_t i = 1; i < network->node_count; i++)
    for (int32_t j = 0; j < network->nodes[i].input_count; j++)
      all = all && (network->nodes[i].inputs[j] != 0 || (network->nodes[i].kind->traits & LAYER_READS_HALVES) != 0);
  return all;
}

/* Whether a layer that reads the input has rows enough to gain by going over what is not 0 alone, if it is dense; now:
 * and is dense. */
static bool has_wide_reader(const struct lottery_network *network, bool now) {
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const struct tensor_layout *tensor = &network->parameters.layout->tensors[i];
    if (network->parameter[i].reads_input && network->parameter[i].mask_tensor >= 0 && tensor->rows >= NONZERO_ROWS &&
        !(now && tensor->index != NULL))
      return true;
  }
  return false;
}

struct executor *executor_create(struct lottery_network *network, int64_t tiles, bool gradients, bool bytes) {
  struct lottery_context *context = network->object.context;
  struct executor *executor = memory_allocate(context, 1, sizeof *executor);
  if (executor == NULL) return NULL;
  executor->network = network;
  executor->tiles = tiles;
  executor->input_takes_halves = every_reader_takes_halves(network);
  executor->values = memory_allocate(context, network->node_count, sizeof *executor->values);
  bool complete = executor->values != NULL && allocate_buffers(executor, executor->values, 0);
  if (complete) { /* as large as the output's buffer and smaller than the input's, so the products fit */
    executor->targets = memory_allocate(context, network_outputs(network) * tiles * BATCH_TILE, sizeof(float));
    executor->live = memory_allocate(context, network_inputs(network), sizeof *executor->live);
    executor->live_bits = memory_allocate(context, arithmetic_round_up(network_inputs(network), LIVE_STEP) / ROW_STEP,
                                          sizeof *executor->live_bits);
    complete = executor->targets != NULL && executor->live != NULL && executor->live_bits != NULL;
    if (complete && bytes && executor->input_takes_halves && has_wide_reader(network, false))
      complete = nonzeros_create(context, network_inputs(network), tiles, gradients, &executor->nonzeros);
  }
  if (complete && gradients) {
    executor->gradients = memory_allocate(context, network->node_count, sizeof *executor->gradients);
    executor->written = memory_allocate(context, network->node_count, sizeof *executor->written);
    complete =
        executor->gradients != NULL && executor->written != NULL &&
        allocate_buffers(executor, executor->gradients, network->output == 0 ? 0 : 1); /* the input may be the output */
    executor->workspace = memory_allocate(context, workspace_floats(network, tiles * BATCH_TILE), sizeof(float));
    complete = complete && executor->workspace != NULL;
  }
  if (complete) return executor;
  executor_destroy(executor);
  return NULL;
}

int64_t executor_tiles(const struct executor *executor) { return executor->tiles; }
float *executor_input(struct executor *executor) {
  executor->input = (struct input){.values = executor->values[0], .scale = 1.0F};
  return executor->values[0];
}

bool executor_input_halves(struct executor *executor, float scale, struct gathered *to) {
  if (!executor->input_takes_halves) return false;
  const int64_t blocks = arithmetic_round_up(network_inputs(executor->network), LIVE_STEP) / ROW_STEP;
  memset(executor->live_bits, 0, (size_t)blocks * sizeof *executor->live_bits);
  to->live_bits = executor->live_bits;
  to->halves = (uint16_t *)(void *)executor->values[0]; /* half of the room for float32 */
  to->nonzeros = has_wide_reader(executor->network, true) ? executor->nonzeros : NULL;
  if (to->nonzeros != NULL) to->nonzeros->count = 0;
  executor->input = (struct input){.halves = to->halves, .scale = scale, .nonzeros = to->nonzeros};
  return true;
}

void executor_ask_ahead(struct executor *executor, const struct ahead *ahead) {
  executor->ahead = *ahead;
  executor->input.ahead = &executor->ahead;
  ahead_begin(&executor->ahead);
}

float *executor_output(struct executor *executor) { return executor->values[executor->network->output]; }
float *executor_output_gradient(struct executor *executor) { return executor->gradients[executor->network->output]; }

float *executor_targets(struct executor *executor) { return executor->targets; }

/* Which forms of layers that can leave out dead inputs there are. */
struct readers {
  bool dense, packed;
};

static struct readers readers_that_skip(const struct executor *executor) {
  const struct lottery_network *network = executor->network;
  struct readers readers = {false, false};
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const struct sparse_index *index = network->parameters.layout->tensors[i].index;
    if (!network->parameter[i].reads_input || network->parameter[i].mask_tensor < 0) continue;
    if (index == NULL)
      readers.dense = true;
    else if (executor->gradients != NULL && network->kernels->skips_dead && sparse_may_skip(index))
      readers.packed = true;
  }
  return readers;
}

/* Lists what the bits say and returns how many; live may be NULL. */
static int64_t list_live(const uint16_t *live_bits, int64_t features, int32_t *live) {
  int64_t count = 0;
  for (int64_t block = 0; block * ROW_STEP < features; block++) {
    if (live == NULL) count += __builtin_popcount(live_bits[block]);
    for (uint32_t bits = live_bits[block]; live != NULL && bits != 0; bits &= bits - 1)
      live[count++] = (int32_t)(block * ROW_STEP + __builtin_ctz(bits));
  }
  return count;
}

/* Finds the input's live features where a layer can skip the others, and enough are to skip. */
static void find_live(struct executor *executor, int64_t tiles) {
  struct input *input = &executor->input;
  const struct kernels *kernels = executor->network->kernels;
  const struct readers readers = readers_that_skip(executor);
  input->features = network_inputs(executor->network);
  input->live_bits = NULL, input->live = NULL;
  if (!readers.dense && !readers.packed) return;
  if (input->values != NULL) kernels->find_live(input->values, input->features, tiles, executor->live_bits);
  input->live_count = list_live(executor->live_bits, input->features, readers.dense ? executor->live : NULL);
  if (input->live_count > input->features * 15 / 16) return;
  input->live_bits = executor->live_bits;
  if (readers.dense) input->live = executor->live;
}

static struct layer_call call_of(struct executor *executor, int32_t index, int64_t count) {
  struct lottery_network *network = executor->network;
  const struct node *node = &network->nodes[index];
  const int32_t first = node->inputs[0];
  struct layer_call call = {
      .kernels = network->kernels,
      .node = node,
      .parameters = &network->parameters,
      .count = count,
      .tiles = (count + BATCH_TILE - 1) / BATCH_TILE,
      .training = executor->gradients != NULL,
      .input = {.values = executor->values[first], .scale = 1.0F, .features = network->nodes[first].features},
      .output = executor->values[index],
      .relu = node->relu,
      .slope = network->nodes[first].fused_backward,
      .workspace = executor->workspace};
  if (first == 0) call.input = executor->input;
  for (int32_t i = 0; i < node->input_count; i++) call.inputs[i] = executor->values[node->inputs[i]];
  if (first == 0 && executor->input.values == NULL) call.inputs[0] = NULL;
  return call;
}

void executor_forward(struct executor *executor, int64_t count) {
  find_live(executor, (count + BATCH_TILE - 1) / BATCH_TILE);
  for (int32_t i = 1; i < executor->network->node_count; i++) {
    const struct layer_call call = call_of(executor, i, count);
    if (!call.node->fused) call.node->kind->forward(&call);
  }
  struct ahead *ahead = executor->input.ahead;
  if (ahead != NULL && ahead->asked == 0) ahead_reach(ahead, 1, 1); /* no layer does */
}

void executor_backward(struct executor *executor, int64_t count, const struct gradient_sink *sink) {
  struct lottery_network *network = executor->network;
  memset(executor->written, 0, (size_t)network->node_count * sizeof *executor->written);
  for (int32_t i = network->node_count - 1; i > 0; i--) {
    struct layer_call call = call_of(executor, i, count);
    call.output_gradient = executor->gradients[i];
    call.sink = sink;
    for (int32_t j = 0; j < call.node->input_count; j++) {
      const int32_t input = call.node->inputs[j];
      call.input_gradients[j] = executor->gradients[input];
      call.accumulate[j] = executor->written[input];
      executor->written[input] = true;
    }
    if (!call.node->fused_backward) call.node->kind->backward(&call);
  }
}
