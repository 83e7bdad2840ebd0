/* An archive's life, and what is in it. */
#include "store/archive/archive.h"

#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "store/archive/format.h"

#define KIND_KEY "lottery." ROLE_KIND
#define KIND_PREFIX KIND_KEY "."

static void finalise(void *self) {
  struct lottery_archive *archive = self;
  tables_release(&archive->tables);
}

struct lottery_archive *archive_create(struct lottery_context *context) {
  struct lottery_archive *archive = object_create(context, OBJECT_ARCHIVE, sizeof *archive, finalise);
  if (archive == NULL) return NULL;
  option_initialise(&archive->options, LOTTERY_HANDLE_ARCHIVE);
  archive->tables.context = context;
  return archive;
}

/* --- Items: the texts that say a kind. One has no name, the others stand side by side in the sorted table. --- */

struct extent {
  bool unnamed;
  int64_t first, end;
};

static struct extent items_of(const struct table *texts) {
  const struct extent extent = {.unnamed = table_find(texts, KIND_KEY) != NULL,
                                .first = table_lower_bound(texts, KIND_PREFIX),
                                .end = table_lower_bound(texts, KIND_KEY "/")}; /* '/' follows '.' */
  return extent;
}

int64_t archive_count(const struct lottery_archive *archive) {
  const struct extent extent = items_of(&archive->tables.texts);
  return (extent.unnamed ? 1 : 0) + extent.end - extent.first;
}

const char *archive_name(const struct lottery_archive *archive, int64_t index) {
  const struct extent extent = items_of(&archive->tables.texts);
  if (index == 0 && extent.unnamed) return "";
  if (index < 0 || index >= archive_count(archive)) return NULL;
  return archive->tables.texts.entries[extent.first + index - (extent.unnamed ? 1 : 0)].name + strlen(KIND_PREFIX);
}

const char *archive_text(const struct lottery_archive *archive, const char *name, const char *role) {
  char key[FORMAT_NAME_CAPACITY];
  format_text_key(name, role, key);
  const struct entry *entry = table_find(&archive->tables.texts, key);
  return entry != NULL ? entry->data : NULL;
}

const char *archive_kind(const struct lottery_archive *archive, const char *name) {
  return archive_text(archive, name, ROLE_KIND);
}

/* --- Arrays that no item owns --- */

/* Whether an item of this name, of which `length` bytes count, has arrays under it. */
static bool owns(const struct table *texts, const char *name, size_t length) {
  char key[FORMAT_NAME_CAPACITY];
  snprintf(key, sizeof key, KIND_PREFIX "%.*s", (int)length, name);
  const struct entry *kind = table_find(texts, key);
  return kind != NULL && strcmp(kind->data, KIND_ARRAY) != 0 && strcmp(kind->data, KIND_TEXT) != 0;
}

static bool is_owned(const struct table *texts, bool unnamed, const char *name) {
  char key[FORMAT_NAME_CAPACITY];
  snprintf(key, sizeof key, KIND_PREFIX "%s", name);
  if (unnamed || table_find(texts, key) != NULL) return true;
  for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
    if (owns(texts, name, (size_t)(dot - name))) return true;
  return false;
}

lottery_status archive_declare_arrays(struct tables *tables) {
  struct tables declared = {.context = tables->context};
  const struct entry *kind = table_find(&tables->texts, KIND_KEY);
  const bool unnamed = kind != NULL && strcmp(kind->data, KIND_TEXT) != 0;
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < tables->arrays.count; i++) {
    const char *name = tables->arrays.entries[i].name;
    if (is_owned(&tables->texts, unnamed, name)) continue;
    char key[FORMAT_NAME_CAPACITY];
    snprintf(key, sizeof key, KIND_PREFIX "%s", name);
    struct entry *text;
    status = tables_append(&declared, &declared.texts, key, sizeof KIND_ARRAY, &text);
    if (status == LOTTERY_OK) memcpy(text->owned, KIND_ARRAY, sizeof KIND_ARRAY);
  }
  table_sort(&declared.texts);
  if (status == LOTTERY_OK) status = tables_merge(tables, &declared);
  tables_release(&declared);
  return status;
}
