/* A network's life, its mask, and copying tensors in and out. */
#include "model/network.h"

#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "base/memory.h"
#include "base/real_text.h"
#include "base/status.h"
#include "kernels/kernels.h"

static void finalise(void *self) {
  struct lottery_network *network = self;
  struct lottery_context *context = network->object.context;
  object_release(network->predictor);
  memory_release(context, network->nodes);
  memory_release(context, network->tensors);
  memory_release(context, network->parameter);
  parameters_release(&network->parameters);
  memory_release(context, network->prunable);
  memory_release(context, network->prunable_tensors);
}

struct lottery_network *network_create(struct lottery_context *context) {
  struct lottery_network *network = object_create(context, OBJECT_NETWORK, sizeof *network, finalise);
  if (network == NULL) return NULL;
  network->kernels = kernels_for(atomic_load(&context->instruction_set));
  option_initialise(&network->options, LOTTERY_HANDLE_NETWORK);
  return network;
}

lottery_status network_require_open(struct lottery_network *network) {
  if (!network->finished) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: finished, its graph is fixed");
}

lottery_status network_require_finished(struct lottery_network *network) {
  if (network->finished) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: not finished");
}

lottery_status network_require_idle(struct lottery_network *network) {
  if (!network->running) return network_require_finished(network);
  return context_fail(network->object.context, LOTTERY_ERROR_STATE, "network: in use by a running trainer");
}

lottery_status network_require_filled(struct lottery_network *network) {
  if (network->filled || network->tensor_count == 0) return LOTTERY_OK;
  return context_fail(network->object.context, LOTTERY_ERROR_STATE,
                      "network: its weights were never set; lottery_network_initialise does that");
}

int64_t network_inputs(const struct lottery_network *network) { return network->nodes[0].features; }
int64_t network_outputs(const struct lottery_network *network) { return network->nodes[network->output].features; }

void network_read(const struct lottery_network *network, int64_t tensor, float *values) {
  layout_read(network->parameters.layout, network->parameters.values, tensor, values);
}

void network_write(struct lottery_network *network, int64_t tensor, const float *values) {
  layout_write(network->parameters.layout, network->parameters.values, tensor, values);
  network_touch(network);
}

void network_write_survivors(struct lottery_network *network, int64_t tensor, const float *values) {
  layout_unpack(network->parameters.layout, network->parameters.values, tensor, values);
  network_touch(network);
}

double network_crossover(const struct lottery_network *network) {
  return option_real(&network->options, LOTTERY_NETWORK_CROSSOVER);
}

lottery_status network_set_real(struct lottery_network *network, int32_t key, double value) {
  struct option_values changed = network->options;
  RETURN_IF_ERROR(option_set_real(network->object.context, &changed, key, value));
  if (key == LOTTERY_NETWORK_CROSSOVER && network->finished) {
    struct parameters converted;
    RETURN_IF_ERROR(network_convert(network, network_mask(network), value, &converted));
    network_take(network, &converted);
  }
  network->options = changed;
  return LOTTERY_OK;
}

int64_t network_largest_tensor(const struct lottery_network *network) {
  int64_t largest = 0;
  for (int64_t i = 0; i < network->tensor_count; i++)
    if (network->tensors[i].count > largest) largest = network->tensors[i].count;
  return largest;
}

lottery_status network_convert(struct lottery_network *network, struct lottery_mask *mask, double crossover,
                               struct parameters *converted) {
  struct lottery_context *context = network->object.context;
  const struct parameters *present = &network->parameters;
  *converted =
      (struct parameters){.layout = layout_create(context, network->kernels, network->tensors, network->parameter,
                                                  network->tensor_count, mask, crossover, present->layout)};
  float *scratch = memory_allocate(context, network_largest_tensor(network), sizeof *scratch);
  if (converted->layout != NULL) converted->values = layout_allocate(converted->layout);
  const bool complete = converted->values != NULL && scratch != NULL;
  if (complete)
    layout_convert(present->layout, present->values, converted->layout, converted->values, scratch);
  else
    parameters_release(converted);
  memory_release(context, scratch);
  return complete ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

void network_take(struct lottery_network *network, struct parameters *converted) {
  parameters_release(&network->parameters);
  network->parameters = *converted;
  network->version++;
}

struct lottery_mask *network_mask(const struct lottery_network *network) {
  return network->parameters.layout != NULL ? network->parameters.layout->mask : NULL;
}

lottery_status network_set_mask(struct lottery_network *network, struct lottery_mask *mask) {
  if (mask == network_mask(network)) return LOTTERY_OK;
  struct parameters converted;
  const lottery_status status = network_convert(network, mask, network_crossover(network), &converted);
  if (status == LOTTERY_OK) network_take(network, &converted);
  return status;
}

lottery_status network_compare_mask(struct lottery_context *context, const struct lottery_mask *mask,
                                    const struct tensor *prunable, int64_t prunable_count) {
  if (tensor_lists_equal(mask->tensors, mask->tensor_count, prunable, prunable_count)) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE,
                      "mask: its tensors are not the network's; lottery_mask_transfer makes one that fits");
}

lottery_status network_check_mask_shape(struct lottery_network *network, const struct lottery_mask *mask) {
  return network_compare_mask(network->object.context, mask, network->prunable, network->prunable_count);
}

struct lottery_mask *network_ones(struct lottery_network *network) {
  struct lottery_mask *mask = mask_create(network->object.context, network->prunable, network->prunable_count);
  if (mask == NULL) return NULL;
  for (int64_t i = 0; i < mask->tensor_count; i++) mask_fill(mask, i);
  mask_count(mask);
  return mask;
}

struct lottery_mask *network_current_mask(struct lottery_network *network) {
  struct lottery_mask *mask = network_mask(network);
  return mask != NULL ? object_retain(mask) : network_ones(network);
}

/* Tests bits: in a host's denormals-are-zero mode a comparison would not see a denormal. */
static bool is_zero(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits & 0x7fffffff) == 0;
}

lottery_status network_check_pruned(struct lottery_network *network, const struct lottery_mask *mask,
                                    int64_t where[2]) {
  if (mask == NULL) return LOTTERY_OK;
  struct lottery_context *context = network->object.context;
  float *values = memory_allocate(context, network_largest_tensor(network), sizeof *values);
  if (values == NULL) return LOTTERY_ERROR_MEMORY;
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < mask->tensor_count; i++) {
    const int64_t tensor = network->prunable_tensors[i];
    network_read(network, tensor, values);
    for (int64_t element = 0; status == LOTTERY_OK && element < mask->tensors[i].count; element++) {
      if (mask_bit(mask->bits[i], element) || is_zero(values[element])) continue;
      where[0] = tensor;
      where[1] = element;
      status =
          context_fail(context, LOTTERY_ERROR_MASK, "mask: %s[%lld] is pruned but is %s", network->tensors[tensor].name,
                       (long long)element, real_text(finite_widen(&values[element])).text);
    }
  }
  memory_release(context, values);
  return status;
}
