/* The naive network. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>

#define INPUT \
  { REFERENCE_INPUT, {0, 0}, 0, false }
#define DENSE(from, units) \
  { REFERENCE_DENSE, {from, 0}, units, false }
#define DENSE_NO_BIAS(from, units) \
  { REFERENCE_DENSE, {from, 0}, units, true }
#define RELU(from) \
  { REFERENCE_RELU, {from, 0}, 0, false }
#define TANH(from) \
  { REFERENCE_TANH, {from, 0}, 0, false }
#define SIGMOID(from) \
  { REFERENCE_SIGMOID, {from, 0}, 0, false }
#define ADD(first, second) \
  { REFERENCE_ADD, {first, second}, 0, false }

const struct reference_graph reference_graphs[] = {
    {"one dense layer", 1, {5, 0, 0}, 2, {INPUT, DENSE(0, 3)}},
    {"dense layers with and without bias", 1, {7, 0, 0}, 4, {INPUT, DENSE(0, 5), RELU(1), DENSE_NO_BIAS(2, 4)}},
    {"an image, flattened",
     3,
     {2, 3, 4},
     6,
     {INPUT, DENSE_NO_BIAS(0, 6), TANH(1), DENSE(2, 5), SIGMOID(3), DENSE(4, 3)}},
    {"an image through an activation", 3, {1, 4, 3}, 4, {INPUT, SIGMOID(0), DENSE(1, 4), TANH(2)}},
    {"chains of activations",
     1,
     {6, 0, 0},
     10,
     {INPUT, TANH(0), DENSE(1, 6), RELU(2), TANH(3), SIGMOID(4), TANH(5), DENSE(6, 3), SIGMOID(7), RELU(8)}},
    {"a diamond, and a node added to itself",
     1,
     {6, 0, 0},
     9,
     {INPUT, DENSE(0, 8), TANH(1), DENSE(2, 8), RELU(3), ADD(2, 4), DENSE(5, 4), ADD(6, 6), TANH(7)}},
    {"an input that skips layers, and one value read before and after its activation",
     1,
     {5, 0, 0},
     9,
     {INPUT, DENSE(0, 5), ADD(0, 1), RELU(2), ADD(2, 3), DENSE(4, 5), ADD(0, 5), SIGMOID(6), DENSE(7, 3)}},
    {"a ReLU that two layers read, and one that a sum and a layer read",
     1,
     {6, 0, 0},
     12,
     {INPUT, DENSE(0, 7), RELU(1), DENSE(2, 5), DENSE(2, 5), ADD(3, 4), DENSE(5, 5), RELU(6), ADD(5, 7), DENSE(7, 5),
      ADD(8, 9), DENSE(10, 4)}},
    {"an input that is the second of a sum, and added to itself",
     1,
     {5, 0, 0},
     6,
     {INPUT, ADD(0, 0), DENSE(1, 5), ADD(2, 0), RELU(3), DENSE(4, 3)}},
    {"sizes past one panel", 1, {300, 0, 0}, 5, {INPUT, DENSE(0, 37), RELU(1), DENSE(2, 13), ADD(3, 3)}},
};
const int reference_graph_count = sizeof reference_graphs / sizeof reference_graphs[0];

lottery_network *reference_network(lottery_context *context, const struct reference_graph *graph) {
  lottery_network *network;
  assert_ok(context, lottery_network_create(context, &network));
  int32_t node = -1;
  for (int32_t i = 0; i < graph->count; i++) {
    const struct reference_node *layer = &graph->nodes[i];
    const int32_t from = layer->inputs[0];
    switch (layer->kind) {
      case REFERENCE_INPUT: assert_ok(context, lottery_network_input(network, graph->rank, graph->shape, &node)); break;
      case REFERENCE_DENSE: assert_ok(context, lottery_network_dense(network, from, layer->units, &node)); break;
      case REFERENCE_RELU: assert_ok(context, lottery_network_relu(network, from, &node)); break;
      case REFERENCE_TANH: assert_ok(context, lottery_network_tanh(network, from, &node)); break;
      case REFERENCE_SIGMOID: assert_ok(context, lottery_network_sigmoid(network, from, &node)); break;
      case REFERENCE_ADD: assert_ok(context, lottery_network_add(network, from, layer->inputs[1], &node)); break;
    }
    assert_int_equal(node, i);
    if (layer->no_bias) assert_ok(context, lottery_network_node_set_integer(network, node, LOTTERY_NODE_BIAS, 0));
  }
  assert_ok(context, lottery_network_finish(network, node));
  return network;
}

int64_t reference_features(const struct reference_graph *graph, int32_t node) {
  const struct reference_node *layer = &graph->nodes[node < 0 ? graph->count - 1 : node];
  if (layer->kind == REFERENCE_DENSE) return layer->units;
  if (layer->kind != REFERENCE_INPUT) return reference_features(graph, layer->inputs[0]);
  int64_t features = 1;
  for (int32_t i = 0; i < graph->rank; i++) features *= graph->shape[i];
  return features;
}

int64_t reference_parameter_count(const struct reference_graph *graph) {
  int64_t count = 0;
  for (int32_t i = 0; i < graph->count; i++) {
    const struct reference_node *layer = &graph->nodes[i];
    if (layer->kind != REFERENCE_DENSE) continue;
    count += layer->units * (reference_features(graph, layer->inputs[0]) + (layer->no_bias ? 0 : 1));
  }
  return count;
}

/* Returns the parameters behind the layer's. */
static const double *dense(const struct reference_node *layer, const double *parameters, int64_t inputs,
                           const double *input, double *output) {
  const double *bias = layer->no_bias ? NULL : parameters + layer->units * inputs;
  for (int64_t unit = 0; unit < layer->units; unit++) {
    output[unit] = bias == NULL ? 0.0 : bias[unit];
    for (int64_t i = 0; i < inputs; i++) output[unit] += parameters[unit * inputs + i] * input[i];
  }
  return parameters + layer->units * (inputs + (layer->no_bias ? 0 : 1));
}

static double activate(enum reference_kind kind, double x) {
  if (kind == REFERENCE_RELU) return x > 0.0 ? x : 0.0;
  return kind == REFERENCE_TANH ? tanh(x) : 1.0 / (1.0 + exp(-x));
}

void reference_forward(const struct reference_graph *graph, const double *parameters, int64_t count,
                       const float *inputs, double *outputs) {
  enum { WIDEST = 512 };
  static double values[REFERENCE_NODE_LIMIT][WIDEST]; /* tests of graphs run in one thread */
  const int64_t input_features = reference_features(graph, 0), output_features = reference_features(graph, -1);
  int64_t features[REFERENCE_NODE_LIMIT];
  for (int32_t i = 0; i < graph->count; i++) features[i] = reference_features(graph, i);
  assert_true(input_features <= WIDEST);
  for (int64_t example = 0; example < count; example++) {
    const double *rest = parameters;
    for (int64_t j = 0; j < input_features; j++) values[0][j] = (double)inputs[example * input_features + j];
    for (int32_t i = 1; i < graph->count; i++) {
      const struct reference_node *layer = &graph->nodes[i];
      const double *input = values[layer->inputs[0]];
      if (layer->kind == REFERENCE_DENSE)
        rest = dense(layer, rest, features[layer->inputs[0]], input, values[i]);
      else if (layer->kind == REFERENCE_ADD)
        for (int64_t j = 0; j < features[i]; j++) values[i][j] = input[j] + values[layer->inputs[1]][j];
      else
        for (int64_t j = 0; j < features[i]; j++) values[i][j] = activate(layer->kind, input[j]);
    }
    for (int64_t j = 0; j < output_features; j++) outputs[example * output_features + j] = values[graph->count - 1][j];
  }
}

static double cross_entropy(int64_t features, const double *output, int32_t label) {
  double largest = output[0], sum = 0.0;
  for (int64_t j = 1; j < features; j++) largest = fmax(largest, output[j]);
  for (int64_t j = 0; j < features; j++) sum += exp(output[j] - largest);
  return log(sum) + largest - output[label];
}

double reference_loss(int32_t kind, int64_t count, int64_t features, const double *outputs, const int32_t *labels,
                      const float *targets) {
  double sum = 0.0;
  for (int64_t i = 0; i < count; i++) {
    if (kind == LOTTERY_LOSS_CROSS_ENTROPY) {
      sum += cross_entropy(features, outputs + i * features, labels[i]);
      continue;
    }
    for (int64_t j = 0; j < features; j++) {
      const double target = targets != NULL ? (double)targets[i * features + j] : j == labels[i] ? 1.0 : 0.0;
      const double difference = outputs[i * features + j] - target;
      sum += difference * difference / (double)features;
    }
  }
  return sum / (double)count;
}

int64_t reference_correct(int64_t count, int64_t features, const double *outputs, const int32_t *labels) {
  int64_t correct = 0;
  for (int64_t i = 0; i < count; i++) {
    int64_t best = 0;
    for (int64_t j = 1; j < features; j++)
      if (outputs[i * features + j] > outputs[i * features + best]) best = j;
    correct += best == labels[i];
  }
  return correct;
}
