/* Kernels of dense weights over the inputs that are not 0 alone (index/nonzeros.h): the same values as those of dense.h
 * while weights are finite (an infinite one times 0 is left out). */
#ifndef KERNELS_NONZERO_H
#define KERNELS_NONZERO_H

#include "kernels/matrix.h"

struct nonzero_kernels {
  int32_t percent; /* of a live feature's lanes: up to so many not 0, it pays to go over those alone */
  /* Lists what is not 0 in a tile of bytes and its bfloat16 (gather.h); false where it is too much. */
  bool (*list)(const uint8_t *const rows[BATCH_TILE], const uint16_t *halves, int64_t tile, struct nonzeros *nonzeros);
  void (*forward)(const struct forward_arguments *arguments, struct range rows);
  void (*weight_gradient)(const struct weight_gradient_arguments *arguments, struct range columns);
};

#endif
