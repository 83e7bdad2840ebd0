/* Activations, element by element: ReLU, tanh, sigmoid. */
#include <string.h>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "model/layer/layer.h"

static lottery_status shape(struct lottery_network *network, struct node *node) {
  const struct node *input = &network->nodes[node->inputs[0]];
  node->rank = input->rank;
  memcpy(node->shape, input->shape, sizeof node->shape);
  node->features = input->features;
  return LOTTERY_OK;
}

static struct range elements(const struct layer_call *call) {
  return (struct range){0, call->tiles * call->node->features * BATCH_TILE};
}

static void forward(const struct layer_call *call, enum activation activation) {
  call->kernels->elementwise->activate(activation, call->inputs[0], call->output, elements(call));
}

static void backward(const struct layer_call *call, enum activation activation) {
  if (call->input_gradients[0] == NULL) return;
  call->kernels->elementwise->activate_backward(activation, call->output, call->output_gradient,
                                                call->input_gradients[0], call->accumulate[0], elements(call));
}

static void relu_forward(const struct layer_call *call) { forward(call, ACTIVATION_RELU); }
static void relu_backward(const struct layer_call *call) { backward(call, ACTIVATION_RELU); }
static void tanh_forward(const struct layer_call *call) { forward(call, ACTIVATION_TANH); }
static void tanh_backward(const struct layer_call *call) { backward(call, ACTIVATION_TANH); }
static void sigmoid_forward(const struct layer_call *call) { forward(call, ACTIVATION_SIGMOID); }
static void sigmoid_backward(const struct layer_call *call) { backward(call, ACTIVATION_SIGMOID); }

enum { TRAITS = LAYER_IN_PLACE | LAYER_BACKWARD_OUTPUT };

const struct layer_kind layer_relu = {.name = "relu",
                                      .inputs_least = 1,
                                      .inputs_most = 1,
                                      .traits = TRAITS | LAYER_IS_RELU,
                                      .shape = shape,
                                      .forward = relu_forward,
                                      .backward = relu_backward};
const struct layer_kind layer_tanh = {.name = "tanh",
                                      .inputs_least = 1,
                                      .inputs_most = 1,
                                      .traits = TRAITS,
                                      .shape = shape,
                                      .forward = tanh_forward,
                                      .backward = tanh_backward};
const struct layer_kind layer_sigmoid = {.name = "sigmoid",
                                         .inputs_least = 1,
                                         .inputs_most = 1,
                                         .traits = TRAITS,
                                         .shape = shape,
                                         .forward = sigmoid_forward,
                                         .backward = sigmoid_backward};
