/* An archive: named items, each a few arrays and texts (format.h) in the tables of one file. */
#ifndef STORE_ARCHIVE_ARCHIVE_H
#define STORE_ARCHIVE_ARCHIVE_H

#include "base/object.h"
#include "base/option.h"
#include "store/safetensors/tables.h"

struct lottery_archive {
  struct object object;
  struct option_values options;
  struct tables tables;
};

/* Creates an empty archive; NULL when memory is out (message set). */
struct lottery_archive *archive_create(struct lottery_context *context);

/* How many items there are; the name of one, or NULL. */
int64_t archive_count(const struct lottery_archive *archive);
const char *archive_name(const struct lottery_archive *archive, int64_t index);

/* A text of an item, or NULL; the one that says its kind. */
const char *archive_text(const struct lottery_archive *archive, const char *name, const char *role);
const char *archive_kind(const struct lottery_archive *archive, const char *name);

/* Arrays that belong to no item, as in the files of other programs, become items of their own. */
lottery_status archive_declare_arrays(struct tables *tables);

#endif
