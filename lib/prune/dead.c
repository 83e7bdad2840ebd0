/* Counting dead units. */
#include "prune/dead.h"

struct dead dead_count(const struct tensor *tensor, const uint64_t *bits, unsigned char *alive) {
  const int64_t units = tensor_rows(tensor), inputs = dead_inputs_of(tensor);
  const int64_t unit_weights = tensor->count / units, input_weights = unit_weights / inputs;
  struct dead dead = {units, inputs};
  for (int64_t i = 0; i < tensor->count; i++) {
    if (!mask_bit(bits, i)) continue;
    unsigned char *unit = &alive[i / unit_weights], *input = &alive[units + i % unit_weights / input_weights];
    dead.units -= 1 - *unit;
    dead.inputs -= 1 - *input;
    *unit = *input = 1;
  }
  return dead;
}
