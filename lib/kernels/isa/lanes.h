/* Lanes of a feature in registers: LANE_VECTORS vectors at a time, from float32 or bfloat16 tiles. */
#ifndef KERNELS_ISA_LANES_H
#define KERNELS_ISA_LANES_H

#include "kernels/input.h"
#include "kernels/isa/tuning.h"
#include "kernels/isa/vector.h"

enum { LANE_GROUP = LANE_VECTORS * VECTOR_LANES };

/* One tile of a layer's input; which of the two it is, is a constant where kernels are inlined. */
struct tile {
  const float *values;
  const uint16_t *halves;
};

VECTOR_INLINE struct tile tile_of(const struct input *input, int64_t tile) {
  const int64_t offset = tile * input->features * BATCH_TILE;
  return (struct tile){input->values == NULL ? NULL : input->values + offset,
                       input->halves == NULL ? NULL : input->halves + offset};
}

/* Its features from `feature` on. */
VECTOR_INLINE struct tile tile_from(struct tile tile, int64_t feature) {
  const int64_t offset = feature * BATCH_TILE;
  return (struct tile){tile.values == NULL ? NULL : tile.values + offset,
                       tile.halves == NULL ? NULL : tile.halves + offset};
}

/* Two vectors of lanes from bfloat16: each 32-bit word holds lane i in its low half, lane i + VECTOR_LANES in its high.
 */
VECTOR_INLINE void load_halves(const uint16_t *p, vector *low, vector *high) {
  const vector_integer words = *(const vector_integer *)(const void *)p;
  *low = (vector)(words << 16);
  *high = (vector)(words & ((vector_integer){0} + (int32_t)0xffff0000));
}

/* Lanes `lane` … lane + LANE_GROUP - 1 of a feature. */
VECTOR_INLINE void load_lanes(bool halves, struct tile tile, int64_t feature, int lane, vector x[LANE_VECTORS]) {
  const int64_t at = feature * BATCH_TILE + lane;
  if (halves) {
    for (int i = 0; i < LANE_VECTORS; i += 2) load_halves(tile.halves + at + i * VECTOR_LANES, &x[i], &x[i + 1]);
  } else {
    for (int i = 0; i < LANE_VECTORS; i++) x[i] = vector_load(tile.values + at + i * VECTOR_LANES);
  }
}

#endif
