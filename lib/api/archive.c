/* The public functions of archives: life, options, what is in one, and files. */
#include "store/archive/archive_file.h"

#include <string.h>

#include "api/check.h"
#include "base/text.h"
#include "store/archive/format.h"
#include "store/archive/items.h"
#include "store/archive/metadata.h"

lottery_status lottery_archive_create(lottery_context *context, lottery_archive **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(context, OBJECT_CONTEXT);
  RETURN_IF_NULL(context, out);
  *out = archive_create(context);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

void lottery_archive_destroy(lottery_archive *archive) { destroy_handle(archive, OBJECT_ARCHIVE); }

lottery_status lottery_archive_set_integer(lottery_archive *archive, int32_t key, int64_t value) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  return option_set_integer(archive->object.context, &archive->options, key, value);
}

lottery_status lottery_archive_get_integer(lottery_archive *archive, int32_t key, int64_t *out) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, out);
  return option_get_integer(archive->object.context, &archive->options, key, out);
}

lottery_status lottery_archive_count(lottery_archive *archive, int64_t *out) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, out);
  *out = archive_count(archive);
  return LOTTERY_OK;
}

lottery_status lottery_archive_name(lottery_archive *archive, int64_t index, char *buffer, int64_t capacity,
                                    int64_t *needed) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  const char *name = archive_name(archive, index);
  if (name == NULL)
    return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "index: %lld is outside 0 to %lld",
                        (long long)index, (long long)archive_count(archive) - 1);
  return text_copy(archive->object.context, name, buffer, capacity, needed);
}

lottery_status lottery_archive_kind(lottery_archive *archive, const char *name, int32_t *out) {
  static const char *const kinds[] = {
      [LOTTERY_KIND_NETWORK] = KIND_NETWORK, [LOTTERY_KIND_MASK] = KIND_MASK, [LOTTERY_KIND_SNAPSHOT] = KIND_SNAPSHOT,
      [LOTTERY_KIND_TICKET] = KIND_TICKET,   [LOTTERY_KIND_TEXT] = KIND_TEXT, [LOTTERY_KIND_ARRAY] = KIND_ARRAY,
      [LOTTERY_KIND_TRAINER] = KIND_TRAINER};
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, name);
  RETURN_IF_NULL(archive->object.context, out);
  const char *kind = archive_kind(archive, name);
  if (kind == NULL)
    return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "name: the archive has no '%.256s'", name);
  int32_t found = LOTTERY_KIND_TRAINER;
  while (found > LOTTERY_KIND_UNKNOWN && strcmp(kind, kinds[found]) != 0) found--;
  *out = found;
  return LOTTERY_OK;
}

lottery_status lottery_archive_remove(lottery_archive *archive, const char *name) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, name);
  return item_remove(archive, name);
}

lottery_status lottery_archive_metadata_count(lottery_archive *archive, int64_t *out) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, out);
  *out = metadata_count(archive);
  return LOTTERY_OK;
}

lottery_status lottery_archive_metadata_key(lottery_archive *archive, int64_t index, char *buffer, int64_t capacity,
                                            int64_t *needed) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  const char *key = metadata_key(archive, index);
  if (key == NULL)
    return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "index: %lld is outside 0 to %lld",
                        (long long)index, (long long)metadata_count(archive) - 1);
  return text_copy(archive->object.context, key, buffer, capacity, needed);
}

lottery_status lottery_archive_get_metadata(lottery_archive *archive, const char *key, char *buffer, int64_t capacity,
                                            int64_t *needed) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, key);
  const char *value = metadata_value(archive, key);
  if (value == NULL)
    return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "key: the archive has no metadata '%.256s'",
                        key);
  return text_copy(archive->object.context, value, buffer, capacity, needed);
}

lottery_status lottery_archive_set_metadata(lottery_archive *archive, const char *key, const char *value) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, key);
  return value != NULL ? metadata_set(archive, key, value) : metadata_remove(archive, key);
}

lottery_status lottery_archive_save(lottery_archive *archive, const char *path) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, path);
  return archive_save(archive, path);
}

lottery_status lottery_archive_write(lottery_archive *archive, lottery_write write, void *user) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, write);
  return archive_write(archive, write, user);
}

lottery_status lottery_archive_load(lottery_archive *archive, const char *path) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, path);
  return archive_load(archive, path);
}

lottery_status lottery_archive_load_memory(lottery_archive *archive, const void *bytes, int64_t count) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL_ARRAY(archive->object.context, bytes, count);
  if (count < 0)
    return context_fail(archive->object.context, LOTTERY_ERROR_ARGUMENT, "count: %lld is below 0", (long long)count);
  return archive_load_memory(archive, bytes, count);
}

lottery_status lottery_archive_read(lottery_archive *archive, lottery_read read, void *user) {
  RETURN_UNLESS_HANDLE(archive, OBJECT_ARCHIVE);
  RETURN_IF_NULL(archive->object.context, read);
  return archive_read(archive, read, user);
}
