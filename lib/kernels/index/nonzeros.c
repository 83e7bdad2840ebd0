/* Memory of the lists of inputs that are not 0. */
#include "kernels/index/nonzeros.h"

#include "base/memory.h"
#include "kernels/choice.h"

static bool allocate(struct lottery_context *context, struct nonzeros *nonzeros, int64_t tiles, bool gradients) {
  nonzeros->by_example = memory_allocate(context, tiles * (nonzeros->room + ROW_STEP), sizeof(uint32_t));
  nonzeros->example_start = memory_allocate(context, tiles * (BATCH_TILE + 1), sizeof(uint32_t));
  if (nonzeros->by_example == NULL || nonzeros->example_start == NULL) return false;
  if (!gradients) return true;
  nonzeros->by_feature = memory_allocate(context, tiles * (nonzeros->room + ROW_STEP), sizeof(uint32_t));
  nonzeros->feature_start = memory_allocate(context, tiles * (nonzeros->features + 1), sizeof(uint32_t));
  return nonzeros->by_feature != NULL && nonzeros->feature_start != NULL;
}

bool nonzeros_create(struct lottery_context *context, int64_t features, int64_t tiles, bool gradients,
                     struct nonzeros **out) {
  *out = NULL;
  if (!choice_lists_nonzeros(features, tiles)) return true;
  struct nonzeros *nonzeros = memory_allocate(context, 1, sizeof *nonzeros);
  if (nonzeros == NULL) return false;
  nonzeros->features = features;
  nonzeros->room = features * BATCH_TILE / 2; /* no set gains from more: struct nonzero_kernels */
  nonzeros->count = -1;
  if (allocate(context, nonzeros, tiles, gradients)) {
    *out = nonzeros;
    return true;
  }
  nonzeros_destroy(context, nonzeros);
  return false;
}

void nonzeros_destroy(struct lottery_context *context, struct nonzeros *nonzeros) {
  if (nonzeros == NULL) return;
  memory_release(context, nonzeros->by_example);
  memory_release(context, nonzeros->by_feature);
  memory_release(context, nonzeros->example_start);
  memory_release(context, nonzeros->feature_start);
  memory_release(context, nonzeros);
}
