/* A network in an archive: its graph as a text, each tensor as an array of its name and shape. */
#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "base/memory.h"
#include "store/archive/format.h"
#include "store/archive/graph.h"
#include "store/archive/items.h"

lottery_status item_add_network(struct lottery_archive *archive, const char *name, struct lottery_network *network) {
  struct lottery_context *context = archive->object.context;
  struct item item;
  struct json_writer writer = {.context = context};
  lottery_status status = item_begin(archive, name, KIND_NETWORK, &item);
  if (status == LOTTERY_OK) {
    graph_write(network, &writer);
    status = item_add_written(&item, ROLE_GRAPH, &writer);
  }
  for (int64_t i = 0; status == LOTTERY_OK && i < network->tensor_count; i++) {
    const struct tensor *tensor = &network->tensors[i];
    float *values = item_add_array(&item, tensor->name, "", DTYPE_F32, tensor->rank, tensor->shape);
    status = values != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
    if (status != LOTTERY_OK) break;
    network_read(network, i, values);
    status = finite_check(context, tensor->name, values, tensor->count);
  }
  json_writer_release(&writer);
  return item_commit(archive, &item, status);
}

lottery_status item_check_size(struct lottery_archive *archive, const char *name, const struct tensor_list *list) {
  const int64_t limit = option_integer(&archive->options, LOTTERY_ARCHIVE_BYTE_LIMIT);
  if (list->bytes <= limit) return LOTTERY_OK;
  return context_fail(archive->object.context, LOTTERY_ERROR_FORMAT,
                      "%.256s: its weights, all dense, take %lld bytes in memory, over the byte_limit of %lld", name,
                      (long long)list->bytes, (long long)limit);
}

lottery_status item_finish_network(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                                   int32_t output, struct lottery_mask *mask) {
  const lottery_status status = network_finish(network, output, mask);
  if (status == LOTTERY_OK || status == LOTTERY_ERROR_MEMORY) return status;
  return context_prefix(archive->object.context, LOTTERY_ERROR_FORMAT, "%.256s: lottery.graph: ", name);
}

/* Every tensor must be there before room for any is made. */
static lottery_status require_arrays(struct lottery_archive *archive, const char *name,
                                     const struct tensor_list *list) {
  lottery_status status = LOTTERY_OK;
  const struct entry *array;
  for (int64_t i = 0; status == LOTTERY_OK && i < list->count; i++)
    status = item_require_array(archive, name, list->tensors[i].name, "", DTYPE_F32, list->tensors[i].rank,
                                list->tensors[i].shape, &array);
  return status;
}

static lottery_status write_weights(struct lottery_archive *archive, const char *name,
                                    struct lottery_network *network) {
  float *values = memory_allocate(archive->object.context, network_largest_tensor(network), sizeof *values);
  lottery_status status = values != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; status == LOTTERY_OK && i < network->tensor_count; i++) {
    status = item_copy_values(archive, item_array(archive, name, network->tensors[i].name, ""), values);
    if (status == LOTTERY_OK) network_write(network, i, values);
  }
  memory_release(archive->object.context, values);
  return status;
}

lottery_status item_get_network(struct lottery_archive *archive, const char *name, struct lottery_network **out) {
  struct lottery_network *network = NULL;
  struct tensor_list list;
  int32_t output = 0;
  lottery_status status = item_require(archive, name, KIND_NETWORK);
  if (status == LOTTERY_OK) status = graph_read(archive, name, &network, &output);
  if (status != LOTTERY_OK) return status;
  status = tensor_list_create(network, &list);
  if (status == LOTTERY_OK) status = require_arrays(archive, name, &list);
  if (status == LOTTERY_OK) status = item_check_size(archive, name, &list);
  if (status == LOTTERY_OK) status = item_finish_network(archive, name, network, output, NULL);
  if (status == LOTTERY_OK) status = write_weights(archive, name, network);
  tensor_list_release(archive->object.context, &list);
  if (status == LOTTERY_OK)
    *out = network;
  else
    object_release(network);
  return status;
}
