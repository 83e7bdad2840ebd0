/* One item of an archive: adding it, all or nothing, and reading it. How to add a kind: docs/adding.md. */
#ifndef STORE_ARCHIVE_ITEM_H
#define STORE_ARCHIVE_ITEM_H

#include "store/archive/archive.h"
#include "store/json/json.h"
#include "store/json/json_writer.h"

/* Bytes of the longest name of an item. */
enum { ITEM_NAME_LIMIT = 255 };

/* --- Adding --- */

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

/* --- Reading --- */

/* ARGUMENT unless there is an item called `name` of this kind. */
lottery_status item_require(struct lottery_archive *archive, const char *name, const char *kind);

/* Begins to read a copy of a text as JSON. FORMAT when there is none. */
lottery_status item_open_text(struct lottery_archive *archive, const char *name, const char *role, struct json *json);
/* Releases the copy; OK, or the fault as a message. */
lottery_status item_close_text(struct lottery_archive *archive, const char *name, const char *role, struct json *json);

/* An array, or NULL. */
const struct entry *item_array(const struct lottery_archive *archive, const char *name, const char *tensor,
                               const char *suffix);
/* The same, which must be there (FORMAT) with this type and shape (SHAPE). As other programs have them, F32 may also be
 * another type of real numbers, which item_copy_values converts, and BOOL may be U8. */
lottery_status item_require_array(struct lottery_archive *archive, const char *name, const char *tensor,
                                  const char *suffix, int32_t dtype, int32_t rank, const int64_t *shape,
                                  const struct entry **out);

/* Copies an array of real numbers into values, all of them finite (NOT_FINITE; FORMAT: too large for float32). */
lottery_status item_copy_values(struct lottery_archive *archive, const struct entry *array, float *values);

#endif
