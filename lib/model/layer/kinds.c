/* The list of kinds, and finding one in it. */
#include <string.h>

#include "model/layer/layer.h"

const struct layer_kind *const layer_kinds[] = {&layer_input, &layer_dense,   &layer_relu,
                                                &layer_tanh,  &layer_sigmoid, &layer_add};
const int32_t layer_kind_count = sizeof layer_kinds / sizeof layer_kinds[0];
_Static_assert(sizeof layer_kinds / sizeof layer_kinds[0] <= LAYER_KIND_LIMIT, "raise LAYER_KIND_LIMIT");

const struct layer_kind *layer_find(const char *name) {
  for (int32_t i = 0; i < layer_kind_count; i++)
    if (strcmp(layer_kinds[i]->name, name) == 0) return layer_kinds[i];
  return NULL;
}

int32_t layer_prefix_index(const struct layer_kind *kind) {
  int32_t index = 0;
  while (layer_kinds[index]->prefix == NULL || strcmp(layer_kinds[index]->prefix, kind->prefix) != 0) index++;
  return index;
}

bool layer_takes_option(const struct layer_kind *kind, int32_t key) {
  for (int32_t i = 0; i < kind->option_count; i++)
    if (kind->options[i] == key) return true;
  return false;
}
