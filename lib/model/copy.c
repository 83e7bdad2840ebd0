/* Copying a network. */
#include <string.h>

#include "base/memory.h"
#include "model/network.h"

/* The graph as it was before finishing. */
static bool copy_graph(const struct lottery_network *network, struct lottery_network *copy) {
  copy->nodes = memory_allocate(network->object.context, network->node_count, sizeof *copy->nodes);
  if (copy->nodes == NULL) return false;
  memcpy(copy->nodes, network->nodes, (size_t)network->node_count * sizeof *copy->nodes);
  copy->node_count = copy->node_capacity = network->node_count;
  for (int32_t i = 0; i < copy->node_count; i++)
    for (int32_t j = 0; j < NODE_TENSOR_LIMIT; j++) copy->nodes[i].tensors[j] = -1;
  return true;
}

struct lottery_network *network_copy(struct lottery_network *network) {
  struct lottery_network *copy = network_create(network->object.context);
  if (copy == NULL) return NULL;
  copy->kernels = network->kernels;
  copy->options = network->options;
  if (!copy_graph(network, copy) || network_finish(copy, network->output, network_mask(network)) != LOTTERY_OK) {
    object_release(copy);
    return NULL;
  }
  /* The layouts are equal: they follow from kernels, graph, mask and options. */
  const struct parameters *values = &network->parameters;
  if (values->layout->parameter_count > 0)
    memcpy(copy->parameters.values, values->values, (size_t)values->layout->parameter_count * sizeof(float));
  copy->filled = network->filled;
  return copy;
}
