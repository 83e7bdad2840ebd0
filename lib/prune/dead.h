/* Dead units: what no surviving weight reaches. */
#ifndef PRUNE_DEAD_H
#define PRUNE_DEAD_H

#include "model/mask.h"

/* Inputs of a tensor [units][inputs]…, whose units are its rows; a tensor of one dimension has one. */
static inline int64_t dead_inputs_of(const struct tensor *tensor) { return tensor->rank > 1 ? tensor->shape[1] : 1; }

struct dead {
  int64_t units;  /* without a surviving weight */
  int64_t inputs; /* likewise */
};

/* Of a tensor under the bits of a mask. alive: zeroed scratch, a byte for each unit and each input. */
struct dead dead_count(const struct tensor *tensor, const uint64_t *bits, unsigned char *alive);

#endif
