/* A safetensors header: names, types and shapes, and whether the places in the data make one piece. */
#include <string.h>

#include "base/context.h"
#include "store/json/json.h"
#include "store/safetensors/safetensors.h"

#define METADATA "__metadata__"

static lottery_status fail_json(const struct file_source *source, const struct json *json) {
  return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.256s: header, byte %lld: %s", source->argument,
                      source->path, (long long)json->at, json->fault);
}

/* The strings of __metadata__. */
static lottery_status parse_texts(const struct file_source *source, struct json *json, struct table *texts) {
  lottery_status status = LOTTERY_OK;
  json_enter(json, '{');
  while (status == LOTTERY_OK && json_more(json, '{')) {
    struct entry text = {0};
    const char *value;
    if (!json_key(json, &text.name) || !json_string(json, &value)) break;
    text.data = value;
    text.bytes = (int64_t)strlen(value);
    status = table_append(source->context, texts, &text);
  }
  return status;
}

static void parse_shape(struct json *json, struct entry *array) {
  json_enter(json, '[');
  while (json_more(json, '[')) {
    if (array->rank == ENTRY_RANK_LIMIT) {
      json_fail(json, "a shape has more than 8 sizes");
      return;
    }
    if (!json_integer(json, 0, INT64_MAX, &array->shape[array->rank])) return;
    array->rank++;
  }
}

static void parse_offsets(struct json *json, int64_t *begin, int64_t *end) {
  static const char fault[] = "expected two offsets";
  int64_t *const offsets[] = {begin, end};
  int count = 0;
  json_enter(json, '[');
  for (; json_more(json, '['); count++) {
    if (count == 2) {
      json_fail(json, fault);
      return;
    }
    if (!json_integer(json, 0, INT64_MAX, offsets[count])) return;
  }
  if (count != 2) json_fail(json, fault);
}

/* One array: its members in any order, each once, and whether they agree. */
static lottery_status parse_array(const struct file_source *source, struct json *json, const char *name,
                                  struct table *arrays) {
  static const char *const members[] = {"dtype", "shape", "data_offsets"};
  struct entry array = {.name = name};
  const char *dtype = "";
  int64_t end = 0, needed;
  uint32_t seen = 0;
  json_enter(json, '{');
  while (json_more(json, '{')) {
    const int32_t member = json_member(json, members, 3, &seen);
    if (member == 0) json_string(json, &dtype);
    if (member == 1) parse_shape(json, &array);
    if (member == 2) parse_offsets(json, &array.begin, &end);
  }
  if (json->fault == NULL && seen != 7) json_fail(json, "an array needs dtype, shape and data_offsets");
  if (json->fault != NULL) return LOTTERY_OK;
  while (array.dtype < DTYPE_COUNT && strcmp(dtype, dtype_names[array.dtype]) != 0) array.dtype++;
  if (array.dtype == DTYPE_COUNT)
    return context_fail(source->context, LOTTERY_ERROR_UNSUPPORTED,
                        "%s: %.256s: %.128s: this version has no dtype %.32s", source->argument, source->path, name,
                        dtype);
  if (!shape_bytes(array.dtype, array.rank, array.shape, &needed))
    return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.256s: %.128s: its shape does not fit 64 bits",
                        source->argument, source->path, name);
  if (end < array.begin || end - array.begin != needed)
    return context_fail(source->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.256s: %.128s: offsets %lld to %lld do not hold the %lld bytes of its shape and dtype %s",
                        source->argument, source->path, name, (long long)array.begin, (long long)end, (long long)needed,
                        dtype_names[array.dtype]);
  array.bytes = needed;
  return table_append(source->context, arrays, &array);
}

/* In the order of the data, every array begins where the one before it ends. */
static lottery_status check_places(const struct file_source *source, struct table *arrays, int64_t *data_bytes) {
  table_sort_by_place(arrays);
  *data_bytes = 0;
  for (int64_t i = 0; i < arrays->count; i++) {
    const struct entry *array = &arrays->entries[i];
    if (array->begin != *data_bytes)
      return context_fail(source->context, LOTTERY_ERROR_FORMAT,
                          "%s: %.256s: %.128s: begins at byte %lld of the data, but the array before it ends at %lld",
                          source->argument, source->path, array->name, (long long)array->begin, (long long)*data_bytes);
    *data_bytes = array->begin + array->bytes; /* its end offset, which fits */
  }
  return LOTTERY_OK;
}

static lottery_status check_unique(const struct file_source *source, struct table *table) {
  table_sort(table);
  const char *twice = table_duplicate(table);
  if (twice == NULL) return LOTTERY_OK;
  return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.256s: header: '%.128s' appears twice",
                      source->argument, source->path, twice);
}

static lottery_status check_lengths(const struct file_source *source, const struct table *arrays) {
  for (int64_t i = 0; i < arrays->count; i++) {
    const char *name = arrays->entries[i].name;
    if (name[0] == '\0' || strlen(name) > ENTRY_NAME_LIMIT)
      return context_fail(source->context, LOTTERY_ERROR_UNSUPPORTED,
                          "%s: %.256s: header: '%.128s': the name of an array has 1 to %d bytes here", source->argument,
                          source->path, name, ENTRY_NAME_LIMIT);
  }
  return LOTTERY_OK;
}

lottery_status safetensors_parse(const struct file_source *source, struct tables *tables, int64_t length,
                                 int64_t *data_bytes) {
  struct json json;
  lottery_status status = LOTTERY_OK;
  bool metadata = false;
  json_begin(&json, tables->header, length);
  if (length == 0 || tables->header[0] != '{') json_fail(&json, "a header begins with {");
  json_enter(&json, '{');
  while (status == LOTTERY_OK && json_more(&json, '{')) {
    const char *name;
    if (!json_key(&json, &name)) break;
    if (strcmp(name, METADATA) != 0) {
      status = parse_array(source, &json, name, &tables->arrays);
      continue;
    }
    if (metadata) json_fail(&json, METADATA " appears twice");
    metadata = true;
    status = parse_texts(source, &json, &tables->texts);
  }
  if (status == LOTTERY_OK) json_end(&json);
  if (status == LOTTERY_OK && json.fault != NULL) status = fail_json(source, &json);
  if (status == LOTTERY_OK) status = check_places(source, &tables->arrays, data_bytes);
  if (status == LOTTERY_OK) status = check_unique(source, &tables->arrays);
  if (status == LOTTERY_OK) status = check_unique(source, &tables->texts);
  if (status == LOTTERY_OK) status = check_lengths(source, &tables->arrays);
  return status;
}
