/* Writing a safetensors file. Arrays lie by element size, the largest first, then by name: so each is aligned to its
 * elements, and the same contents make the same bytes. */
#include <string.h>

#include "base/context.h"
#include "base/version.h"
#include "store/json/json_writer.h"
#include "store/safetensors/safetensors.h"

enum { HEADER_STEP = 8 }; /* the data begins at a multiple of it */

static void write_member(struct json_writer *writer, const char *name, const char *text, const char *before) {
  json_write(writer, before);
  json_write_string(writer, name);
  json_write(writer, ":");
  json_write_string(writer, text);
}

/* Our two texts first; what a file that was read had under their names is gone. */
static void write_texts(struct json_writer *writer, const struct table *texts) {
  json_write(writer, "\"__metadata__\":{");
  write_member(writer, FORMAT_KEY, FORMAT_VERSION, "");
  write_member(writer, VERSION_KEY, VERSION_TEXT, ",");
  for (int64_t i = 0; i < texts->count; i++)
    if (strcmp(texts->entries[i].name, FORMAT_KEY) != 0 && strcmp(texts->entries[i].name, VERSION_KEY) != 0)
      write_member(writer, texts->entries[i].name, texts->entries[i].data, ",");
  json_write(writer, "}");
}

static void write_array(struct json_writer *writer, const struct entry *array) {
  const int64_t offsets[] = {array->begin, array->begin + array->bytes};
  json_write(writer, ",");
  json_write_string(writer, array->name);
  json_write(writer, ":{\"dtype\":");
  json_write_string(writer, dtype_names[array->dtype]);
  json_write(writer, ",\"shape\":");
  json_write_integers(writer, array->shape, array->rank);
  json_write(writer, ",\"data_offsets\":");
  json_write_integers(writer, offsets, 2);
  json_write(writer, "}");
}

/* Calls `visit` for every array in the order of the data. */
static lottery_status each_array(struct tables *tables, lottery_status (*visit)(struct entry *array, void *user),
                                 void *user) {
  lottery_status status = LOTTERY_OK;
  for (int64_t size = 8; size >= 1; size /= 2)
    for (int64_t i = 0; status == LOTTERY_OK && i < tables->arrays.count; i++) {
      struct entry *array = &tables->arrays.entries[i];
      if (dtype_size(array->dtype) == size) status = visit(array, user);
    }
  return status;
}

struct heading {
  struct json_writer writer;
  int64_t end; /* of the data so far; what is in memory fits */
};

static lottery_status add_to_header(struct entry *array, void *user) {
  struct heading *heading = user;
  array->begin = heading->end;
  heading->end += array->bytes;
  write_array(&heading->writer, array);
  return LOTTERY_OK;
}

static lottery_status write_data(struct entry *array, void *user) {
  const struct file_sink *sink = user;
  return array->bytes > 0 ? sink->write(array->data, array->bytes, sink->user) : LOTTERY_OK;
}

lottery_status safetensors_write(struct tables *tables, int64_t header_limit, const struct file_sink *sink) {
  struct heading heading = {.writer = {.context = tables->context}};
  struct json_writer *writer = &heading.writer;
  json_write(writer, "{");
  write_texts(writer, &tables->texts);
  each_array(tables, add_to_header, &heading);
  json_write(writer, "}");
  while (!writer->failed && writer->length % HEADER_STEP != 0) json_write(writer, " ");
  lottery_status status = writer->failed ? LOTTERY_ERROR_MEMORY : LOTTERY_OK;
  if (status == LOTTERY_OK && writer->length > header_limit)
    status = context_fail(tables->context, LOTTERY_ERROR_MEMORY,
                          "archive: its header has %lld bytes, over its header_limit of %lld",
                          (long long)writer->length, (long long)header_limit);
  struct file_sink copy = *sink;
  const uint64_t length = (uint64_t)writer->length;
  if (status == LOTTERY_OK) status = sink->write(&length, sizeof length, sink->user);
  if (status == LOTTERY_OK) status = sink->write(writer->text, writer->length, sink->user);
  if (status == LOTTERY_OK) status = each_array(tables, write_data, &copy);
  json_writer_release(writer);
  return status;
}
