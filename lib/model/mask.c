/* Memory and counting of masks. */
#include "model/mask.h"

#include <string.h>

#include "base/context.h"
#include "base/memory.h"

static void finalise(void *self) {
  struct lottery_mask *mask = self;
  struct lottery_context *context = mask->object.context;
  for (int64_t i = 0; mask->bits != NULL && i < mask->tensor_count; i++) memory_release(context, mask->bits[i]);
  memory_release(context, mask->bits);
  memory_release(context, mask->kept);
  memory_release(context, mask->tensors);
}

struct lottery_mask *mask_create(struct lottery_context *context, const struct tensor *tensors, int64_t tensor_count) {
  struct lottery_mask *mask = object_create(context, OBJECT_MASK, sizeof *mask, finalise);
  if (mask == NULL) return NULL;
  mask->tensor_count = tensor_count;
  mask->tensors = memory_allocate(context, tensor_count, sizeof *mask->tensors);
  mask->bits = memory_allocate(context, tensor_count, sizeof *mask->bits);
  mask->kept = memory_allocate(context, tensor_count, sizeof *mask->kept);
  bool complete = mask->tensors != NULL && mask->bits != NULL && mask->kept != NULL;
  for (int64_t i = 0; complete && i < tensor_count; i++) {
    mask->tensors[i] = tensors[i];
    mask->bits[i] = memory_allocate(context, mask_words(tensors[i].count), sizeof **mask->bits);
    complete = mask->bits[i] != NULL;
  }
  if (complete) return mask;
  object_release(mask);
  return NULL;
}

bool mask_tensors_equal(const struct lottery_mask *a, const struct lottery_mask *b, int64_t tensor) {
  if (a == b) return true;
  return a->kept[tensor] == b->kept[tensor] &&
         memcmp(a->bits[tensor], b->bits[tensor], (size_t)mask_words(a->tensors[tensor].count) * sizeof **a->bits) == 0;
}

void mask_fill(struct lottery_mask *mask, int64_t tensor) {
  const int64_t count = mask->tensors[tensor].count;
  memset(mask->bits[tensor], 0xff, (size_t)mask_words(count) * sizeof(uint64_t));
  if (count % 64 != 0) mask->bits[tensor][count / 64] = ((uint64_t)1 << (count % 64)) - 1;
}

void mask_copy_tensor(struct lottery_mask *mask, int64_t tensor, const struct lottery_mask *source,
                      int64_t source_tensor) {
  memcpy(mask->bits[tensor], source->bits[source_tensor],
         (size_t)mask_words(mask->tensors[tensor].count) * sizeof(uint64_t));
}

void mask_count(struct lottery_mask *mask) {
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    int64_t kept = 0;
    for (int64_t word = 0; word < mask_words(mask->tensors[i].count); word++)
      kept += __builtin_popcountll(mask->bits[i][word]);
    mask->kept[i] = kept;
  }
}
