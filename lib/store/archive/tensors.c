/* Lists of tensors as a text: [{"name":"fc1.weight","shape":[300,784]},…]. */
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"
#include "store/archive/format.h"
#include "store/archive/items.h"

lottery_status item_add_tensors(struct item *item, const struct tensor *tensors, int64_t count) {
  struct json_writer writer = {.context = item->tables.context};
  json_write(&writer, "[");
  for (int64_t i = 0; i < count; i++) {
    json_write(&writer, i > 0 ? ",{\"name\":" : "{\"name\":");
    json_write_string(&writer, tensors[i].name);
    json_write(&writer, ",\"shape\":");
    json_write_integers(&writer, tensors[i].shape, tensors[i].rank);
    json_write(&writer, "}");
  }
  json_write(&writer, "]");
  const lottery_status status = item_add_written(item, ROLE_TENSORS, &writer);
  json_writer_release(&writer);
  return status;
}

static void read_shape(struct json *json, struct tensor *tensor) {
  json_enter(json, '[');
  for (tensor->count = 1; json_more(json, '['); tensor->rank++) {
    if (tensor->rank == TENSOR_RANK_LIMIT) {
      json_fail(json, "the shape has too many sizes");
      return;
    }
    int64_t *size = &tensor->shape[tensor->rank];
    if (!json_integer(json, 1, INT64_MAX, size)) return;
    if (!arithmetic_multiply(tensor->count, *size, &tensor->count)) json_fail(json, "the shape does not fit 64 bits");
  }
}

/* One tensor; `names` keeps its name, to find those that come twice. */
static lottery_status read_tensor(struct lottery_context *context, struct json *json, struct tensor *tensor,
                                  struct table *names) {
  static const char *const members[] = {"name", "shape"};
  struct entry entry = {.name = ""};
  uint32_t seen = 0;
  json_enter(json, '{');
  while (json_more(json, '{')) {
    const int32_t member = json_member(json, members, 2, &seen);
    if (member == 0) json_string(json, &entry.name);
    if (member == 1) read_shape(json, tensor);
  }
  const size_t length = strlen(entry.name);
  if (json->fault == NULL && seen != 3) json_fail(json, "a tensor needs name and shape");
  if (json->fault == NULL && (length == 0 || length >= sizeof tensor->name))
    json_fail(json, "a tensor's name has 1 to 31 bytes");
  if (json->fault != NULL) return LOTTERY_OK;
  memcpy(tensor->name, entry.name, length);
  return table_append(context, names, &entry);
}

/* Appends to a list that grows by doubling. */
static struct tensor *next_tensor(struct lottery_context *context, struct tensor **list, int64_t count,
                                  int64_t *capacity) {
  if (count == *capacity) {
    struct tensor *grown = memory_allocate(context, *capacity == 0 ? 8 : 2 * *capacity, sizeof *grown);
    if (grown == NULL) return NULL;
    if (count > 0) memcpy(grown, *list, (size_t)count * sizeof *grown);
    memory_release(context, *list);
    *list = grown;
    *capacity = *capacity == 0 ? 8 : 2 * *capacity;
  }
  return &(*list)[count];
}

lottery_status item_get_tensors(struct lottery_archive *archive, const char *name, struct tensor **out,
                                int64_t *count) {
  struct lottery_context *context = archive->object.context;
  struct json json;
  struct table names = {0};
  int64_t capacity = 0, elements = 0;
  *out = NULL;
  *count = 0;
  lottery_status status = item_open_text(archive, name, ROLE_TENSORS, &json);
  if (status != LOTTERY_OK) return status;
  json_enter(&json, '[');
  while (status == LOTTERY_OK && json_more(&json, '[')) {
    struct tensor *tensor = next_tensor(context, out, *count, &capacity);
    status = tensor != NULL ? read_tensor(context, &json, tensor, &names) : LOTTERY_ERROR_MEMORY;
    if (status != LOTTERY_OK || json.fault != NULL) break;
    if (!arithmetic_add(elements, tensor->count, &elements)) json_fail(&json, "the elements of all do not fit 64 bits");
    (*count)++;
  }
  if (status == LOTTERY_OK && json_end(&json)) {
    table_sort(&names);
    if (table_duplicate(&names) != NULL) json_fail(&json, "a tensor's name appears twice");
  }
  memory_release(context, names.entries);
  if (status != LOTTERY_OK) json.fault = NULL; /* the message is there already */
  const lottery_status form = item_close_text(archive, name, ROLE_TENSORS, &json);
  if (status == LOTTERY_OK) status = form;
  if (status == LOTTERY_OK) return status;
  memory_release(context, *out);
  *out = NULL;
  return status;
}
