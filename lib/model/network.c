/* A network's life, its mask, and copying tensors in and out. */
#include "model/network.h"

#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "model/executor.h"

static void finalise(void *self) {
  struct lottery_network *network = self;
  struct lottery_context *context = network->object.context;
  executor_destroy(network->predictor);
  object_release(network->mask);
  memory_release(context, network->nodes);
  memory_release(context, network->tensors);
  memory_release(context, network->parameter);
  memory_release(context, network->parameters);
  memory_release(context, network->prunable);
  memory_release(context, network->prunable_tensors);
}

struct lottery_network *network_create(struct lottery_context *context) {
  struct lottery_network *network = object_create(context, OBJECT_NETWORK, sizeof *network, finalise);
  if (network == NULL) return NULL;
  network->kernels = kernels_for(atomic_load(&context->instruction_set));
  return network;
}

lottery_status network_require_finished(struct lottery_network *network) {
  if (network->finished) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: not finished");
}

lottery_status network_require_idle(struct lottery_network *network) {
  if (!network->running) return network_require_finished(network);
  return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: in use by a running trainer");
}

int64_t network_inputs(const struct lottery_network *network) { return network->nodes[0].features; }
int64_t network_outputs(const struct lottery_network *network) { return network->nodes[network->output].features; }

void network_read_flat(const struct lottery_network *network, const float *flat, int64_t tensor, float *values) {
  memcpy(values, flat + network->parameter[tensor].offset, (size_t)network->tensors[tensor].count * sizeof *values);
}

/* Zeroes what the mask prunes of one tensor. */
static void apply_mask(const struct lottery_network *network, float *flat, int64_t tensor) {
  const struct parameter *parameter = &network->parameter[tensor];
  if (network->mask == NULL || parameter->mask_tensor < 0) return;
  network->kernels->apply_mask(flat + parameter->offset, network->mask->bits[parameter->mask_tensor],
                               network->tensors[tensor].count);
}

void network_write_flat(const struct lottery_network *network, float *flat, int64_t tensor, const float *values) {
  memcpy(flat + network->parameter[tensor].offset, values, (size_t)network->tensors[tensor].count * sizeof *values);
  apply_mask(network, flat, tensor);
}

void network_apply_mask(const struct lottery_network *network, float *flat) {
  for (int64_t i = 0; i < network->tensor_count; i++) apply_mask(network, flat, i);
}

void network_set_mask(struct lottery_network *network, struct lottery_mask *mask) {
  struct lottery_mask *previous = network->mask;
  network->mask = object_retain(mask);
  object_release(previous);
  network->mask_changes++;
  network_apply_mask(network, network->parameters);
}

lottery_status network_check_mask_shape(struct lottery_network *network, const struct lottery_mask *mask) {
  if (tensor_lists_equal(mask->tensors, mask->tensor_count, network->prunable, network->prunable_count))
    return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_SHAPE,
                      "mask: its tensors are not the network's; lottery_mask_transfer makes one that fits");
}

struct lottery_mask *network_ones(struct lottery_network *network) {
  struct lottery_mask *mask = mask_create(network->object.context, network->prunable, network->prunable_count);
  if (mask == NULL) return NULL;
  for (int64_t i = 0; i < mask->tensor_count; i++) mask_fill(mask, i);
  mask_count(mask);
  return mask;
}

struct lottery_mask *network_current_mask(struct lottery_network *network) {
  return network->mask != NULL ? object_retain(network->mask) : network_ones(network);
}

lottery_status network_check_pruned(struct lottery_network *network, const struct lottery_mask *mask,
                                    int64_t where[2]) {
  for (int64_t i = 0; mask != NULL && i < mask->tensor_count; i++) {
    const int64_t tensor = network->prunable_tensors[i];
    const float *values = network->parameters + network->parameter[tensor].offset;
    for (int64_t element = 0; element < mask->tensors[i].count; element++) {
      if (mask_bit(mask->bits[i], element) || values[element] == 0.0F) continue;
      where[0] = tensor;
      where[1] = element;
      return context_fail(network->object.context, LOTTERY_ERROR_MASK, "mask: %s[%lld] is pruned but is %g",
                          network->tensors[tensor].name, (long long)element, (double)values[element]);
    }
  }
  return LOTTERY_OK;
}
