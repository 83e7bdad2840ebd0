/* Lanes of features turned into rows of examples: what the gradients of dense weights are made from. */
#ifndef KERNELS_ISA_TRANSPOSE_H
#define KERNELS_ISA_TRANSPOSE_H

#include "kernels/isa/lanes.h"

/* Where a transposed matrix goes: element (example, feature) at data[feature / width * panel + example * width +
 * feature % width], so that a panel of `width` features is contiguous. */
struct panels {
  float *data;
  int64_t width, panel;
};

/* Transposes the lanes of `count` features, list[i] or i, of a tile into examples `first_example` on; 0 from `count` up
 * to `end`, a multiple of VECTOR_LANES. No panel's boundary lies within a vector. */
VECTOR_INLINE void transpose_lanes(const bool halves, struct tile tile, const int32_t *list, int64_t count, int64_t end,
                                   const struct panels *to, int64_t first_example) {
  for (int64_t first = 0; first < end; first += VECTOR_LANES) {
    float *base = to->data + first / to->width * to->panel + first % to->width + first_example * to->width;
    for (int lane = 0; lane < BATCH_TILE; lane += 2 * VECTOR_LANES) {
      vector low[VECTOR_LANES], high[VECTOR_LANES]; /* two vectors of lanes: what a bfloat16 word holds */
      for (int i = 0; i < VECTOR_LANES; i++) {
        if (first + i >= count) {
          low[i] = high[i] = vector_broadcast(0.0F);
          continue;
        }
        const int64_t feature = list == NULL ? first + i : list[first + i];
        if (halves) {
          load_halves(tile.halves + feature * BATCH_TILE + lane, &low[i], &high[i]);
        } else {
          low[i] = vector_load(tile.values + feature * BATCH_TILE + lane);
          high[i] = vector_load(tile.values + feature * BATCH_TILE + lane + VECTOR_LANES);
        }
      }
      vector_transpose(low);
      vector_transpose(high);
      for (int i = 0; i < VECTOR_LANES; i++) {
        vector_store(base + (lane + i) * to->width, low[i]);
        vector_store(base + (lane + VECTOR_LANES + i) * to->width, high[i]);
      }
    }
  }
}

#endif
