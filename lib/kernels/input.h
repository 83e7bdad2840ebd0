/* The input of a layer as kernels read it. */
#ifndef KERNELS_INPUT_H
#define KERNELS_INPUT_H

#include <stdint.h>

#include "kernels/tile.h"

struct nonzeros;

/* Tile by tile: float32, or whole numbers in bfloat16 (exact up to 256) that count as number * scale. A bfloat16 tile
 * is private to an instruction set: [feature][lane] with pairs of vectors interleaved. */
struct input {
  const float *values;    /* [tile][feature][lane], or NULL: */
  const uint16_t *halves; /* [tile][feature][lane], interleaved */
  float scale;            /* 1 for values */
  int64_t features;
  /* Which features are not 0 in every lane of every tile, or NULL: not known. Bit i of live_bits[block], up to a
   * multiple of LIVE_STEP, is feature ROW_STEP block + i; packed layers read the bits, dense ones the list,
   * which ascends. */
  const uint16_t *live_bits;
  const int32_t *live;
  int64_t live_count;
  const struct nonzeros *nonzeros; /* the inputs that are not 0, for dense layers, or NULL */
};

#endif
