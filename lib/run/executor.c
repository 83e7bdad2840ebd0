/* Running a plan forwards and backwards in memory that is allocated once. */
#include "run/executor.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"
#include "kernels/ahead.h"
#include "model/layer/layer.h"

struct executor {
  struct object object;
  const struct lottery_network *network;
  int64_t tiles;
  bool training;
  struct plan plan;
  struct input_feed feed;
  float *buffers;        /* plan.floats */
  float *input_gradient; /* [tile][input feature][lane]; NULL until somebody wants it */
  float *targets;        /* [tile][output feature][lane] */
  float *workspace;      /* plan.workspace */
  int32_t *choices;      /* [node]: see layer_call.choice */
};

static void finalise(void *self) {
  struct executor *executor = self;
  struct lottery_context *context = executor->object.context;
  plan_release(context, &executor->plan);
  feed_destroy(&executor->feed);
  memory_release(context, executor->buffers);
  memory_release(context, executor->input_gradient);
  memory_release(context, executor->targets);
  memory_release(context, executor->workspace);
  memory_release(context, executor->choices);
}

struct executor *executor_create(struct lottery_network *network, int64_t tiles, bool training, bool bytes) {
  struct lottery_context *context = network->object.context;
  struct executor *executor = object_create(context, OBJECT_EXECUTOR, sizeof *executor, finalise);
  if (executor == NULL) return NULL;
  executor->network = network;
  executor->tiles = tiles;
  executor->training = training;
  bool complete = feed_create(&executor->feed, network, tiles, training, bytes) &&
                  plan_create(network, tiles, training, &executor->plan) == LOTTERY_OK;
  if (complete) { /* the targets are as large as the output's buffer, so the product fits */
    executor->buffers = memory_allocate(context, executor->plan.floats, sizeof(float));
    executor->targets = memory_allocate(context, network_outputs(network) * tiles * BATCH_TILE, sizeof(float));
    executor->workspace = memory_allocate(context, executor->plan.workspace, sizeof(float));
    executor->choices = memory_allocate(context, network->node_count, sizeof *executor->choices);
    complete = executor->buffers != NULL && executor->targets != NULL && executor->workspace != NULL &&
               executor->choices != NULL;
  }
  if (complete) return executor;
  object_release(executor);
  return NULL;
}

int64_t executor_tiles(const struct executor *executor) { return executor->tiles; }
struct input_feed *executor_feed(struct executor *executor) {
  return &executor->feed;
}

/* The buffer at a place, NULL where there is none. */
static float *at(const struct executor *executor, int64_t place) {
  if (place == PLACE_INPUT) return executor->feed.values;
  return place == PLACE_NONE ? NULL : executor->buffers + place;
}

const float *executor_output(const struct executor *executor) { return at(executor, executor->plan.output); }
float *executor_output_gradient(struct executor *executor) { return at(executor, executor->plan.output_gradient); }
float *executor_targets(struct executor *executor) { return executor->targets; }

lottery_status executor_want_input_gradient(struct executor *executor) {
  if (executor->input_gradient != NULL) return LOTTERY_OK;
  int64_t floats;
  if (!arithmetic_multiply(network_inputs(executor->network), executor->tiles * BATCH_TILE, &floats))
    return context_fail(executor->object.context, LOTTERY_ERROR_MEMORY, "network: its inputs do not fit a 64-bit size");
  executor->input_gradient = memory_allocate(executor->object.context, floats, sizeof(float));
  return executor->input_gradient != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

const float *executor_input_gradient(const struct executor *executor) {
  return executor->network->output == 0 ? at(executor, executor->plan.output_gradient) : executor->input_gradient;
}

static struct layer_call call_of(const struct executor *executor, const struct pass *pass, int32_t index) {
  const struct step *step = &executor->plan.steps[index];
  const struct node *node = step->node;
  struct layer_call call = {.kernels = executor->network->kernels,
                            .node = node,
                            .parameters = pass->parameters,
                            .count = pass->count,
                            .tiles = (pass->count + BATCH_TILE - 1) / BATCH_TILE,
                            .training = executor->training,
                            .input = *pass->input,
                            .output = at(executor, step->output),
                            .relu = step->relu,
                            .choice = &executor->choices[index],
                            .kept = at(executor, step->kept),
                            .slope = step->slope,
                            .workspace = executor->workspace};
  for (int32_t i = 0; i < node->input_count; i++)
    call.inputs[i] = step->inputs[i] == PLACE_INPUT ? pass->input->values : at(executor, step->inputs[i]);
  if (node->inputs[0] == 0)
    call.ahead = pass->ahead;
  else
    call.input = (struct input){
        .values = call.inputs[0], .scale = 1.0F, .features = executor->network->nodes[node->inputs[0]].features};
  return call;
}

void executor_forward(struct executor *executor, const struct pass *pass) {
  for (int32_t i = 1; i < executor->plan.node_count; i++) {
    if (!executor->plan.steps[i].forward) continue;
    const struct layer_call call = call_of(executor, pass, i);
    call.node->kind->forward(&call);
  }
  if (pass->ahead != NULL && pass->ahead->asked == 0) ahead_reach(pass->ahead, 1, 1); /* no layer does */
}

void executor_backward(struct executor *executor, const struct pass *pass, const struct gradient_sink *sink,
                       bool inputs) {
  for (int32_t i = executor->plan.node_count - 1; i > 0; i--) {
    const struct step *step = &executor->plan.steps[i];
    if (!step->backward) continue;
    struct layer_call call = call_of(executor, pass, i);
    call.sink = sink;
    call.output_gradient = at(executor, step->output_gradient);
    for (int32_t j = 0; j < call.node->input_count; j++) {
      call.input_gradients[j] = at(executor, step->input_gradients[j]);
      if (inputs && call.node->inputs[j] == 0) call.input_gradients[j] = executor->input_gradient;
      call.accumulate[j] = step->accumulate[j];
    }
    call.node->kind->backward(&call);
  }
}
