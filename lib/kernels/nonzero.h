/* Kernels of dense weights that visit only the inputs that are not 0 (index/nonzeros.h). While weights are finite they
 * give the same values as those of dense.h (they leave out an infinite weight times 0). */
#ifndef KERNELS_NONZERO_H
#define KERNELS_NONZERO_H

#include "kernels/matrix.h"

struct nonzero_kernels {
  int32_t percent; /* the kernels pay while at most this share of a live feature's lanes is not 0 */
  /* Lists what is not 0 in a tile of bytes and its bfloat16 (gather.h); false if the lists have no room for it. */
  bool (*list)(const uint8_t *const rows[BATCH_TILE], const uint16_t *halves, int64_t tile, struct nonzeros *nonzeros);
  void (*forward)(const struct forward_arguments *arguments, struct range rows);
  void (*weight_gradient)(const struct weight_gradient_arguments *arguments, struct range columns);
};

#endif
