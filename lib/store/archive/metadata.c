/* Entries of other programs in a file's __metadata__. Ours begin with "lottery." and stand side by side in the sorted
 * table, so that the others are those before and those after. */
#include "store/archive/metadata.h"

#include <string.h>

#include "base/context.h"
#include "base/utf8.h"
#include "store/archive/format.h"

#define OURS "lottery."
enum { KEY_LIMIT = 255 };

static bool is_ours(const char *key) { return strncmp(key, OURS, strlen(OURS)) == 0; }

struct ours {
  int64_t first, end;
};

static struct ours ours_of(const struct table *texts) {
  return (struct ours){table_lower_bound(texts, OURS), table_lower_bound(texts, "lottery/")}; /* '/' follows '.' */
}

int64_t metadata_count(const struct lottery_archive *archive) {
  const struct ours ours = ours_of(&archive->tables.texts);
  return archive->tables.texts.count - (ours.end - ours.first);
}

const char *metadata_key(const struct lottery_archive *archive, int64_t index) {
  const struct ours ours = ours_of(&archive->tables.texts);
  if (index < 0 || index >= metadata_count(archive)) return NULL;
  return archive->tables.texts.entries[index < ours.first ? index : index + (ours.end - ours.first)].name;
}

const char *metadata_value(const struct lottery_archive *archive, const char *key) {
  const struct entry *entry = is_ours(key) ? NULL : table_find(&archive->tables.texts, key);
  return entry != NULL ? entry->data : NULL;
}

static lottery_status check_key(struct lottery_context *context, const char *key) {
  const size_t length = strlen(key);
  if (length > KEY_LIMIT)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: %lld bytes, at most %d", (long long)length, KEY_LIMIT);
  if (!utf8_is_valid(key)) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: is not UTF-8");
  if (is_ours(key))
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: '%s' begins with '" OURS "', as the library's own do",
                        key);
  return LOTTERY_OK;
}

lottery_status metadata_set(struct lottery_archive *archive, const char *key, const char *value) {
  struct tables *tables = &archive->tables;
  lottery_status status = check_key(tables->context, key);
  if (status != LOTTERY_OK) return status;
  if (!utf8_is_valid(value)) return context_fail(tables->context, LOTTERY_ERROR_ARGUMENT, "value: is not UTF-8");
  struct tables added = {.context = tables->context};
  const int64_t bytes = (int64_t)strlen(value) + 1;
  struct entry *entry;
  status = tables_append(&added, &added.texts, key, bytes, &entry);
  if (status == LOTTERY_OK) {
    memcpy(entry->owned, value, (size_t)bytes);
    const int64_t at = table_lower_bound(&tables->texts, key);
    struct entry *old = at < tables->texts.count ? &tables->texts.entries[at] : NULL;
    if (old != NULL && strcmp(old->name, key) == 0) {
      const struct entry replaced = *old;
      *old = *entry;
      *entry = replaced;
    } else {
      status = tables_merge(tables, &added);
    }
  }
  tables_release(&added);
  return status;
}

static bool is_called(const struct entry *entry, const void *key) { return strcmp(entry->name, key) == 0; }

lottery_status metadata_remove(struct lottery_archive *archive, const char *key) {
  struct lottery_context *context = archive->object.context;
  lottery_status status = check_key(context, key);
  if (status != LOTTERY_OK) return status;
  if (metadata_value(archive, key) == NULL)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: the archive has no metadata '%s'", key);
  table_remove(context, &archive->tables.texts, is_called, key);
  return LOTTERY_OK;
}
