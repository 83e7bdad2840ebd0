/* Listing the tensors of a graph. */
#include "model/tensor_list.h"

#include "base/context.h"
#include "base/memory.h"
#include "model/layer/layer.h"
#include "model/layout.h"

void tensor_list_release(struct lottery_context *context, struct tensor_list *list) {
  memory_release(context, list->tensors);
  memory_release(context, list->parameters);
  memory_release(context, list->prunable);
  memory_release(context, list->prunable_tensors);
  *list = (struct tensor_list){0};
}

static bool allocate(struct lottery_context *context, int64_t most, struct tensor_list *list) {
  list->tensors = memory_allocate(context, most, sizeof *list->tensors);
  list->parameters = memory_allocate(context, most, sizeof *list->parameters);
  list->prunable = memory_allocate(context, most, sizeof *list->prunable);
  list->prunable_tensors = memory_allocate(context, most, sizeof *list->prunable_tensors);
  return list->tensors != NULL && list->parameters != NULL && list->prunable != NULL && list->prunable_tensors != NULL;
}

/* Appends the tensors of a node; `number` counts the layers with its kind's prefix. */
static void append(const struct lottery_network *network, int32_t index, int32_t number, struct tensor_list *list) {
  const struct node *node = &network->nodes[index];
  const int32_t count =
      node->kind->tensors(network, node, number, list->tensors + list->count, list->parameters + list->count);
  for (int32_t i = 0; i < count; i++, list->count++) {
    struct parameter *parameter = &list->parameters[list->count];
    parameter->node = index;
    parameter->reads_input = node->inputs[0] == 0;
    parameter->mask_tensor = -1;
    if (!role_is_prunable(parameter->role)) continue;
    parameter->mask_tensor = (int32_t)list->prunable_count;
    list->prunable[list->prunable_count] = list->tensors[list->count];
    list->prunable_tensors[list->prunable_count++] = list->count;
  }
}

lottery_status tensor_list_create(struct lottery_network *network, struct tensor_list *list) {
  struct lottery_context *context = network->object.context;
  *list = (struct tensor_list){0};
  if (!allocate(context, (int64_t)network->node_count * NODE_TENSOR_LIMIT, list)) {
    tensor_list_release(context, list);
    return LOTTERY_ERROR_MEMORY;
  }
  int32_t numbers[LAYER_KIND_LIMIT] = {0};
  for (int32_t i = 0; i < network->node_count; i++) {
    const struct layer_kind *kind = network->nodes[i].kind;
    if (kind->tensors != NULL) append(network, i, ++numbers[layer_prefix_index(kind)], list);
  }
  if (layout_dense_bytes(list->tensors, list->count, &list->bytes)) return LOTTERY_OK;
  tensor_list_release(context, list);
  return context_fail(context, LOTTERY_ERROR_MEMORY, "network: its parameters do not fit a 64-bit size");
}
