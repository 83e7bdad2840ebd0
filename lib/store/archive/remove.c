/* Removing an item: its texts, and the arrays that are its own and no other item's. It allocates nothing. */
#include <string.h>

#include "base/context.h"
#include "store/archive/format.h"
#include "store/archive/items.h"

/* An item among the others. */
struct owner {
  const struct lottery_archive *archive;
  const char *name;
};

/* Whether the item called by the first `length` bytes of an array's name owns the array. */
static bool owns(const struct lottery_archive *archive, const char *array, size_t length) {
  char name[FORMAT_NAME_CAPACITY];
  if (length >= sizeof name) return false;
  memcpy(name, array, length);
  name[length] = '\0';
  const char *kind = archive_kind(archive, name);
  if (kind == NULL || strcmp(kind, KIND_TEXT) == 0) return false;
  return array[length] == '\0' || strcmp(kind, KIND_ARRAY) != 0;
}

/* Several items may own an array by its name: it is that one's whose name is longest. A text has only what no other
 * item claims. */
static bool is_array_of(const struct entry *array, const void *user) {
  const struct owner *owner = user;
  size_t length = strlen(array->name);
  while (length > 0 &&
         !((array->name[length] == '\0' || array->name[length] == '.') && owns(owner->archive, array->name, length)))
    length--;
  if (length == 0 && !owns(owner->archive, "", 0)) return strcmp(array->name, owner->name) == 0;
  return length == strlen(owner->name) && strncmp(array->name, owner->name, length) == 0;
}

/* lottery.ROLE.NAME, or lottery.ROLE for the item without a name. The file's own two texts look like the latter, and
 * are written to every file again. */
static bool is_text_of(const struct entry *text, const void *user) {
  static const char prefix[] = "lottery.";
  const char *name = user;
  if (strncmp(text->name, prefix, sizeof prefix - 1) != 0) return false;
  const char *dot = strchr(text->name + sizeof prefix - 1, '.');
  return dot != NULL ? name[0] != '\0' && strcmp(dot + 1, name) == 0 : name[0] == '\0';
}

lottery_status item_remove(struct lottery_archive *archive, const char *name) {
  struct lottery_context *context = archive->object.context;
  const struct owner owner = {archive, name};
  if (archive_kind(archive, name) == NULL)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "name: the archive has no '%.256s'", name);
  table_remove(context, &archive->tables.arrays, is_array_of, &owner);
  table_remove(context, &archive->tables.texts, is_text_of, name);
  return LOTTERY_OK;
}
