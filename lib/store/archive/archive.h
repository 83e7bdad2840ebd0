/* An archive: named items, each a few arrays and texts (format.h) of one file's contents. How to add a kind:
 * docs/adding.md. */
#ifndef STORE_ARCHIVE_ARCHIVE_H
#define STORE_ARCHIVE_ARCHIVE_H

#include "base/object.h"
#include "base/option.h"
#include "store/json/json.h"
#include "store/json/json_writer.h"
#include "store/safetensors/tables.h"

/* Bytes of the longest name of an item. */
enum { ITEM_NAME_LIMIT = 255 };

struct lottery_archive {
  struct object object;
  struct option_values options;
  struct tables tables;
};

/* Creates an empty archive; NULL when memory is out (message set). */
struct lottery_archive *archive_create(struct lottery_context *context);

/* Replace the contents by a file's (archive_file.c). On an error they are as they were. */
lottery_status archive_load(struct lottery_archive *archive, const char *path);
lottery_status archive_load_memory(struct lottery_archive *archive, const void *bytes, int64_t count);
lottery_status archive_read(struct lottery_archive *archive, lottery_read read, void *user);

/* Write a file. save: the path holds the old content or the new one, whole (store/disk/file.h). */
lottery_status archive_save(struct lottery_archive *archive, const char *path);
lottery_status archive_write(struct lottery_archive *archive, lottery_write write, void *user);

/* Arrays that belong to no item, as in the files of other programs, become items of their own. */
lottery_status archive_declare_arrays(struct tables *tables);

/* How many items there are; the name of one, or NULL; the kind of one, in words, or NULL. */
int64_t archive_count(const struct lottery_archive *archive);
const char *archive_name(const struct lottery_archive *archive, int64_t index);
const char *archive_kind(const struct lottery_archive *archive, const char *name);

/* --- Adding an item --- */

/* One on its way in. */
struct item {
  const char *name;
  struct tables tables;
};

/* Begins an item of a kind; checks the name. item_commit ends it, in every case. */
lottery_status item_begin(struct lottery_archive *archive, const char *name, const char *kind, struct item *item);

/* Adds the text of a role; of what was written (nothing, and the writer's status, if it failed). */
lottery_status item_add_text(struct item *item, const char *role, const char *text);
lottery_status item_add_written(struct item *item, const char *role, const struct json_writer *writer);

/* Adds an array called "name.tensor" and `suffix` ("" or ".values" and the like), or as the item itself if tensor is
 * "": its zeroed bytes, aligned to 64, to be filled. NULL when memory is out (message set). */
void *item_add_array(struct item *item, const char *tensor, const char *suffix, int32_t dtype, int32_t rank,
                     const int64_t *shape);

/* Moves the item into the archive, or (status not OK, or its names are there already) discards it. */
lottery_status item_commit(struct lottery_archive *archive, struct item *item, lottery_status status);

/* --- Reading one --- */

/* ARGUMENT unless there is an item called `name` of this kind. */
lottery_status archive_require(struct lottery_archive *archive, const char *name, const char *kind);

/* A text of an item or NULL; begins to read a copy of one as JSON, to be released. FORMAT when there is none. */
const char *archive_text(const struct lottery_archive *archive, const char *name, const char *role);
lottery_status archive_open_text(struct lottery_archive *archive, const char *name, const char *role,
                                 struct json *json);
/* OK, or the fault as a message; releases the copy. */
lottery_status archive_close_text(struct lottery_archive *archive, const char *name, const char *role,
                                  struct json *json);

/* An array, or NULL. */
const struct entry *archive_array(const struct lottery_archive *archive, const char *name, const char *tensor,
                                  const char *suffix);
/* The same, which must be there (FORMAT) with this type and shape (SHAPE). */
lottery_status archive_require_array(struct lottery_archive *archive, const char *name, const char *tensor,
                                     const char *suffix, int32_t dtype, int32_t rank, const int64_t *shape,
                                     const struct entry **out);

/* Copies an array of float32 into values, all of them finite (NOT_FINITE). */
lottery_status archive_copy_values(struct lottery_archive *archive, const struct entry *array, float *values);

#endif
