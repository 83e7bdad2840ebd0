/* Packed survivors read by both passes: the entries of a row with their columns, and the lanes of their inputs. */
#ifndef KERNELS_ISA_SPARSE_ENTRIES_H
#define KERNELS_ISA_SPARSE_ENTRIES_H

#include "kernels/ahead.h"
#include "kernels/index/sparse_index.h"
#include "kernels/isa/lanes.h"
#include "kernels/isa/live.h"
#include "kernels/isa/tuning.h"
#include "kernels/matrix.h"

enum { SPARSE_LANES = SPARSE_VECTORS * VECTOR_LANES };

VECTOR_INLINE void load(bool halves, struct tile tile, int64_t feature, int lane, vector x[SPARSE_VECTORS]) {
#pragma GCC unroll 4
  for (int i = 0; i < SPARSE_VECTORS; i += LANE_VECTORS)
    load_lanes(halves, tile, feature, lane + i * VECTOR_LANES, x + i);
}

/* Lines of the index between two requests for memory ahead. */
enum { AHEAD_LINES = 8 };

/* `done` of the `lines` that this call goes over are done. */
VECTOR_INLINE void ask_ahead(const struct ahead_share *ahead, int64_t done, int64_t lines) {
  if (ahead != NULL) ahead_share_reach(ahead, done, lines);
}

/* Where the entries of a row are read: the index, or a block without dead ones. */
struct entries {
  const uint16_t *narrow;
  const uint32_t *wide;
  const float *values;
  int64_t first, end;
};

VECTOR_INLINE struct entries all_entries(const struct weights *weights, int64_t first, int64_t end) {
  return (struct entries){weights->index->narrow, weights->index->wide, weights->values, first, end};
}
VECTOR_INLINE struct entries block_entries(const struct live_block *block, int64_t first, int64_t end) {
  return (struct entries){block->columns, NULL, block->values, first, end};
}

VECTOR_INLINE int64_t column_of(bool wide, const struct entries *entries, int64_t entry) {
  return wide ? entries->wide[entry] : entries->narrow[entry];
}

/* The columns of four entries. */
VECTOR_INLINE void load_columns(bool wide, const struct entries *entries, int64_t entry, int64_t columns[SPARSE_STEP]) {
  if (wide) {
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++) columns[i] = entries->wide[entry + i];
    return;
  }
  uint64_t four; /* one load */
  memcpy(&four, entries->narrow + entry, sizeof four);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "the order of 16-bit columns in a 64-bit word is little-endian"
#endif
#pragma GCC unroll 4
  for (int i = 0; i < SPARSE_STEP; i++) columns[i] = (int64_t)(four >> (16 * i) & 0xffff);
}

/* Whether dead inputs are left out. */
VECTOR_INLINE bool skips(const struct weights *weights, const struct input *input) {
  return LIVE_BLOCKS && input->live_bits != NULL && weights->index->columns <= LIVE_STEP;
}

#endif
