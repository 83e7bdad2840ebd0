/* The public functions that read a network's graph back. */
#include "api/check.h"
#include "base/list.h"
#include "model/layer/layer.h"

static lottery_status check_node(lottery_network *network, int32_t node) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  return network_check_node(network, "node", node);
}

lottery_status lottery_network_node_count(lottery_network *network, int64_t *out) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, out);
  *out = network->node_count;
  return LOTTERY_OK;
}

lottery_status lottery_network_node_kind(lottery_network *network, int32_t node, const char **out) {
  RETURN_IF_ERROR(check_node(network, node));
  RETURN_IF_NULL(network->object.context, out);
  *out = network->nodes[node].kind->name;
  return LOTTERY_OK;
}

lottery_status lottery_network_node_inputs(lottery_network *network, int32_t node, int64_t capacity, int32_t *inputs,
                                           int64_t *count) {
  RETURN_IF_ERROR(check_node(network, node));
  const struct node *found = &network->nodes[node];
  RETURN_IF_NULL(network->object.context, count);
  RETURN_IF_ERROR(list_check(network->object.context, "inputs", inputs, capacity, found->input_count));
  for (int32_t i = 0; capacity > 0 && i < found->input_count; i++) inputs[i] = found->inputs[i];
  *count = found->input_count;
  return LOTTERY_OK;
}

lottery_status lottery_network_node_tensors(lottery_network *network, int32_t node, int64_t capacity, int64_t *tensors,
                                            int64_t *count) {
  RETURN_IF_ERROR(check_node(network, node));
  RETURN_IF_ERROR(network_require_finished(network));
  const struct node *found = &network->nodes[node];
  RETURN_IF_NULL(network->object.context, count);
  int32_t present = 0;
  while (present < NODE_TENSOR_LIMIT && found->tensors[present] >= 0) present++;
  RETURN_IF_ERROR(list_check(network->object.context, "tensors", tensors, capacity, present));
  for (int32_t i = 0; capacity > 0 && i < present; i++) tensors[i] = found->tensors[i];
  *count = present;
  return LOTTERY_OK;
}

lottery_status lottery_network_node_attribute_count(lottery_network *network, int32_t node, int64_t *out) {
  RETURN_IF_ERROR(check_node(network, node));
  RETURN_IF_NULL(network->object.context, out);
  *out = network->nodes[node].kind->attribute_count;
  return LOTTERY_OK;
}

lottery_status lottery_network_node_attribute(lottery_network *network, int32_t node, int64_t index, const char **name,
                                              double *value) {
  RETURN_IF_ERROR(check_node(network, node));
  const struct node *found = &network->nodes[node];
  if (index < 0 || index >= found->kind->attribute_count)
    return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT,
                        "index: %lld, but node %d (%s) has %d attributes", (long long)index, (int)node,
                        found->kind->name, (int)found->kind->attribute_count);
  const struct attribute *attribute = &found->kind->attributes[index];
  const union attribute_value *stored = &found->attributes[index];
  if (name != NULL) *name = attribute->name;
  if (value != NULL) *value = attribute->real ? stored->real : (double)stored->integer;
  return LOTTERY_OK;
}

lottery_status lottery_network_output(lottery_network *network, int32_t *node) {
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_ERROR(network_require_finished(network));
  RETURN_IF_NULL(network->object.context, node);
  *node = network->output;
  return LOTTERY_OK;
}
