/* The preview: what a pruner would leave of each tensor. */
#include "base/context.h"
#include "base/memory.h"
#include "prune/dead.h"
#include "prune/pruner.h"

static int32_t vanishing_grade(const struct lottery_mask *mask, int64_t tensor) {
  if (mask->kept[tensor] == 0) return 2;
  return mask->kept[tensor] < tensor_rows(&mask->tensors[tensor]) ? 1 : 0;
}

static int64_t lines_of(const struct tensor *tensor) { return tensor_rows(tensor) + dead_inputs_of(tensor); }

/* Units and inputs of all tensors together. */
static int64_t count_lines(const struct lottery_mask *mask) {
  int64_t lines = 0;
  for (int64_t i = 0; i < mask->tensor_count; i++) lines += lines_of(&mask->tensors[i]);
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
    if (dead_units != NULL) {
      const struct dead dead = dead_count(&next->tensors[i], next->bits[i], lines);
      dead_units[i] = dead.units + dead.inputs;
    }
    if (vanishing != NULL) vanishing[i] = vanishing_grade(next, i);
    lines += lines_of(&next->tensors[i]);
  }
  memory_release(context, alive);
  object_release(next);
  return status;
}
