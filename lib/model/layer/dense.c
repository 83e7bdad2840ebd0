/* Fully connected layer: y = W x + b. */
#include <stdio.h>

#include "kernels/ahead.h"
#include "kernels/bias.h"
#include "kernels/choice.h"
#include "kernels/dense.h"
#include "kernels/index/sparse_index.h"
#include "kernels/kernels.h"
#include "kernels/nonzero.h"
#include "kernels/sparse.h"
#include "model/layer/layer.h"

static int64_t input_features(const struct lottery_network *network, const struct node *node) {
  return network->nodes[node->inputs[0]].features;
}

static const struct attribute attributes[] = {{.name = "units", .least = 1, .most = 1 << 24}};

static lottery_status shape(struct lottery_network *network, struct node *node) {
  (void)network;
  node->rank = 1;
  node->shape[0] = node->features = node->attributes[0].integer;
  return LOTTERY_OK;
}

static int32_t tensors(const struct lottery_network *network, const struct node *node, int32_t number,
                       struct tensor *tensor, struct parameter *parameters) {
  const int64_t inputs = input_features(network, node), units = node->features;
  tensor[0] = (struct tensor){.rank = 2, .shape = {units, inputs}, .count = units * inputs};
  snprintf(tensor[0].name, sizeof tensor[0].name, "fc%d.weight", (int)number);
  parameters[0] = (struct parameter){.role = PARAMETER_WEIGHT, .fan_in = inputs, .fan_out = units};
  if (option_integer(&node->options, LOTTERY_NODE_BIAS) == 0) return 1;
  tensor[1] = (struct tensor){.rank = 1, .shape = {units}, .count = units};
  snprintf(tensor[1].name, sizeof tensor[1].name, "fc%d.bias", (int)number);
  parameters[1] = (struct parameter){.role = PARAMETER_BIAS};
  return 2;
}

static void needs(const struct lottery_network *network, const struct node *node, int64_t count,
                  struct layer_needs *needs) {
  needs->workspace = weight_gradient_workspace(node->features, input_features(network, node), count);
}

static struct weights weights_of(const struct layer_call *call) {
  const struct tensor_layout *layout = &call->parameters->layout->tensors[call->node->tensors[0]];
  return (struct weights){.values = call->parameters->values + layout->offset,
                          .rows = layout->rows,
                          .columns = layout->columns,
                          .stride = layout->stride,
                          .index = tensor_index(layout)};
}

static const float *bias_of(const struct layer_call *call) {
  const int32_t tensor = call->node->tensors[1];
  return tensor < 0 ? NULL : call->parameters->values + call->parameters->layout->tensors[tensor].offset;
}

/* The input as the chosen kernel takes it. */
static struct input input_of(const struct layer_call *call, const struct weights *weights) {
  struct input input = call->input;
  if (weights->index != NULL && *call->choice != MATRIX_LIVE) input.live_bits = NULL;
  return input;
}

static void forward(const struct layer_call *call) {
  const struct weights weights = weights_of(call);
  *call->choice = (int32_t)choice_of_matrix(call->kernels, &weights, &call->input, call->tiles, call->training);
  const struct input input = input_of(call, &weights);
  const struct kernels *kernels = call->kernels;
  void (*run)(const struct forward_arguments *, struct range) = weights.index != NULL ? kernels->sparse->forward
                                                                : *call->choice == MATRIX_NONZERO
                                                                    ? kernels->nonzero->forward
                                                                    : kernels->dense->forward;
  for (int64_t tile = 0; tile < call->tiles; tile++) {
    const struct ahead_share ahead = {call->ahead, tile, tile + 1, 2 * call->tiles}; /* half is for the backward pass */
    run(&(struct forward_arguments){.weights = &weights,
                                    .bias = bias_of(call),
                                    .input = &input,
                                    .tile = tile,
                                    .relu = call->relu,
                                    .output = call->output + tile * weights.rows * BATCH_TILE,
                                    .ahead = call->ahead != NULL ? &ahead : NULL},
        (struct range){0, weights.rows});
  }
}

/* dx = W^T dy, through the ReLU before it if this layer computes that. */
static void make_input_gradient(const struct layer_call *call, const struct weights *weights) {
  const struct kernels *kernels = call->kernels;
  void (*run)(const struct input_gradient_arguments *, struct range) =
      weights->index != NULL ? kernels->sparse->input_gradient : kernels->dense->input_gradient;
  for (int64_t tile = 0; tile < call->tiles; tile++) {
    const int64_t inputs = tile * weights->columns * BATCH_TILE, outputs = tile * weights->rows * BATCH_TILE;
    run(&(struct input_gradient_arguments){.weights = weights,
                                           .output_gradient = call->output_gradient + outputs,
                                           .accumulate = call->accumulate[0],
                                           .relu = call->slope ? call->inputs[0] + inputs : NULL,
                                           .input_gradient = call->input_gradients[0] + inputs},
        (struct range){0, weights->columns});
  }
}

/* dx, before W is updated; dW = dy x^T, db = sum of dy over the batch. */
static void backward(const struct layer_call *call) {
  const struct weights weights = weights_of(call);
  const struct kernels *kernels = call->kernels;
  if (call->input_gradients[0] != NULL) make_input_gradient(call, &weights);
  const struct input input = input_of(call, &weights);
  const struct update update = layer_update(call->parameters, call->node->tensors[0], call->sink);
  void (*run)(const struct weight_gradient_arguments *, struct range) =
      weights.index != NULL             ? kernels->sparse->weight_gradient
      : *call->choice == MATRIX_NONZERO ? kernels->nonzero->weight_gradient
                                        : kernels->dense->weight_gradient;
  const struct ahead_share ahead = {call->ahead, 1, 2, 2};
  run(&(struct weight_gradient_arguments){.weights = &weights,
                                          .input = &input,
                                          .output_gradient = call->output_gradient,
                                          .count = call->count,
                                          .update = &update,
                                          .micro_kernel = choice_micro_kernel(kernels),
                                          .ahead = call->ahead != NULL ? &ahead : NULL,
                                          .workspace = call->workspace},
      (struct range){0, weights.index != NULL ? weights.index->entries : weights.columns});
  if (call->node->tensors[1] < 0) return;
  const struct update bias = layer_update(call->parameters, call->node->tensors[1], call->sink);
  kernels->bias->gradient(call->output_gradient, weights.rows, call->tiles, &bias, (struct range){0, weights.rows});
}

static const int32_t options[] = {LOTTERY_NODE_BIAS};

const struct layer_kind layer_dense = {.name = "dense",
                                       .prefix = "fc",
                                       .inputs_least = 1,
                                       .inputs_most = 1,
                                       .attribute_count = sizeof attributes / sizeof attributes[0],
                                       .attributes = attributes,
                                       .option_count = sizeof options / sizeof options[0],
                                       .options = options,
                                       .traits = LAYER_BACKWARD_INPUT | LAYER_READS_HALVES | LAYER_TAKES_RELU |
                                                 LAYER_TAKES_SLOPE,
                                       .shape = shape,
                                       .tensors = tensors,
                                       .needs = needs,
                                       .forward = forward,
                                       .backward = backward};
