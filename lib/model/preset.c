/* Networks by name. */
#include <string.h>

#include "base/context.h"
#include "model/layer/layer.h"
#include "model/network.h"

enum { SIZE_LIMIT = 1 << 24 };

/* Reads "-123" at *text; 0 when there is no number or it is out of range. */
static int64_t next_size(const char **text) {
  if (**text != '-') return 0;
  const char *digit = *text + 1;
  int64_t size = 0;
  while (*digit >= '0' && *digit <= '9' && size <= SIZE_LIMIT) size = size * 10 + (*digit++ - '0');
  *text = digit;
  return size <= SIZE_LIMIT ? size : 0;
}

/* Builds "-I-N-…-O". */
static lottery_status build(struct lottery_network *network, const char *name, const char *sizes) {
  int32_t node = -1;
  lottery_status status = LOTTERY_OK;
  int layers = 0;
  for (const char *rest = sizes; status == LOTTERY_OK && *rest != '\0'; layers++) {
    const int64_t size = next_size(&rest);
    if (size == 0)
      return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT,
                          "name: '%.64s' needs sizes of 1 to %d, each after a '-'", name, SIZE_LIMIT);
    if (layers == 0) {
      status = network_add_input(network, 1, &size, &node);
      continue;
    }
    if (layers > 1) status = network_add_layer(network, &layer_relu, 1, &node, NULL, &node);
    const union attribute_value units = {.integer = size};
    if (status == LOTTERY_OK) status = network_add_layer(network, &layer_dense, 1, &node, &units, &node);
  }
  if (status == LOTTERY_OK && layers < 2)
    return context_fail(network->object.context, LOTTERY_ERROR_ARGUMENT,
                        "name: '%.64s' needs an input and an output size", name);
  return status == LOTTERY_OK ? network_finish(network, node, NULL) : status;
}

lottery_status network_preset(struct lottery_context *context, const char *name, struct lottery_network **out) {
  const char *sizes = NULL;
  if (strcmp(name, "lenet-300-100") == 0)
    sizes = "-784-300-100-10";
  else if (strncmp(name, "mlp", 3) == 0)
    sizes = name + 3;
  if (sizes == NULL) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: no preset is called '%.64s'", name);
  struct lottery_network *network = network_create(context);
  if (network == NULL) return LOTTERY_ERROR_MEMORY;
  const lottery_status status = build(network, name, sizes);
  if (status == LOTTERY_OK)
    *out = network;
  else
    object_release(network);
  return status;
}
