/* The public functions of snapshots; networks and trainers make and restore them. */
#include "model/snapshot.h"

#include <string.h>

#include "api/check.h"
#include "base/text.h"

void lottery_snapshot_destroy(lottery_snapshot *snapshot) { destroy_handle(snapshot, OBJECT_SNAPSHOT); }

lottery_status lottery_snapshot_retain(lottery_snapshot *snapshot) { return retain_handle(snapshot, OBJECT_SNAPSHOT); }

lottery_status lottery_snapshot_contents(lottery_snapshot *snapshot, int32_t *out) {
  RETURN_UNLESS_HANDLE(snapshot, OBJECT_SNAPSHOT);
  RETURN_IF_NULL(snapshot->object.context, out);
  *out = snapshot->contents;
  return LOTTERY_OK;
}

lottery_status lottery_snapshot_iteration(lottery_snapshot *snapshot, int64_t *out) {
  RETURN_UNLESS_HANDLE(snapshot, OBJECT_SNAPSHOT);
  RETURN_IF_NULL(snapshot->object.context, out);
  *out = snapshot->position.iteration;
  return LOTTERY_OK;
}

lottery_status lottery_snapshot_tensor_count(lottery_snapshot *snapshot, int64_t *out) {
  RETURN_UNLESS_HANDLE(snapshot, OBJECT_SNAPSHOT);
  RETURN_IF_NULL(snapshot->object.context, out);
  *out = snapshot->tensor_count;
  return LOTTERY_OK;
}

lottery_status lottery_snapshot_tensor_name(lottery_snapshot *snapshot, int64_t tensor, char *buffer, int64_t capacity,
                                            int64_t *needed) {
  RETURN_UNLESS_HANDLE(snapshot, OBJECT_SNAPSHOT);
  RETURN_IF_ERROR(tensor_check_index(snapshot->object.context, tensor, snapshot->tensor_count));
  return text_copy(snapshot->object.context, snapshot->tensors[tensor].name, buffer, capacity, needed);
}

lottery_status lottery_snapshot_tensor_shape(lottery_snapshot *snapshot, int64_t tensor, int64_t capacity,
                                             int64_t *shape, int32_t *rank) {
  RETURN_UNLESS_HANDLE(snapshot, OBJECT_SNAPSHOT);
  RETURN_IF_ERROR(tensor_check_index(snapshot->object.context, tensor, snapshot->tensor_count));
  const struct tensor *found = &snapshot->tensors[tensor];
  return tensor_copy_shape(snapshot->object.context, found->rank, found->shape, capacity, shape, rank);
}

lottery_status lottery_snapshot_read(lottery_snapshot *snapshot, int64_t tensor, int32_t slot, float *values,
                                     int64_t count) {
  RETURN_UNLESS_HANDLE(snapshot, OBJECT_SNAPSHOT);
  struct lottery_context *context = snapshot->object.context;
  RETURN_IF_ERROR(tensor_check_index(context, tensor, snapshot->tensor_count));
  if (slot < 0 || slot >= SNAPSHOT_SLOTS)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "slot: %d is outside 0 to %d", (int)slot, SNAPSHOT_SLOTS - 1);
  RETURN_IF_NULL(context, values);
  RETURN_IF_ERROR(tensor_check_count(context, &snapshot->tensors[tensor], count));
  if (snapshot->slots[slot] == NULL)
    return context_fail(context, LOTTERY_ERROR_STATE, "slot: the snapshot does not hold slot %d", (int)slot);
  memcpy(values, snapshot->slots[slot] + snapshot->offsets[tensor], (size_t)count * sizeof *values);
  return LOTTERY_OK;
}
