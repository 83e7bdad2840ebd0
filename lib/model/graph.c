/* Building a network: adding nodes. */
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "base/real_text.h"
#include "model/layer/layer.h"
#include "model/network.h"

lottery_status network_check_node(struct lottery_network *network, const char *argument, int32_t node) {
  if (node >= 0 && node < network->node_count) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT, "%s: %d is not a node; there are %d", argument,
                      (int)node, (int)network->node_count);
}

static struct node new_node(const struct layer_kind *kind) {
  struct node node = {.kind = kind};
  for (int32_t i = 0; i < NODE_TENSOR_LIMIT; i++) node.tensors[i] = -1;
  option_initialise(&node.options, LOTTERY_HANDLE_NODE);
  return node;
}

/* Appends a complete node. */
static lottery_status append(struct lottery_network *network, const struct node *node, int32_t *index) {
  struct lottery_context *context = network->object.context;
  if (network->node_count == network->node_capacity) {
    const int32_t capacity = network->node_capacity == 0 ? 16 : network->node_capacity * 2;
    struct node *nodes = memory_allocate(context, capacity, sizeof *nodes);
    if (nodes == NULL) return LOTTERY_ERROR_MEMORY;
    if (network->node_count > 0) memcpy(nodes, network->nodes, (size_t)network->node_count * sizeof *nodes);
    memory_release(context, network->nodes);
    network->nodes = nodes;
    network->node_capacity = capacity;
  }
  network->nodes[network->node_count] = *node;
  *index = network->node_count++;
  return LOTTERY_OK;
}

lottery_status network_add_input(struct lottery_network *network, int32_t rank, const int64_t *shape, int32_t *node) {
  struct lottery_context *context = network->object.context;
  const lottery_status status = network_require_open(network);
  if (status != LOTTERY_OK) return status;
  if (network->node_count > 0) return context_fail(context, LOTTERY_ERROR_STATE, "input: the network already has one");
  if (rank != 1 && rank != 3)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "rank: %d is neither 1 nor 3", (int)rank);
  struct node input = new_node(&layer_input);
  input.rank = rank;
  input.features = 1;
  for (int32_t i = 0; i < rank; i++) {
    if (shape[i] < 1 || shape[i] > INT32_MAX / input.features)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT,
                          "shape: size %lld at %d is below 1 or makes more than %d features", (long long)shape[i],
                          (int)i, INT32_MAX);
    input.shape[i] = shape[i];
    input.features *= shape[i];
  }
  return append(network, &input, node);
}

/* Whether an attribute's value is in its range. */
static lottery_status check_attribute(struct lottery_context *context, const struct attribute *attribute,
                                      const union attribute_value *value) {
  if (attribute->real) {
    if (value->real >= attribute->least && value->real <= attribute->most) return LOTTERY_OK;
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: %s is outside %s to %s", attribute->name,
                        real_text(value->real).text, real_text(attribute->least).text, real_text(attribute->most).text);
  }
  const int64_t least = (int64_t)attribute->least, most = (int64_t)attribute->most;
  if (value->integer >= least && value->integer <= most) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: %lld is outside %lld to %lld", attribute->name,
                      (long long)value->integer, (long long)least, (long long)most);
}

lottery_status network_add_layer(struct lottery_network *network, const struct layer_kind *kind, int32_t input_count,
                                 const int32_t *inputs, const union attribute_value *attributes, int32_t *node) {
  lottery_status status = network_require_open(network);
  if (status != LOTTERY_OK) return status;
  struct node layer = new_node(kind);
  layer.input_count = input_count;
  for (int32_t i = 0; i < input_count; i++) {
    status = network_check_node(network, "input", inputs[i]);
    if (status != LOTTERY_OK) return status;
    layer.inputs[i] = inputs[i];
  }
  for (int32_t i = 0; i < kind->attribute_count; i++) {
    status = check_attribute(network->object.context, &kind->attributes[i], &attributes[i]);
    if (status != LOTTERY_OK) return status;
    layer.attributes[i] = attributes[i];
  }
  status = kind->shape(network, &layer);
  return status == LOTTERY_OK ? append(network, &layer, node) : status;
}
