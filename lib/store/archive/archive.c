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
  contents_release(&archive->contents);
}

struct lottery_archive *archive_create(struct lottery_context *context) {
  struct lottery_archive *archive = object_create(context, OBJECT_ARCHIVE, sizeof *archive, finalise);
  if (archive == NULL) return NULL;
  option_initialise(&archive->options, LOTTERY_HANDLE_ARCHIVE);
  archive->contents.context = context;
  return archive;
}

/* --- Items: the texts that say a kind. One has no name, the others stand side by side in the sorted table. --- */

struct range {
  bool unnamed;
  int64_t first, end;
};

static struct range items_of(const struct table *texts) {
  const struct range range = {.unnamed = table_find(texts, KIND_KEY) != NULL,
                              .first = table_lower_bound(texts, KIND_PREFIX),
                              .end = table_lower_bound(texts, KIND_KEY "/")}; /* '/' follows '.' */
  return range;
}

int64_t archive_count(const struct lottery_archive *archive) {
  const struct range range = items_of(&archive->contents.texts);
  return (range.unnamed ? 1 : 0) + range.end - range.first;
}

const char *archive_name(const struct lottery_archive *archive, int64_t index) {
  const struct range range = items_of(&archive->contents.texts);
  if (index == 0 && range.unnamed) return "";
  if (range.unnamed) index--;
  if (index < 0 || index >= range.end - range.first) return NULL;
  return archive->contents.texts.entries[range.first + index].name + strlen(KIND_PREFIX);
}

const char *archive_kind(const struct lottery_archive *archive, const char *name) {
  return archive_text(archive, name, ROLE_KIND);
}

/* --- Arrays that no item owns --- */

/* Whether an item of this name, of which `length` bytes count, has arrays under it. */
static bool owns(const struct table *texts, const char *name, size_t length) {
  char key[ENTRY_NAME_LIMIT + sizeof KIND_PREFIX];
  snprintf(key, sizeof key, KIND_PREFIX "%.*s", (int)length, name);
  const struct entry *kind = table_find(texts, key);
  return kind != NULL && strcmp(kind->data, KIND_ARRAY) != 0 && strcmp(kind->data, KIND_TEXT) != 0;
}

static bool is_owned(const struct table *texts, bool unnamed, const char *name) {
  char key[ENTRY_NAME_LIMIT + sizeof KIND_PREFIX];
  snprintf(key, sizeof key, KIND_PREFIX "%s", name);
  if (unnamed || table_find(texts, key) != NULL) return true;
  for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
    if (owns(texts, name, (size_t)(dot - name))) return true;
  return false;
}

lottery_status archive_declare_arrays(struct contents *contents) {
  struct contents declared = {.context = contents->context};
  const struct entry *kind = table_find(&contents->texts, KIND_KEY);
  const bool unnamed = kind != NULL && strcmp(kind->data, KIND_TEXT) != 0;
  lottery_status status = LOTTERY_OK;
  for (int64_t i = 0; status == LOTTERY_OK && i < contents->arrays.count; i++) {
    const char *name = contents->arrays.entries[i].name;
    if (is_owned(&contents->texts, unnamed, name)) continue;
    char key[ENTRY_NAME_LIMIT + sizeof KIND_PREFIX];
    snprintf(key, sizeof key, KIND_PREFIX "%s", name);
    struct entry *text;
    status = contents_append(&declared, &declared.texts, key, sizeof KIND_ARRAY, &text);
    if (status == LOTTERY_OK) memcpy(text->owned, KIND_ARRAY, sizeof KIND_ARRAY);
  }
  table_sort(&declared.texts);
  if (status == LOTTERY_OK) status = contents_merge(contents, &declared);
  contents_release(&declared);
  return status;
}
