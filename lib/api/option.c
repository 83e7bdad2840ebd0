/* Public functions that read the table of options. */
#include "base/option.h"

#include <stddef.h>

lottery_status lottery_option_count(int64_t *out) {
  if (out == NULL) return LOTTERY_ERROR_ARGUMENT;
  *out = option_count();
  return LOTTERY_OK;
}

lottery_status lottery_option_describe(int64_t index, int32_t *key, int32_t *handle, int32_t *type, double *minimum,
                                       double *maximum, double *initial, const char **name, const char **meaning) {
  const struct option *option = option_at(index);
  if (option == NULL) return LOTTERY_ERROR_ARGUMENT;
  if (key != NULL) *key = option->key;
  if (handle != NULL) *handle = option->handle;
  if (type != NULL) *type = option->type;
  if (minimum != NULL) *minimum = option->minimum;
  if (maximum != NULL) *maximum = option->maximum;
  if (initial != NULL) *initial = option->initial;
  if (name != NULL) *name = option->name;
  if (meaning != NULL) *meaning = option->meaning;
  return LOTTERY_OK;
}

lottery_status lottery_option_choice(int32_t key, int64_t value, const char **name) {
  if (name == NULL) return LOTTERY_ERROR_ARGUMENT;
  *name = NULL;
  const struct option *option = option_find(key);
  if (option == NULL || option->choices == NULL || value < 0 || value > (int64_t)option->maximum)
    return LOTTERY_ERROR_ARGUMENT;
  *name = option->choices[value];
  return LOTTERY_OK;
}
