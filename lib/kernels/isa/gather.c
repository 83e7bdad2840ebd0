/* Bytes of examples turned into batch-innermost tiles, and the search for features that are 0 in a whole batch. */
#include "base/arithmetic.h"
#include "kernels/isa/isa.h"
#include "kernels/isa/lanes.h"

/* Sixteen bytes: features of an example, then lanes of a feature. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
enum { BLOCK = 16, QUARTERS = BATCH_TILE / BLOCK };

/* Transposes 16 x 16 bytes: a perfect shuffle rotates the bits of an element's number, four of them swap row and
 * column. */
VECTOR_INLINE void transpose(bytes16 rows[BLOCK]) {
  bytes16 other[BLOCK];
#pragma GCC unroll 4
  for (int round = 0; round < 4; round++) {
#pragma GCC unroll 8
    for (int j = 0; j < BLOCK / 2; j++) {
      other[2 * j] =
          __builtin_shufflevector(rows[j], rows[j + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      other[2 * j + 1] =
          __builtin_shufflevector(rows[j], rows[j + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma GCC unroll 16
    for (int j = 0; j < BLOCK; j++) rows[j] = other[j];
  }
}

/* Where the 16 features from `at` on of each example are; an example that is not there has zeros. */
static const uint8_t zeros[BLOCK];

VECTOR_INLINE const uint8_t *block_of(const uint8_t *row, int64_t at) { return row == NULL ? zeros : row + at; }

/* BLOCK features from `at` on of 16 lanes, transposed. */
VECTOR_INLINE void load_whole_block(const uint8_t *const *rows, int64_t at, bytes16 block[BLOCK]) {
  bytes16 lanes[BLOCK];
#pragma GCC unroll 16
  for (int lane = 0; lane < BLOCK; lane++) memcpy(&lanes[lane], block_of(rows[lane], at), BLOCK);
  transpose(lanes);
#pragma GCC unroll 16
  for (int i = 0; i < BLOCK; i++) block[i] = lanes[i];
}

/* The last features, fewer than BLOCK; 0 from there. */
static void load_part_block(const uint8_t *const *rows, int64_t at, int64_t features, bytes16 block[BLOCK]) {
  bytes16 lanes[BLOCK];
  memset(lanes, 0, sizeof lanes);
  for (int lane = 0; lane < BLOCK; lane++) memcpy(&lanes[lane], block_of(rows[lane], at), (size_t)features);
  transpose(lanes);
  memcpy(block, lanes, sizeof lanes);
}

/* All lanes of BLOCK features (fewer at the end): block[quarter][feature] has 16 of them. Returns how many features. */
VECTOR_INLINE int64_t load_block(const uint8_t *const rows[BATCH_TILE], int64_t at, int64_t end,
                                 bytes16 block[QUARTERS][BLOCK]) {
  for (int quarter = 0; quarter < QUARTERS; quarter++) {
    if (at + BLOCK <= end)
      load_whole_block(rows + quarter * BLOCK, at, block[quarter]);
    else
      load_part_block(rows + quarter * BLOCK, at, end - at, block[quarter]);
  }
  return arithmetic_minimum(BLOCK, end - at);
}

/* Lanes lane … lane + VECTOR_LANES - 1 of feature i of a block. */
VECTOR_INLINE vector load_bytes(bytes16 block[QUARTERS][BLOCK], int64_t i, int lane) {
  return vector_from_bytes((const uint8_t *)&block[lane / BLOCK][i] + lane % BLOCK);
}

void KERNEL(gather_bytes)(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features, float scale,
                          float shift, float *tile) {
  for (int64_t at = 0; at < features; at += BLOCK) {
    bytes16 block[QUARTERS][BLOCK];
    const int64_t count = load_block(rows, first + at, first + features, block);
    for (int64_t i = 0; i < count; i++)
      for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
        vector_store(tile + (at + i) * BATCH_TILE + lane, load_bytes(block, i, lane) * scale + shift);
  }
  for (int lane = 0; lane < BATCH_TILE && shift != 0.0F; lane++)
    for (int64_t i = 0; rows[lane] == NULL && i < features; i++) tile[i * BATCH_TILE + lane] = 0.0F;
}

void KERNEL(gather_halves)(const uint8_t *const rows[BATCH_TILE], int64_t features, uint16_t *tile) {
  for (int64_t at = 0; at < features; at += BLOCK) {
    bytes16 block[QUARTERS][BLOCK];
    const int64_t count = load_block(rows, at, features, block);
    for (int64_t i = 0; i < count; i++)
      for (int lane = 0; lane < BATCH_TILE; lane += 2 * VECTOR_LANES) {
        /* A whole number up to 255 has its bfloat16 in the upper half of its float32; the sign is never set, so that
         * the arithmetic shift brings no ones in. */
        const vector_integer words = ((vector_integer)load_bytes(block, i, lane) >> 16) |
                                     (vector_integer)load_bytes(block, i, lane + VECTOR_LANES);
        vector_store_integer((int32_t *)(void *)(tile + (at + i) * BATCH_TILE + lane), words);
      }
  }
}

/* Whether a feature is not 0 in some lane of the tile. The whole numbers of a bfloat16 tile have no -0. */
VECTOR_INLINE bool is_live(bool halves, struct tile tile, int64_t feature) {
  vector_integer any = {0};
  if (halves) {
    const int32_t *words = (const int32_t *)(const void *)(tile.halves + feature * BATCH_TILE);
    for (int i = 0; i < BATCH_TILE / 2; i += VECTOR_LANES) any |= vector_load_integer(words + i);
  } else {
    for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
      any |= vector_load(tile.values + feature * BATCH_TILE + lane) != 0.0F;
  }
  return vector_any(any);
}

VECTOR_INLINE int64_t find_live(bool halves, const struct panel *panel, int64_t tiles, int32_t *live,
                                uint16_t *live_bits) {
  int64_t count = 0;
  uint32_t bits = 0;
  const int64_t end = arithmetic_round_up(panel->features, LIVE_STEP);
  for (int64_t feature = 0; feature < panel->features; feature++) {
    bool any = false;
    for (int64_t tile = 0; tile < tiles && !any; tile++) any = is_live(halves, tile_of(panel, tile), feature);
    live[count] = (int32_t)feature;
    count += any;
    bits |= (uint32_t)any << (feature % ROW_STEP);
    if (feature % ROW_STEP < ROW_STEP - 1 && feature < panel->features - 1) continue;
    live_bits[feature / ROW_STEP] = (uint16_t)bits;
    bits = 0;
  }
  for (int64_t i = (panel->features + ROW_STEP - 1) / ROW_STEP; i < end / ROW_STEP; i++) live_bits[i] = 0;
  return count;
}

int64_t KERNEL(find_live)(const struct panel *panel, int64_t tiles, int32_t *live, uint16_t *live_bits) {
  return panel->halves != NULL ? find_live(true, panel, tiles, live, live_bits)
                               : find_live(false, panel, tiles, live, live_bits);
}
