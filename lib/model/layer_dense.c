/* Fully connected layer: y = W x + b. */
#include <stdio.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "kernels/kernels.h"
#include "model/layer.h"

static int64_t input_features(const struct lottery_network *network, const struct node *node) {
  return network->nodes[node->inputs[0]].features;
}

static lottery_status shape(struct lottery_network *network, struct node *node, int64_t units) {
  (void)network;
  node->rank = 1;
  node->shape[0] = units;
  node->features = units;
  return LOTTERY_OK;
}

static int32_t tensors(const struct lottery_network *network, const struct node *node, int32_t number,
                       struct tensor *tensor, struct parameter *parameters) {
  const int64_t inputs = input_features(network, node), units = node->features;
  tensor[0] = (struct tensor){.rank = 2, .shape = {units, inputs}, .count = units * inputs};
  snprintf(tensor[0].name, sizeof tensor[0].name, "fc%d.weight", (int)number);
  parameters[0] = (struct parameter){.fan_in = inputs, .fan_out = units, .mask_tensor = 0};
  if (option_integer(&node->options, LOTTERY_NODE_BIAS) == 0) return 1;
  tensor[1] = (struct tensor){.rank = 1, .shape = {units}, .count = units};
  snprintf(tensor[1].name, sizeof tensor[1].name, "fc%d.bias", (int)number);
  parameters[1] = (struct parameter){.fan_in = inputs, .fan_out = units, .mask_tensor = -1};
  return 2;
}

static int64_t workspace(const struct lottery_network *network, const struct node *node) {
  const struct micro_kernel *micro_kernel = micro_kernel_for(network->kernels);
  const int64_t inputs = input_features(network, node);
  const int64_t depth = inputs > node->features ? inputs : node->features;
  const int64_t passes = product_workspace(micro_kernel, arithmetic_minimum(depth, PRODUCT_DEPTH), BATCH_TILE);
  const int64_t weight_gradient = product_workspace(micro_kernel, BATCH_TILE, inputs);
  return passes > weight_gradient ? passes : weight_gradient;
}

static const float *parameter(const struct layer_call *call, int which) {
  const int32_t tensor = call->node->tensors[which];
  return tensor < 0 ? NULL : call->network->parameters + call->network->parameter[tensor].offset;
}

static void forward(const struct layer_call *call) {
  const int64_t inputs = call->input_features, units = call->node->features;
  const struct micro_kernel *micro_kernel = micro_kernel_for(call->kernels);
  const struct matrix weight = {parameter(call, 0), inputs, 1};
  const float *bias = parameter(call, 1);
  for (int64_t tile = 0; tile < call->tiles; tile++) {
    const struct matrix input = {call->inputs[0] + tile * inputs * BATCH_TILE, BATCH_TILE, 1};
    float *output = call->output + tile * units * BATCH_TILE;
    call->kernels->product(micro_kernel, units, BATCH_TILE, inputs, weight, input, false, output, BATCH_TILE,
                           call->workspace);
    if (bias != NULL) call->kernels->add_bias(output, bias, units);
  }
}

/* dx = W^T dy, dW += dy x^T, db += sum of dy over the batch. */
static void backward(const struct layer_call *call) {
  const int64_t inputs = call->input_features, units = call->node->features;
  const struct micro_kernel *micro_kernel = micro_kernel_for(call->kernels);
  const struct matrix transposed = {parameter(call, 0), 1, inputs};
  const struct parameter *parameters = call->network->parameter;
  const int32_t *tensor = call->node->tensors;
  for (int64_t tile = 0; tile < call->tiles; tile++) {
    const float *gradient = call->output_gradient + tile * units * BATCH_TILE;
    const float *input = call->inputs[0] + tile * inputs * BATCH_TILE;
    const struct matrix by_lane = {gradient, BATCH_TILE, 1}, input_by_lane = {input, 1, BATCH_TILE};
    call->kernels->product(micro_kernel, units, inputs, BATCH_TILE, by_lane, input_by_lane, true,
                           call->parameter_gradient + parameters[tensor[0]].offset, inputs, call->workspace);
    if (tensor[1] >= 0)
      call->kernels->sum_lanes(gradient, units, call->parameter_gradient + parameters[tensor[1]].offset);
    if (call->input_gradients[0] == NULL) continue;
    call->kernels->product(micro_kernel, inputs, BATCH_TILE, units, transposed, by_lane, call->accumulate[0],
                           call->input_gradients[0] + tile * inputs * BATCH_TILE, BATCH_TILE, call->workspace);
  }
}

const struct layer_kind layer_dense = {.name = "dense",
                                       .has_units = true,
                                       .shape = shape,
                                       .tensors = tensors,
                                       .workspace = workspace,
                                       .forward = forward,
                                       .backward = backward};
