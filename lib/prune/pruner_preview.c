/* The preview: what a pruner would leave of each tensor. */
#include "base/context.h"
#include "base/memory.h"
#include "prune/pruner.h"

/* Rows (units) and columns (inputs) of a tensor [units][inputs]… without a surviving weight. alive: zeroed scratch of
 * units + inputs bytes. */
static int64_t count_dead_units(const struct tensor *tensor, const uint64_t *bits, unsigned char *alive) {
  const int64_t units = tensor->shape[0], inputs = tensor->shape[1];
  const int64_t unit_weights = tensor->count / units, input_weights = unit_weights / inputs;
  int64_t dead = units + inputs;
  for (int64_t i = 0; i < tensor->count; i++) {
    if (!mask_bit(bits, i)) continue;
    unsigned char *unit = &alive[i / unit_weights], *input = &alive[units + i % unit_weights / input_weights];
    dead -= 2 - *unit - *input;
    *unit = *input = 1;
  }
  return dead;
}

static int32_t vanishing_grade(const struct lottery_mask *mask, int64_t tensor) {
  if (mask->kept[tensor] == 0) return 2;
  return mask->kept[tensor] < mask->tensors[tensor].shape[0] ? 1 : 0;
}

/* Units and inputs of all tensors together. */
static int64_t count_lines(const struct lottery_mask *mask) {
  int64_t lines = 0;
  for (int64_t i = 0; i < mask->tensor_count; i++) lines += mask->tensors[i].shape[0] + mask->tensors[i].shape[1];
  return lines;
}

lottery_status pruner_preview(struct lottery_pruner *pruner, const struct lottery_network *network,
                              const struct lottery_mask *mask, int64_t count, int64_t *kept, int64_t *dead_units,
                              int32_t *vanishing) {
  struct lottery_context *context = pruner->object.context;
  struct lottery_mask *next;
  lottery_status status = pruner_apply(pruner, network, mask, &next);
  if (status < 0) return status;
  status = LOTTERY_OK; /* that nothing would go shows in the numbers */
  unsigned char *alive = NULL;
  if (count != next->tensor_count) {
    status = context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but the mask covers %lld tensors",
                          (long long)count, (long long)next->tensor_count);
  } else {
    alive = memory_allocate(context, count_lines(next), 1);
    if (alive == NULL) status = LOTTERY_ERROR_MEMORY;
  }
  unsigned char *lines = alive;
  for (int64_t i = 0; alive != NULL && i < count; i++) {
    if (kept != NULL) kept[i] = next->kept[i];
    if (dead_units != NULL) dead_units[i] = count_dead_units(&next->tensors[i], next->bits[i], lines);
    if (vanishing != NULL) vanishing[i] = vanishing_grade(next, i);
    lines += next->tensors[i].shape[0] + next->tensors[i].shape[1];
  }
  memory_release(context, alive);
  object_release(next);
  return status;
}
