/* The pruner as a handle: its options and the rates of tensors. */
#include "prune/pruner.h"

#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "base/real_text.h"

static void finalise(void *self) {
  struct lottery_pruner *pruner = self;
  memory_release(pruner->object.context, pruner->rates);
}

struct lottery_pruner *pruner_create(struct lottery_context *context) {
  struct lottery_pruner *pruner = object_create(context, OBJECT_PRUNER, sizeof *pruner, finalise);
  if (pruner == NULL) return NULL;
  option_initialise(&pruner->options, LOTTERY_HANDLE_PRUNER);
  pruner->decides = LOTTERY_PRUNER_RATE;
  return pruner;
}

lottery_status pruner_set_integer(struct lottery_pruner *pruner, int32_t key, int64_t value) {
  const lottery_status status = option_set_integer(pruner->object.context, &pruner->options, key, value);
  if (status != LOTTERY_OK || key != LOTTERY_PRUNER_COUNT) return status;
  pruner->decides = key;
  pruner->count_is_set = true;
  return LOTTERY_OK;
}

lottery_status pruner_set_real(struct lottery_pruner *pruner, int32_t key, double value) {
  const lottery_status status = option_set_real(pruner->object.context, &pruner->options, key, value);
  if (status != LOTTERY_OK || (key != LOTTERY_PRUNER_RATE && key != LOTTERY_PRUNER_DENSITY)) return status;
  pruner->decides = key;
  if (key == LOTTERY_PRUNER_DENSITY) pruner->density_is_set = true;
  return LOTTERY_OK;
}

lottery_status pruner_get_integer(struct lottery_pruner *pruner, int32_t key, int64_t *out) {
  if (key == LOTTERY_PRUNER_COUNT && !pruner->count_is_set)
    return context_fail(pruner->object.context, LOTTERY_ERROR_STATE, "key: count was never set");
  return option_get_integer(pruner->object.context, &pruner->options, key, out);
}

lottery_status pruner_get_real(struct lottery_pruner *pruner, int32_t key, double *out) {
  if (key == LOTTERY_PRUNER_DENSITY && !pruner->density_is_set)
    return context_fail(pruner->object.context, LOTTERY_ERROR_STATE, "key: density was never set");
  return option_get_real(pruner->object.context, &pruner->options, key, out);
}

lottery_status pruner_set_tensor_rate(struct lottery_pruner *pruner, const char *name, double rate) {
  struct lottery_context *context = pruner->object.context;
  if (!option_is_within(rate, 0.0, 1.0))
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "rate: %s is outside 0 to 1", real_text(rate).text);
  const size_t length = strlen(name);
  if (length >= TENSOR_NAME_CAPACITY)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: %zu bytes, but no tensor's name has more than %d",
                        length, TENSOR_NAME_CAPACITY - 1);
  for (int64_t i = 0; i < pruner->rate_count; i++) {
    if (strcmp(pruner->rates[i].name, name) != 0) continue;
    pruner->rates[i].rate = rate;
    return LOTTERY_OK;
  }
  if (pruner->rate_count == pruner->rate_capacity) {
    const int64_t capacity = pruner->rate_capacity * 2 + 8;
    struct pruner_rate *rates = memory_allocate(context, capacity, sizeof *rates);
    if (rates == NULL) return LOTTERY_ERROR_MEMORY;
    if (pruner->rate_count > 0) memcpy(rates, pruner->rates, (size_t)pruner->rate_count * sizeof *rates);
    memory_release(context, pruner->rates);
    pruner->rates = rates;
    pruner->rate_capacity = capacity;
  }
  struct pruner_rate *added = &pruner->rates[pruner->rate_count++];
  memcpy(added->name, name, length + 1);
  added->rate = rate;
  return LOTTERY_OK;
}
