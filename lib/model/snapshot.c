/* Memory of snapshots. */
#include "model/snapshot.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"

static void finalise(void *self) {
  struct lottery_snapshot *snapshot = self;
  struct lottery_context *context = snapshot->object.context;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++) memory_release(context, snapshot->slots[slot]);
  memory_release(context, snapshot->offsets);
  memory_release(context, snapshot->tensors);
}

struct lottery_snapshot *snapshot_create(struct lottery_context *context, const struct tensor *tensors,
                                         int64_t tensor_count, int32_t contents, int32_t slots) {
  struct lottery_snapshot *snapshot = object_create(context, OBJECT_SNAPSHOT, sizeof *snapshot, finalise);
  if (snapshot == NULL) return NULL;
  snapshot->contents = contents;
  snapshot->tensor_count = tensor_count;
  snapshot->tensors = memory_allocate(context, tensor_count, sizeof *snapshot->tensors);
  snapshot->offsets = memory_allocate(context, tensor_count, sizeof *snapshot->offsets);
  bool complete = snapshot->tensors != NULL && snapshot->offsets != NULL;
  for (int64_t i = 0; complete && i < tensor_count; i++) {
    snapshot->tensors[i] = tensors[i];
    snapshot->offsets[i] = snapshot->element_count;
    snapshot->element_count += tensors[i].count; /* a network holds all of them, so the sum fits */
  }
  for (int slot = 0; complete && slot < SNAPSHOT_SLOTS; slot++) {
    if ((slots & 1 << slot) == 0) continue;
    snapshot->slots[slot] = memory_allocate(context, snapshot->element_count, sizeof(float));
    complete = snapshot->slots[slot] != NULL;
  }
  if (complete) return snapshot;
  object_release(snapshot);
  return NULL;
}
