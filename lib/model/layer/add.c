/* The sum of two nodes, as in residual networks (He et al., CVPR 2016). */
#include <string.h>

#include "base/context.h"
#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "model/layer/layer.h"

static lottery_status shape(struct lottery_network *network, struct node *node) {
  const struct node *first = &network->nodes[node->inputs[0]], *second = &network->nodes[node->inputs[1]];
  bool equal = first->rank == second->rank;
  for (int32_t i = 0; equal && i < first->rank; i++) equal = first->shape[i] == second->shape[i];
  if (!equal)
    return context_fail(network->object.context, LOTTERY_ERROR_SHAPE,
                        "add: the inputs differ in shape, with %lld and %lld features", (long long)first->features,
                        (long long)second->features);
  node->rank = first->rank;
  memcpy(node->shape, first->shape, sizeof node->shape);
  node->features = first->features;
  return LOTTERY_OK;
}

static struct range elements(const struct layer_call *call) {
  return (struct range){0, call->tiles * call->node->features * BATCH_TILE};
}

static void forward(const struct layer_call *call) {
  call->kernels->elementwise->add(call->inputs[0], call->inputs[1], call->output, elements(call));
}

static void backward(const struct layer_call *call) {
  for (int i = 0; i < 2; i++) {
    float *gradient = call->input_gradients[i];
    if (gradient == NULL) continue;
    if (call->accumulate[i])
      call->kernels->elementwise->add(gradient, call->output_gradient, gradient, elements(call));
    else
      memcpy(gradient, call->output_gradient, (size_t)elements(call).end * sizeof *gradient);
  }
}

const struct layer_kind layer_add = {
    .name = "add", .inputs_least = 2, .inputs_most = 2, .shape = shape, .forward = forward, .backward = backward};
