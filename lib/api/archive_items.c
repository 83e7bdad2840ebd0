/* The public functions that add items to archives and get them. */
#include <string.h>

#include "api/check.h"
#include "base/arithmetic.h"
#include "base/text.h"
#include "base/utf8.h"
#include "store/archive/format.h"
#include "store/archive/items.h"
#include "store/element/convert.h"
#include "train/trainer.h"

static lottery_status check(lottery_archive *archive, const char *name) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, name);
  return LOTTERY_OK;
}

/* A further handle that must be a finished network. The message goes to the archive's context. */
static lottery_status check_network(lottery_archive *archive, lottery_network *network) {
  RETURN_UNLESS_OTHER_HANDLE(archive->object.context, network, OBJECT_NETWORK);
  if (network->finished) return LOTTERY_OK;
  return context_fail(archive->object.context, LOTTERY_ERROR_STATE, "network: not finished");
}

/* A further handle that must be a trainer that is not running. */
static lottery_status check_trainer(lottery_archive *archive, lottery_trainer *trainer) {
  struct lottery_context *context = archive->object.context;
  RETURN_UNLESS_OTHER_HANDLE(context, trainer, OBJECT_TRAINER);
  return trainer_require_idle(context, trainer);
}

/* --- Adding --- */

lottery_status lottery_archive_add_network(lottery_archive *archive, const char *name, lottery_network *network) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_IF_ERROR(check_network(archive, network));
  return item_add_network(archive, name, network);
}

lottery_status lottery_archive_add_mask(lottery_archive *archive, const char *name, lottery_mask *mask) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_UNLESS_OTHER_HANDLE(archive->object.context, mask, OBJECT_MASK);
  return item_add_mask(archive, name, mask);
}

lottery_status lottery_archive_add_snapshot(lottery_archive *archive, const char *name, lottery_snapshot *snapshot) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_UNLESS_OTHER_HANDLE(archive->object.context, snapshot, OBJECT_SNAPSHOT);
  return item_add_snapshot(archive, name, snapshot);
}

lottery_status lottery_archive_add_ticket(lottery_archive *archive, const char *name, lottery_network *network,
                                          lottery_mask *mask, lottery_snapshot *snapshot) {
  RETURN_IF_ERROR(check(archive, name));
  struct lottery_context *context = archive->object.context;
  RETURN_IF_ERROR(check_network(archive, network));
  RETURN_UNLESS_OTHER_HANDLE(context, mask, OBJECT_MASK);
  RETURN_UNLESS_OTHER_HANDLE(context, snapshot, OBJECT_SNAPSHOT);
  if (!tensor_lists_equal(mask->tensors, mask->tensor_count, network->prunable, network->prunable_count))
    return context_fail(context, LOTTERY_ERROR_SHAPE, "mask: its tensors are not the network's");
  if (!tensor_lists_equal(snapshot->tensors, snapshot->tensor_count, network->tensors, network->tensor_count))
    return context_fail(context, LOTTERY_ERROR_SHAPE, "snapshot: its tensors are not the network's");
  if (snapshot->slots[LOTTERY_SLOT_WEIGHT] == NULL)
    return context_fail(context, LOTTERY_ERROR_STATE, "snapshot: holds no weights");
  return item_add_ticket(archive, name, network, mask, snapshot);
}

lottery_status lottery_archive_add_trainer(lottery_archive *archive, const char *name, lottery_trainer *trainer) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_IF_ERROR(check_trainer(archive, trainer));
  return item_add_trainer(archive, name, trainer);
}

lottery_status lottery_archive_add_text(lottery_archive *archive, const char *name, const char *text) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_IF_NULL(archive->object.context, text);
  if (!utf8_is_valid(text)) return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "text: is not UTF-8");
  struct item item;
  lottery_status status = item_begin(archive, name, KIND_TEXT, &item);
  if (status == LOTTERY_OK) status = item_add_text(&item, ROLE_TEXT, text);
  return item_commit(archive, &item, status);
}

static lottery_status check_element(lottery_archive *archive, int32_t element) {
  if (dtype_of_element(element) >= 0) return LOTTERY_OK;
  return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "element: %d is outside 0 to %d", (int)element,
                      LOTTERY_ELEMENT_INT64);
}

/* count must be the product of the shape, whose sizes are 0 or more. */
static lottery_status check_array_count(struct lottery_context *context, int32_t rank, const int64_t *shape,
                                        int64_t count) {
  int64_t expected = 1;
  bool empty = false, fits = true;
  for (int32_t i = 0; i < rank; i++) empty |= shape[i] == 0;
  for (int32_t i = 0; !empty && fits && i < rank; i++) fits = arithmetic_multiply(expected, shape[i], &expected);
  if (empty) expected = 0;
  if (!fits) return context_fail(context, LOTTERY_ERROR_MEMORY, "shape: its product does not fit 64 bits");
  if (count == expected) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but the shape has %lld elements", (long long)count,
                      (long long)expected);
}

lottery_status lottery_archive_add_array(lottery_archive *archive, const char *name, int32_t element, int32_t rank,
                                         const int64_t *shape, const void *data, int64_t count) {
  RETURN_IF_ERROR(check(archive, name));
  struct lottery_context *context = archive->object.context;
  RETURN_IF_ERROR(check_element(archive, element));
  if (rank < 0 || rank > ENTRY_RANK_LIMIT)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "rank: %d is outside 0 to %d", (int)rank, ENTRY_RANK_LIMIT);
  if (rank > 0) RETURN_IF_NULL(context, shape);
  RETURN_IF_NULL_ARRAY(context, data, count);
  if (name[0] == '\0' || strcmp(name, "__metadata__") == 0)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: '%s' cannot be the name of an array", name);
  for (int32_t i = 0; i < rank; i++)
    if (shape[i] < 0)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "shape: size %lld at %d is below 0", (long long)shape[i],
                          (int)i);
  RETURN_IF_ERROR(check_array_count(context, rank, shape, count));
  struct item item;
  lottery_status status = item_begin(archive, name, KIND_ARRAY, &item);
  if (status == LOTTERY_OK) {
    int64_t bytes = 0;
    void *copy = item_add_array(&item, "", "", dtype_of_element(element), rank, shape);
    if (copy == NULL || !shape_bytes(dtype_of_element(element), rank, shape, &bytes)) status = LOTTERY_ERROR_MEMORY;
    if (status == LOTTERY_OK && bytes > 0) memcpy(copy, data, (size_t)bytes);
  }
  return item_commit(archive, &item, status);
}

/* --- Getting --- */

lottery_status lottery_archive_get_network(lottery_archive *archive, const char *name, lottery_network **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check(archive, name));
  RETURN_IF_NULL(archive->object.context, out);
  return item_get_network(archive, name, out);
}

lottery_status lottery_archive_get_mask(lottery_archive *archive, const char *name, lottery_network *network,
                                        lottery_mask **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check(archive, name));
  if (network != NULL) RETURN_IF_ERROR(check_network(archive, network));
  RETURN_IF_NULL(archive->object.context, out);
  return item_get_mask(archive, name, network, out);
}

lottery_status lottery_archive_get_snapshot(lottery_archive *archive, const char *name, lottery_network *network,
                                            lottery_snapshot **out) {
  CLEAR_OUT(out);
  RETURN_IF_ERROR(check(archive, name));
  if (network != NULL) RETURN_IF_ERROR(check_network(archive, network));
  RETURN_IF_NULL(archive->object.context, out);
  return item_get_snapshot(archive, name, network, out);
}

lottery_status lottery_archive_get_ticket(lottery_archive *archive, const char *name, lottery_network **network,
                                          lottery_mask **mask, lottery_snapshot **snapshot) {
  CLEAR_OUT(network);
  CLEAR_OUT(mask);
  CLEAR_OUT(snapshot);
  RETURN_IF_ERROR(check(archive, name));
  return item_get_ticket(archive, name, network, mask, snapshot);
}

lottery_status lottery_archive_restore_trainer(lottery_archive *archive, const char *name, lottery_trainer *trainer,
                                               int32_t consent) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_IF_ERROR(check_trainer(archive, trainer));
  if ((consent & ~LOTTERY_CONSENT_INSTRUCTION_SET) != 0)
    return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "consent: %d has bits outside %d",
                        (int)consent, (int)LOTTERY_CONSENT_INSTRUCTION_SET);
  return item_restore_trainer(archive, name, trainer, consent);
}

lottery_status lottery_archive_get_text(lottery_archive *archive, const char *name, char *buffer, int64_t capacity,
                                        int64_t *needed) {
  RETURN_IF_ERROR(check(archive, name));
  RETURN_IF_ERROR(item_require(archive, name, KIND_TEXT));
  const char *text = archive_text(archive, name, ROLE_TEXT);
  if (text == NULL)
    return context_fail(archive->object.context, LOTTERY_ERROR_FORMAT, "%.256s: the archive has no lottery.%s for it",
                        name, ROLE_TEXT);
  return text_copy(archive->object.context, text, buffer, capacity, needed);
}

static lottery_status find_array(lottery_archive *archive, const char *name, const struct entry **array) {
  RETURN_IF_ERROR(check(archive, name));
  *array = item_array(archive, name, "", "");
  if (*array != NULL) return LOTTERY_OK;
  return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "name: the archive has no array '%.256s'", name);
}

lottery_status lottery_archive_array_shape(lottery_archive *archive, const char *name, int32_t *element,
                                           int64_t capacity, int64_t *shape, int32_t *rank) {
  const struct entry *array;
  RETURN_IF_ERROR(find_array(archive, name, &array));
  struct lottery_context *context = archive->object.context;
  RETURN_IF_NULL(context, element);
  if (dtype_element(array->dtype) < 0)
    return context_fail(context, LOTTERY_ERROR_UNSUPPORTED, "name: the elements of '%.256s' are %s", name,
                        dtype_names[array->dtype]);
  RETURN_IF_ERROR(tensor_copy_shape(context, array->rank, array->shape, capacity, shape, rank));
  *element = dtype_element(array->dtype);
  return LOTTERY_OK;
}

lottery_status lottery_archive_get_array(lottery_archive *archive, const char *name, int32_t element, void *data,
                                         int64_t count) {
  const struct entry *array;
  RETURN_IF_ERROR(find_array(archive, name, &array));
  struct lottery_context *context = archive->object.context;
  RETURN_IF_ERROR(check_element(archive, element));
  RETURN_IF_NULL_ARRAY(context, data, count);
  const struct elements elements = {.dtype = array->dtype};
  if (!convert_can(array->dtype, element))
    return context_fail(context, LOTTERY_ERROR_SHAPE,
                        "element: the elements of '%.256s' are %s, which are not read as %s", name,
                        dtype_names[array->dtype], element_name(element));
  const int64_t size = dtype_size(array->dtype), held = array->bytes / size;
  if (count != held)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "count: %lld, but '%.256s' has %lld elements", (long long)count,
                        name, (long long)held);
  const int64_t fit = convert_elements(elements, array->data, element, NULL, count);
  if (fit < count)
    return convert_fail(context, array->name, fit, elements, (const unsigned char *)array->data + fit * size, element);
  convert_elements(elements, array->data, element, data, count);
  return LOTTERY_OK;
}
