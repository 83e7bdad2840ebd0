/* Kernels that turn examples into tiles, and find which features are live. */
#ifndef KERNELS_GATHER_H
#define KERNELS_GATHER_H

#include <stdint.h>

#include "kernels/tile.h"

struct nonzeros;

/* Where a batch of whole numbers goes: `halves`, bfloat16 tiles; `live_bits`, ORed with the batch's; `nonzeros`, lists
 * to which the batch's are appended, or NULL for none. */
struct gathered {
  uint16_t *halves, *live_bits;
  struct nonzeros *nonzeros;
};

/* An element e has the value ((e * unit - centre) - centre_rest) * scale, every step in float32. Near the centre the
 * first difference is exact; the rest of the centre makes it as if the centre had twice the digits. */
struct affine {
  float unit, centre, centre_rest, scale; /* unit: a power of 2, or the centre has no rest */
};

static inline float affine_apply(const struct affine *affine, float element) {
  return (element * affine->unit - affine->centre - affine->centre_rest) * affine->scale;
}

struct gather_kernels {
  /* One tile of whole numbers 0 to 255: rows[lane] points to `features` bytes, NULL for lanes past the batch. As
   * bfloat16, with the bits of live features ORed into live_bits, and as their values (0 in lanes past the batch). */
  void (*halves)(const uint8_t *const rows[BATCH_TILE], int64_t features, uint16_t *tile, uint16_t *live_bits);
  void (*bytes)(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features, const struct affine *affine,
                float *tile);
  /* The elements of some features of a tile become their values; 0 in the lanes from `lanes` on. */
  void (*scale)(float *tile, int64_t features, int64_t lanes, const struct affine *affine);
  /* The bits of the features that are live in `tiles` tiles of float32 (input.h); none past the features. */
  void (*find_live)(const float *values, int64_t features, int64_t tiles, uint16_t *live_bits);
};

#endif
