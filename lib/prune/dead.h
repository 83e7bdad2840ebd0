/* Dead units: what no surviving weight reaches. */
#ifndef PRUNE_DEAD_H
#define PRUNE_DEAD_H

#include "model/mask.h"

/* Units and inputs of a tensor [units][inputs]…; a tensor of one dimension has one input. */
static inline int64_t dead_units_of(const struct tensor *tensor) { return tensor->shape[0]; }
static inline int64_t dead_inputs_of(const struct tensor *tensor) { return tensor->rank > 1 ? tensor->shape[1] : 1; }

struct dead {
  int64_t units;  /* without a surviving weight */
  int64_t inputs; /* likewise */
};

/* Of a tensor under the bits of a mask. alive: zeroed scratch, a byte for each unit and each input. */
struct dead dead_count(const struct tensor *tensor, const uint64_t *bits, unsigned char *alive);

#endif
