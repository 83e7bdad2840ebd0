/* A mask in an archive: the list of its tensors, and for each its bits, eight a byte, the lowest first. */
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "store/archive/format.h"
#include "store/archive/items.h"

static int64_t bit_bytes(const struct tensor *tensor) { return tensor->count / 8 + (tensor->count % 8 != 0); }

lottery_status item_add_bits(struct item *item, const char *suffix, const struct lottery_mask *mask) {
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    const int64_t bytes = bit_bytes(&mask->tensors[i]);
    void *bits = item_add_array(item, mask->tensors[i].name, suffix, DTYPE_U8, 1, &bytes);
    if (bits == NULL) return LOTTERY_ERROR_MEMORY;
    memcpy(bits, mask->bits[i], (size_t)bytes); /* words are little-endian, as the file is */
  }
  return LOTTERY_OK;
}

lottery_status item_add_mask(struct lottery_archive *archive, const char *name, const struct lottery_mask *mask) {
  struct item item;
  lottery_status status = item_begin(archive, name, KIND_MASK, &item);
  if (status == LOTTERY_OK) status = item_add_tensors(&item, mask->tensors, mask->tensor_count);
  if (status == LOTTERY_OK) status = item_add_bits(&item, "", mask);
  return item_commit(archive, &item, status);
}

/* Copies a tensor's bits, of which none may be set past the end. */
static lottery_status copy_bits(struct lottery_archive *archive, const struct entry *array, struct lottery_mask *mask,
                                int64_t tensor) {
  const int64_t count = mask->tensors[tensor].count;
  memcpy(mask->bits[tensor], array->data, (size_t)array->bytes);
  if (count % 64 == 0 || mask->bits[tensor][count / 64] >> (count % 64) == 0) return LOTTERY_OK;
  return context_fail(archive->object.context, LOTTERY_ERROR_FORMAT, "%.256s: has bits past its %lld weights",
                      array->name, (long long)count);
}

lottery_status item_make_mask(struct lottery_archive *archive, const char *name, const char *suffix,
                              const struct tensor *tensors, int64_t count, struct lottery_mask **out) {
  lottery_status status = LOTTERY_OK;
  const struct entry *array;
  for (int64_t i = 0; status == LOTTERY_OK && i < count; i++) {
    const int64_t bytes = bit_bytes(&tensors[i]);
    status = item_require_array(archive, name, tensors[i].name, suffix, DTYPE_U8, 1, &bytes, &array);
  }
  if (status != LOTTERY_OK) return status;
  struct lottery_mask *mask = mask_create(archive->object.context, tensors, count);
  if (mask == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; status == LOTTERY_OK && i < count; i++)
    status = copy_bits(archive, item_array(archive, name, tensors[i].name, suffix), mask, i);
  mask_count(mask);
  if (status == LOTTERY_OK)
    *out = mask;
  else
    object_release(mask);
  return status;
}

/* A tensor's bits from an array of another program, an element a weight. */
static lottery_status copy_elements(struct lottery_archive *archive, const struct entry *array, uint64_t *bits) {
  const unsigned char *elements = array->data;
  for (int64_t i = 0; i < array->bytes; i++) {
    if (elements[i] > 1)
      return context_fail(archive->object.context, LOTTERY_ERROR_FORMAT, "%.256s: element %lld is %d, expected 0 or 1",
                          array->name, (long long)i, elements[i]);
    bits[i / 64] |= (uint64_t)elements[i] << i % 64;
  }
  return LOTTERY_OK;
}

/* The mask of a network from arrays that have its tensors' names and shapes, which are there before room is made. */
static lottery_status get_named(struct lottery_archive *archive, const char *name,
                                const struct lottery_network *network, struct lottery_mask **out) {
  lottery_status status = LOTTERY_OK;
  const struct tensor *tensors = network->prunable;
  const struct entry *array;
  for (int64_t i = 0; status == LOTTERY_OK && i < network->prunable_count; i++)
    status =
        item_require_array(archive, name, tensors[i].name, "", DTYPE_BOOL, tensors[i].rank, tensors[i].shape, &array);
  if (status != LOTTERY_OK) return status;
  struct lottery_mask *mask = mask_create(archive->object.context, tensors, network->prunable_count);
  if (mask == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; status == LOTTERY_OK && i < network->prunable_count; i++)
    status = copy_elements(archive, item_array(archive, name, tensors[i].name, ""), mask->bits[i]);
  mask_count(mask);
  if (status == LOTTERY_OK)
    *out = mask;
  else
    object_release(mask);
  return status;
}

lottery_status item_get_mask(struct lottery_archive *archive, const char *name, struct lottery_network *network,
                             struct lottery_mask **out) {
  struct lottery_context *context = archive->object.context;
  struct tensor *tensors = NULL;
  int64_t count = 0;
  if (archive_kind(archive, name) == NULL && network != NULL && network->prunable_count > 0 &&
      item_array(archive, name, network->prunable[0].name, "") != NULL)
    return get_named(archive, name, network, out);
  lottery_status status = item_require(archive, name, KIND_MASK);
  if (status == LOTTERY_OK) status = item_get_tensors(archive, name, &tensors, &count);
  if (status == LOTTERY_OK && network != NULL &&
      !tensor_lists_equal(tensors, count, network->prunable, network->prunable_count))
    status =
        context_fail(context, LOTTERY_ERROR_SHAPE,
                     "name: the tensors of '%.256s' are not the network's; pass no network to get it as it is", name);
  if (status == LOTTERY_OK) status = item_make_mask(archive, name, "", tensors, count, out);
  memory_release(context, tensors);
  return status;
}
