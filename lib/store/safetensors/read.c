/* Reading a safetensors file: its lengths are checked against the limits and the file before anything is allocated. */
#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"
#include "store/safetensors/safetensors.h"

enum { PREFIX = 8, FIRST_CAPACITY = 1 << 16 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors is little-endian, and is copied as it is");

static lottery_status fail_short(const struct file_source *source, const char *part, int64_t wanted, int64_t got) {
  return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.256s: expected %s of %lld bytes, found %lld",
                      source->argument, source->path, part, (long long)wanted, (long long)got);
}

/* The header's length, checked. */
static lottery_status read_length(const struct file_source *source, int64_t limit, int64_t *length) {
  unsigned char prefix[PREFIX];
  int64_t got;
  const lottery_status status = source->read(prefix, PREFIX, &got, source->user);
  if (status != LOTTERY_OK) return status;
  if (got < PREFIX) return fail_short(source, "the length of a header", PREFIX, got);
  uint64_t value;
  memcpy(&value, prefix, sizeof value);
  if (value > (uint64_t)limit)
    return context_fail(source->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.256s: a header of %llu bytes, over the header_limit of %lld; or not a safetensors file",
                        source->argument, source->path, (unsigned long long)value, (long long)limit);
  *length = (int64_t)value;
  if (source->size >= 0 && *length > source->size - PREFIX)
    return fail_short(source, "a header", *length, source->size - PREFIX);
  return LOTTERY_OK;
}

static lottery_status read_header(const struct file_source *source, int64_t limit, struct tables *tables,
                                  int64_t *length) {
  lottery_status status = read_length(source, limit, length);
  if (status != LOTTERY_OK) return status;
  tables->header = memory_allocate(source->context, *length + 1, 1);
  if (tables->header == NULL) return LOTTERY_ERROR_MEMORY;
  int64_t got;
  status = source->read(tables->header, *length, &got, source->user);
  if (status == LOTTERY_OK && got < *length) status = fail_short(source, "a header", *length, got);
  return status;
}

/* Room for more data, the `filled` first bytes kept. */
static lottery_status grow(struct tables *tables, int64_t filled, int64_t capacity) {
  unsigned char *data = memory_allocate(tables->context, capacity, 1);
  if (data == NULL) return LOTTERY_ERROR_MEMORY;
  if (filled > 0) memcpy(data, tables->data, (size_t)filled);
  memory_release(tables->context, tables->data);
  tables->data = data;
  return LOTTERY_OK;
}

/* Reads the data. Where the source's size is not known, its header is believed as far as bytes come. */
static lottery_status read_data(const struct file_source *source, int64_t count, struct tables *tables) {
  int64_t capacity = source->size >= 0 ? count : arithmetic_minimum(count, FIRST_CAPACITY);
  int64_t filled = 0;
  lottery_status status = grow(tables, 0, capacity);
  while (status == LOTTERY_OK) {
    int64_t got;
    status = source->read(tables->data + filled, capacity - filled, &got, source->user);
    if (status != LOTTERY_OK) break;
    filled += got;
    if (filled < capacity) return fail_short(source, "data", count, filled);
    if (capacity == count) break;
    capacity = arithmetic_minimum(count, 2 * capacity);
    status = grow(tables, filled, capacity);
  }
  return status;
}

static lottery_status require_end(const struct file_source *source, int64_t end) {
  unsigned char byte;
  int64_t got;
  const lottery_status status = source->read(&byte, 1, &got, source->user);
  if (status != LOTTERY_OK || got == 0) return status;
  return context_fail(source->context, LOTTERY_ERROR_FORMAT, "%s: %.256s: more follows the %lld bytes of its header",
                      source->argument, source->path, (long long)end);
}

static lottery_status read_all(const struct file_source *source, int64_t header_limit, int64_t byte_limit,
                               struct tables *tables) {
  int64_t length = 0, data = 0, end = 0;
  lottery_status status = read_header(source, header_limit, tables, &length);
  if (status == LOTTERY_OK) status = safetensors_parse(source, tables, length, &data);
  if (status != LOTTERY_OK) return status;
  if (!arithmetic_add(PREFIX + length, data, &end) || end > byte_limit)
    return context_fail(source->context, LOTTERY_ERROR_FORMAT,
                        "%s: %.256s: %lld bytes of data and their header, over the byte_limit of %lld",
                        source->argument, source->path, (long long)data, (long long)byte_limit);
  if (source->size >= 0 && end != source->size) return fail_short(source, "a file", end, source->size);
  status = read_data(source, data, tables);
  if (status == LOTTERY_OK) status = require_end(source, end);
  for (int64_t i = 0; status == LOTTERY_OK && i < tables->arrays.count; i++)
    tables->arrays.entries[i].data = tables->data + tables->arrays.entries[i].begin;
  return status;
}

lottery_status safetensors_read(const struct file_source *source, int64_t header_limit, int64_t byte_limit,
                                struct tables *out) {
  *out = (struct tables){.context = source->context};
  const lottery_status status = read_all(source, header_limit, byte_limit, out);
  if (status != LOTTERY_OK) tables_release(out);
  return status;
}
