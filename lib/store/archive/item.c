/* Adding and reading one item of an archive. */
#include "store/archive/item.h"

#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/archive/format.h"
#include "store/element/convert.h"

/* --- Adding --- */

lottery_status item_begin(struct lottery_archive *archive, const char *name, const char *kind, struct item *item) {
  struct lottery_context *context = archive->object.context;
  *item = (struct item){.name = name, .tables = {.context = context}};
  const size_t length = strlen(name);
  if (length > ITEM_NAME_LIMIT)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: %lld bytes, at most %d", (long long)length,
                        ITEM_NAME_LIMIT);
  if (!utf8_is_valid(name)) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: is not UTF-8");
  if (archive_kind(archive, name) != NULL)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: the archive already has '%.256s'", name);
  return item_add_text(item, ROLE_KIND, kind);
}

lottery_status item_add_text(struct item *item, const char *role, const char *text) {
  char key[FORMAT_NAME_CAPACITY];
  format_text_key(item->name, role, key);
  const int64_t bytes = (int64_t)strlen(text) + 1;
  struct entry *entry;
  const lottery_status status = tables_append(&item->tables, &item->tables.texts, key, bytes, &entry);
  if (status == LOTTERY_OK) memcpy(entry->owned, text, (size_t)bytes);
  return status;
}

lottery_status item_add_written(struct item *item, const char *role, const struct json_writer *writer) {
  return writer->failed ? LOTTERY_ERROR_MEMORY : item_add_text(item, role, writer->text);
}

void *item_add_array(struct item *item, const char *tensor, const char *suffix, int32_t dtype, int32_t rank,
                     const int64_t *shape) {
  char full[FORMAT_NAME_CAPACITY];
  format_array_name(item->name, tensor, suffix, full);
  int64_t bytes;
  if (!shape_bytes(dtype, rank, shape, &bytes)) {
    context_fail(item->tables.context, LOTTERY_ERROR_MEMORY, "%.256s: its size does not fit", full);
    return NULL;
  }
  struct entry *entry;
  if (tables_append(&item->tables, &item->tables.arrays, full, bytes, &entry) != LOTTERY_OK) return NULL;
  entry->dtype = dtype;
  entry->rank = rank;
  if (rank > 0) memcpy(entry->shape, shape, (size_t)rank * sizeof *shape);
  return entry->owned;
}

lottery_status item_commit(struct lottery_archive *archive, struct item *item, lottery_status status) {
  if (status == LOTTERY_OK) {
    table_sort(&item->tables.arrays);
    table_sort(&item->tables.texts);
    status = tables_merge(&archive->tables, &item->tables);
  }
  tables_release(&item->tables);
  return status;
}

/* --- Reading --- */

lottery_status item_require(struct lottery_archive *archive, const char *name, const char *kind) {
  struct lottery_context *context = archive->object.context;
  const char *found = archive_kind(archive, name);
  if (found == NULL) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: the archive has no '%.256s'", name);
  if (strcmp(found, kind) == 0) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: '%.256s' is of kind %.32s, not %s", name, found, kind);
}

lottery_status item_open_text(struct lottery_archive *archive, const char *name, const char *role, struct json *json) {
  struct lottery_context *context = archive->object.context;
  const char *text = archive_text(archive, name, role);
  if (text == NULL)
    return context_fail(context, LOTTERY_ERROR_FORMAT, "%.256s: the archive has no lottery.%s for it", name, role);
  const int64_t length = (int64_t)strlen(text);
  char *copy = memory_allocate(context, length + 1, 1);
  if (copy == NULL) return LOTTERY_ERROR_MEMORY;
  memcpy(copy, text, (size_t)length);
  json_begin(json, copy, length);
  return LOTTERY_OK;
}

lottery_status item_close_text(struct lottery_archive *archive, const char *name, const char *role, struct json *json) {
  struct lottery_context *context = archive->object.context;
  memory_release(context, json->text);
  json->text = NULL;
  if (json->fault == NULL) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_FORMAT, "%.256s: lottery.%s, byte %lld: %s", name, role,
                      (long long)json->at, json->fault);
}

const struct entry *item_array(const struct lottery_archive *archive, const char *name, const char *tensor,
                               const char *suffix) {
  char full[FORMAT_NAME_CAPACITY];
  format_array_name(name, tensor, suffix, full);
  return table_find(&archive->tables.arrays, full);
}

/* "F32 [300,784]" */
static void describe(int32_t dtype, int32_t rank, const int64_t *shape, char *text, size_t capacity) {
  snprintf(text, capacity, "%s [", dtype_names[dtype]);
  for (int32_t i = 0; i < rank; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, capacity - used, "%s%lld", i > 0 ? "," : "", (long long)shape[i]);
  }
  const size_t used = strlen(text);
  snprintf(text + used, capacity - used, "]");
}

static bool is_taken_as(int32_t found, int32_t wanted) {
  if (wanted == DTYPE_F32) return dtype_is_real(found);
  return found == wanted || (wanted == DTYPE_BOOL && found == DTYPE_U8);
}

lottery_status item_require_array(struct lottery_archive *archive, const char *name, const char *tensor,
                                  const char *suffix, int32_t dtype, int32_t rank, const int64_t *shape,
                                  const struct entry **out) {
  struct lottery_context *context = archive->object.context;
  char full[FORMAT_NAME_CAPACITY], wanted[192], found[192];
  format_array_name(name, tensor, suffix, full);
  const struct entry *entry = table_find(&archive->tables.arrays, full);
  if (entry == NULL) return context_fail(context, LOTTERY_ERROR_FORMAT, "%.300s: the archive has no such array", full);
  *out = entry;
  if (is_taken_as(entry->dtype, dtype) && entry->rank == rank &&
      (rank == 0 || memcmp(entry->shape, shape, (size_t)rank * sizeof *shape) == 0))
    return LOTTERY_OK;
  describe(dtype, rank, shape, wanted, sizeof wanted);
  describe(entry->dtype, entry->rank, entry->shape, found, sizeof found);
  return context_fail(context, LOTTERY_ERROR_SHAPE, "%.300s: is %s, expected %s", full, found, wanted);
}

lottery_status item_copy_values(struct lottery_archive *archive, const struct entry *array, float *values) {
  const struct elements elements = {.dtype = array->dtype};
  const int64_t size = dtype_size(array->dtype), count = array->bytes / size;
  const int64_t fit = convert_elements(elements, array->data, LOTTERY_ELEMENT_FLOAT32, values, count);
  if (fit < count)
    return convert_fail(archive->object.context, array->name, fit, elements,
                        (const unsigned char *)array->data + fit * size, LOTTERY_ELEMENT_FLOAT32);
  return finite_check(archive->object.context, array->name, values, count);
}
