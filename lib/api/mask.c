/* The public functions of masks. */
#include "model/mask.h"
#include "api/check.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/network.h"
#include "prune/controls.h"
#include "prune/dead.h"
#include "prune/mask_algebra.h"

/* Hands a new mask out. */
static lottery_status give(struct lottery_mask *mask, lottery_mask **out) {
  *out = mask;
  return mask != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status lottery_mask_ones(lottery_network *network, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  RETURN_IF_NULL(network->object.context, out);
  RETURN_IF_ERROR(network_require_finished(network));
  return give(network_ones(network), out);
}

void lottery_mask_destroy(lottery_mask *mask) { destroy_handle(mask, OBJECT_MASK); }

lottery_status lottery_mask_retain(lottery_mask *mask) { return retain_handle(mask, OBJECT_MASK); }

lottery_status lottery_mask_replace(lottery_mask *mask, int64_t tensor, const uint8_t *bytes, int64_t count,
                                    lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  struct lottery_context *context = mask->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_ERROR(tensor_check_index(context, tensor, mask->tensor_count));
  RETURN_IF_NULL(context, bytes);
  RETURN_IF_ERROR(tensor_check_count(context, &mask->tensors[tensor], count));
  return give(mask_replace(context, mask, tensor, bytes), out);
}

lottery_status lottery_mask_read(lottery_mask *mask, int64_t tensor, uint8_t *bytes, int64_t count) {
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  struct lottery_context *context = mask->object.context;
  RETURN_IF_ERROR(tensor_check_index(context, tensor, mask->tensor_count));
  RETURN_IF_NULL(context, bytes);
  RETURN_IF_ERROR(tensor_check_count(context, &mask->tensors[tensor], count));
  for (int64_t i = 0; i < count; i++) bytes[i] = mask_bit(mask->bits[tensor], i) ? 1 : 0;
  return LOTTERY_OK;
}

lottery_status lottery_mask_tensor_count(lottery_mask *mask, int64_t *out) {
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  RETURN_IF_NULL(mask->object.context, out);
  *out = mask->tensor_count;
  return LOTTERY_OK;
}

lottery_status lottery_mask_tensor_name(lottery_mask *mask, int64_t tensor, char *buffer, int64_t capacity,
                                        int64_t *needed) {
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  RETURN_IF_ERROR(tensor_check_index(mask->object.context, tensor, mask->tensor_count));
  return text_copy(mask->object.context, mask->tensors[tensor].name, buffer, capacity, needed);
}

lottery_status lottery_mask_tensor_shape(lottery_mask *mask, int64_t tensor, int64_t capacity, int64_t *shape,
                                         int32_t *rank) {
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  RETURN_IF_ERROR(tensor_check_index(mask->object.context, tensor, mask->tensor_count));
  const struct tensor *found = &mask->tensors[tensor];
  return tensor_copy_shape(mask->object.context, found->rank, found->shape, capacity, shape, rank);
}

lottery_status lottery_mask_kept(lottery_mask *mask, int64_t tensor, int64_t *kept, int64_t *total) {
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  if (tensor != -1) RETURN_IF_ERROR(tensor_check_index(mask->object.context, tensor, mask->tensor_count));
  int64_t all_kept = 0, all = 0;
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    if (tensor != -1 && tensor != i) continue;
    all_kept += mask->kept[i];
    all += mask->tensors[i].count;
  }
  if (kept != NULL) *kept = all_kept;
  if (total != NULL) *total = all;
  return LOTTERY_OK;
}

lottery_status lottery_mask_dead(lottery_mask *mask, int64_t tensor, int64_t *units, int64_t *inputs) {
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  struct lottery_context *context = mask->object.context;
  RETURN_IF_ERROR(tensor_check_index(context, tensor, mask->tensor_count));
  const struct tensor *shape = &mask->tensors[tensor];
  unsigned char *alive = memory_allocate(context, tensor_rows(shape) + dead_inputs_of(shape), 1);
  if (alive == NULL) return LOTTERY_ERROR_MEMORY;
  const struct dead dead = dead_count(shape, mask->bits[tensor], alive);
  memory_release(context, alive);
  if (units != NULL) *units = dead.units;
  if (inputs != NULL) *inputs = dead.inputs;
  return LOTTERY_OK;
}

/* The checks of two masks that have to agree. */
static lottery_status check_pair(struct lottery_mask *first, struct lottery_mask *second, const void *out) {
  RETURN_UNLESS_HANDLE(first, OBJECT_MASK);
  struct lottery_context *context = first->object.context;
  RETURN_UNLESS_OTHER_HANDLE(context, second, OBJECT_MASK);
  RETURN_IF_NULL(context, out);
  return mask_require_tensors(context, "second", second, first->tensors, first->tensor_count);
}

lottery_status lottery_mask_intersect(lottery_mask *first, lottery_mask *second, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check_pair(first, second, out));
  return give(mask_intersect(first->object.context, first, second), out);
}

lottery_status lottery_mask_unite(lottery_mask *first, lottery_mask *second, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check_pair(first, second, out));
  return give(mask_unite(first->object.context, first, second), out);
}

lottery_status lottery_mask_subtract(lottery_mask *first, lottery_mask *second, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check_pair(first, second, out));
  return give(mask_subtract(first->object.context, first, second), out);
}

lottery_status lottery_mask_complement(lottery_mask *mask, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  RETURN_IF_NULL(mask->object.context, out);
  return give(mask_complement(mask->object.context, mask), out);
}

lottery_status lottery_mask_hamming(lottery_mask *first, lottery_mask *second, int64_t *out) {
  RETURN_IF_ERROR(check_pair(first, second, out));
  *out = mask_hamming(first, second);
  return LOTTERY_OK;
}

lottery_status lottery_mask_jaccard(lottery_mask *first, lottery_mask *second, double *out) {
  RETURN_IF_ERROR(check_pair(first, second, out));
  const uint64_t mode = float_mode_enter_ieee();
  *out = mask_jaccard(first, second);
  float_mode_leave(mode);
  return LOTTERY_OK;
}

lottery_status lottery_mask_shuffle(lottery_mask *mask, uint64_t seed, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  RETURN_IF_NULL(mask->object.context, out);
  return give(mask_shuffle(mask->object.context, mask, seed), out);
}

lottery_status lottery_mask_transfer(lottery_mask *mask, lottery_network *network, lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(mask, OBJECT_MASK);
  struct lottery_context *context = mask->object.context;
  RETURN_UNLESS_OTHER_HANDLE(context, network, OBJECT_NETWORK);
  RETURN_IF_NULL(context, out);
  if (!network->finished) return context_fail(context, LOTTERY_ERROR_STATE, "network: not finished");
  return mask_transfer(context, mask, network->prunable, network->prunable_count, out);
}
