/* Finishing a network: checks its graph, names and allocates its tensors. */
#include "base/context.h"
#include "base/memory.h"
#include "model/layer/layer.h"
#include "model/network.h"
#include "model/tensor_list.h"

/* Marks the nodes that lead to the output, and the layers with tensors that no other layer with tensors follows. */
static void walk_back(const struct lottery_network *network, int32_t output, bool *reached, bool *last) {
  bool *const clear = last; /* until a layer is met: whether only nodes without tensors lie between it and the output */
  reached[output] = clear[output] = true;
  for (int32_t i = output; i >= 0; i--) {
    const struct node *node = &network->nodes[i];
    if (!reached[i]) continue;
    for (int32_t j = 0; j < node->input_count; j++) {
      reached[node->inputs[j]] = true;
      if (clear[i] && node->kind->tensors == NULL) clear[node->inputs[j]] = true;
    }
  }
}

/* Every node must lead to the output. Notes in the list which layers are next to it. */
static lottery_status check_graph(struct lottery_network *network, int32_t output, struct tensor_list *list) {
  struct lottery_context *context = network->object.context;
  bool *reached = memory_allocate(context, network->node_count, sizeof *reached);
  bool *last = memory_allocate(context, network->node_count, sizeof *last);
  lottery_status status = reached != NULL && last != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
  if (status == LOTTERY_OK) walk_back(network, output, reached, last);
  for (int32_t i = 0; status == LOTTERY_OK && i < network->node_count; i++)
    if (!reached[i])
      status = context_fail(context, LOTTERY_ERROR_ARGUMENT, "output: node %d (%s) does not lead to node %d", (int)i,
                            network->nodes[i].kind->name, (int)output);
  for (int64_t i = 0; status == LOTTERY_OK && i < list->count; i++)
    list->parameters[i].next_to_output = last[list->parameters[i].node];
  memory_release(context, reached);
  memory_release(context, last);
  return status;
}

/* Takes over what finishing made; the list's arrays become the network's. */
static void commit(struct lottery_network *network, int32_t output, const struct tensor_list *list,
                   const struct parameters *parameters) {
  network->tensor_count = list->count;
  network->tensors = list->tensors;
  network->parameter = list->parameters;
  network->prunable = list->prunable;
  network->prunable_tensors = list->prunable_tensors;
  network->prunable_count = list->prunable_count;
  network->parameters = *parameters;
  for (int64_t i = 0; i < list->count; i++) {
    int32_t *slot = network->nodes[list->parameters[i].node].tensors;
    while (*slot >= 0) slot++;
    *slot = (int32_t)i;
  }
  network->output = output;
  network->finished = true;
}

lottery_status network_finish(struct lottery_network *network, int32_t output, struct lottery_mask *mask) {
  struct lottery_context *context = network->object.context;
  struct tensor_list list = {0};
  struct parameters parameters = {0};
  lottery_status status = network_require_open(network);
  if (status == LOTTERY_OK) status = network_check_node(network, "output", output);
  if (status == LOTTERY_OK) status = tensor_list_create(network, &list);
  if (status == LOTTERY_OK) status = check_graph(network, output, &list);
  if (status == LOTTERY_OK && mask != NULL)
    status = network_compare_mask(context, mask, list.prunable, list.prunable_count);
  if (status == LOTTERY_OK) {
    parameters.layout = layout_create(context, network->kernels, list.tensors, list.parameters, list.count, mask,
                                      network_crossover(network), NULL);
    if (parameters.layout != NULL) parameters.values = layout_allocate(parameters.layout);
    if (parameters.values == NULL) status = LOTTERY_ERROR_MEMORY;
  }
  if (status == LOTTERY_OK) {
    commit(network, output, &list, &parameters);
    return LOTTERY_OK;
  }
  parameters_release(&parameters);
  tensor_list_release(context, &list);
  return status;
}
