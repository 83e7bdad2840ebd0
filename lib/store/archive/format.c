/* The names of an item's texts and arrays in a file. */
#include "store/archive/format.h"

#include <stdio.h>

void format_text_key(const char *name, const char *role, char key[FORMAT_NAME_CAPACITY]) {
  snprintf(key, FORMAT_NAME_CAPACITY, "lottery.%s%s%s", role, name[0] != '\0' ? "." : "", name);
}

void format_array_name(const char *name, const char *tensor, const char *suffix, char full[FORMAT_NAME_CAPACITY]) {
  snprintf(full, FORMAT_NAME_CAPACITY, "%s%s%s%s", name, name[0] != '\0' && tensor[0] != '\0' ? "." : "", tensor,
           suffix);
}
