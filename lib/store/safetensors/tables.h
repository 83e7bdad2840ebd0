/* What one safetensors file holds: named arrays and named texts, each sorted by name. */
#ifndef STORE_SAFETENSORS_TABLES_H
#define STORE_SAFETENSORS_TABLES_H

#include <stdbool.h>

#include "base/public.h"
#include "store/element/dtype.h"

struct lottery_context;

enum { ENTRY_RANK_LIMIT = 8, ENTRY_NAME_LIMIT = 511 };

/* An array, or a text, of which `data` is a zero-terminated string and the fields between do not count. */
struct entry {
  const char *name;
  int32_t dtype;
  int32_t rank;
  int64_t shape[ENTRY_RANK_LIMIT];
  int64_t bytes;
  int64_t begin; /* in a file's data; while reading and writing */
  const void *data;
  void *owned; /* a block of the entry's own that holds name and data; NULL: the file's blocks hold them */
};

struct table {
  struct entry *entries;
  int64_t count, capacity;
};

struct tables {
  struct lottery_context *context;
  struct table arrays, texts;
  char *header;        /* of the file that was read, or NULL */
  unsigned char *data; /* of that file; not aligned for the elements if another program wrote it */
};

/* Releases all of it and leaves it empty. */
void tables_release(struct tables *tables);

/* Appends an entry with a block of its own for the name and `bytes` bytes of data, zeroed; *out is valid until the next
 * call. The table is not sorted any more. */
lottery_status tables_append(struct tables *tables, struct table *table, const char *name, int64_t bytes,
                             struct entry **out);
/* Appends an entry as it is. */
lottery_status table_append(struct lottery_context *context, struct table *table, const struct entry *entry);

/* Sorts by name, or by place in the file. */
void table_sort(struct table *table);
void table_sort_by_place(struct table *table);

/* In a sorted table: the entry called `name`, or NULL; the first whose name is not below `name` (count: none); a name
 * that appears twice, or NULL. */
const struct entry *table_find(const struct table *table, const char *name);
int64_t table_lower_bound(const struct table *table, const char *name);
const char *table_duplicate(const struct table *table);

/* Removes the entries that `chosen` names; the others keep their order. */
void table_remove(struct lottery_context *context, struct table *table,
                  bool (*chosen)(const struct entry *entry, const void *user), const void *user);

/* Moves everything of `from`, which becomes empty, into `into`; both are sorted. `from` has no file of its own.
 * ARGUMENT when a name is in both: both are as they were then. */
lottery_status tables_merge(struct tables *into, struct tables *from);

/* Bytes of an array of this shape; false when the product does not fit. */
bool shape_bytes(int32_t dtype, int32_t rank, const int64_t *shape, int64_t *bytes);

#endif
