/* Tables of named arrays and texts. */
#include "store/safetensors/tables.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/memory.h"

bool shape_bytes(int32_t dtype, int32_t rank, const int64_t *shape, int64_t *bytes) {
  *bytes = dtype_size(dtype);
  for (int32_t i = 0; i < rank; i++)
    if (shape[i] < 0 || !arithmetic_multiply(*bytes, shape[i], bytes)) return false;
  return true;
}

static void table_release(struct lottery_context *context, struct table *table) {
  for (int64_t i = 0; i < table->count; i++) memory_release(context, table->entries[i].owned);
  memory_release(context, table->entries);
  *table = (struct table){0};
}

void tables_release(struct tables *tables) {
  table_release(tables->context, &tables->arrays);
  table_release(tables->context, &tables->texts);
  memory_release(tables->context, tables->header);
  memory_release(tables->context, tables->data);
  *tables = (struct tables){.context = tables->context};
}

lottery_status table_append(struct lottery_context *context, struct table *table, const struct entry *entry) {
  if (table->count == table->capacity) {
    const int64_t capacity = table->capacity == 0 ? 8 : 2 * table->capacity;
    struct entry *entries = memory_allocate(context, capacity, sizeof *entries);
    if (entries == NULL) return LOTTERY_ERROR_MEMORY;
    if (table->count > 0) memcpy(entries, table->entries, (size_t)table->count * sizeof *entries);
    memory_release(context, table->entries);
    table->entries = entries;
    table->capacity = capacity;
  }
  table->entries[table->count++] = *entry;
  return LOTTERY_OK;
}

lottery_status tables_append(struct tables *tables, struct table *table, const char *name, int64_t bytes,
                             struct entry **out) {
  const int64_t length = (int64_t)strlen(name) + 1;
  int64_t size;
  if (!arithmetic_add(bytes, length, &size))
    return context_fail(tables->context, LOTTERY_ERROR_MEMORY, "%.256s: its size does not fit", name);
  unsigned char *block = memory_allocate(tables->context, size, 1);
  if (block == NULL) return LOTTERY_ERROR_MEMORY;
  memcpy(block + bytes, name, (size_t)length);
  const struct entry entry = {.name = (char *)block + bytes, .bytes = bytes, .data = block, .owned = block};
  const lottery_status status = table_append(tables->context, table, &entry);
  if (status == LOTTERY_OK)
    *out = &table->entries[table->count - 1];
  else
    memory_release(tables->context, block);
  return status;
}

static bool name_before(const struct entry *a, const struct entry *b) { return strcmp(a->name, b->name) < 0; }

static bool place_before(const struct entry *a, const struct entry *b) {
  return a->begin != b->begin ? a->begin < b->begin : a->bytes < b->bytes;
}

/* Lets entry `root` sink until its children are not after it. */
static void sift(struct entry *entries, int64_t root, int64_t count,
                 bool (*before)(const struct entry *a, const struct entry *b)) {
  for (int64_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && before(&entries[child], &entries[child + 1])) child++;
    if (!before(&entries[root], &entries[child])) return;
    const struct entry entry = entries[root];
    entries[root] = entries[child];
    entries[child] = entry;
  }
}

/* Heapsort: needs no memory (the C library's qsort may), and no input is bad for it. */
static void sort(struct table *table, bool (*before)(const struct entry *a, const struct entry *b)) {
  struct entry *entries = table->entries;
  for (int64_t root = table->count / 2 - 1; root >= 0; root--) sift(entries, root, table->count, before);
  for (int64_t last = table->count - 1; last > 0; last--) {
    const struct entry entry = entries[0];
    entries[0] = entries[last];
    entries[last] = entry;
    sift(entries, 0, last, before);
  }
}

void table_sort(struct table *table) { sort(table, name_before); }

void table_sort_by_place(struct table *table) { sort(table, place_before); }

int64_t table_lower_bound(const struct table *table, const char *name) {
  int64_t low = 0, high = table->count;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (strcmp(table->entries[middle].name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const struct entry *table_find(const struct table *table, const char *name) {
  const int64_t at = table_lower_bound(table, name);
  return at < table->count && strcmp(table->entries[at].name, name) == 0 ? &table->entries[at] : NULL;
}

const char *table_duplicate(const struct table *table) {
  for (int64_t i = 1; i < table->count; i++)
    if (strcmp(table->entries[i - 1].name, table->entries[i].name) == 0) return table->entries[i].name;
  return NULL;
}

void table_remove(struct lottery_context *context, struct table *table,
                  bool (*chosen)(const struct entry *entry, const void *user), const void *user) {
  int64_t kept = 0;
  for (int64_t i = 0; i < table->count; i++)
    if (chosen(&table->entries[i], user))
      memory_release(context, table->entries[i].owned);
    else
      table->entries[kept++] = table->entries[i];
  table->count = kept;
}

/* Both in one new table, by name; the old ones still own what is in it. */
static lottery_status merge(struct lottery_context *context, const struct table *a, const struct table *b,
                            struct table *out) {
  *out = (struct table){.capacity = a->count + b->count};
  if (out->capacity == 0) return LOTTERY_OK;
  out->entries = memory_allocate(context, out->capacity, sizeof *out->entries);
  if (out->entries == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0, j = 0; i < a->count || j < b->count;) {
    const int order = i == a->count ? 1 : j == b->count ? -1 : strcmp(a->entries[i].name, b->entries[j].name);
    if (order == 0)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: the archive already has '%.256s'",
                          a->entries[i].name);
    out->entries[out->count++] = order < 0 ? a->entries[i++] : b->entries[j++];
  }
  return LOTTERY_OK;
}

/* The entries of a table have gone elsewhere. */
static void replace(struct lottery_context *context, struct table *table, const struct table *by) {
  memory_release(context, table->entries);
  *table = *by;
}

lottery_status tables_merge(struct tables *into, struct tables *from) {
  struct lottery_context *context = into->context;
  struct table arrays = {0}, texts = {0};
  lottery_status status = merge(context, &into->texts, &from->texts, &texts);
  if (status == LOTTERY_OK) status = merge(context, &into->arrays, &from->arrays, &arrays);
  if (status != LOTTERY_OK) {
    memory_release(context, arrays.entries);
    memory_release(context, texts.entries);
    return status;
  }
  const struct table none = {0};
  replace(context, &into->arrays, &arrays);
  replace(context, &into->texts, &texts);
  replace(context, &from->arrays, &none);
  replace(context, &from->texts, &none);
  return LOTTERY_OK;
}
