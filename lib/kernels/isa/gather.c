/* Bytes of examples turned into batch-innermost tiles, and the search for features that are 0 in a whole batch. */
#include "kernels/gather.h"

#include "base/arithmetic.h"
#include "kernels/isa/bytes.h"
#include "kernels/isa/set.h"

enum { GROUPS = BATCH_TILE / (BYTE_PARTS * BYTE_BLOCK) };

/* Where the 16 features from `at` on of each example are; an example that is not there has zeros. */
static const uint8_t zeros[BYTE_BLOCK];

VECTOR_INLINE bytes16 load16(const uint8_t *row, int64_t at) {
  bytes16 bytes;
  memcpy(&bytes, row == NULL ? zeros : row + at, sizeof bytes);
  return bytes;
}

/* BYTE_BLOCK features from `at` on of a lane of each part. */
VECTOR_INLINE byte_group load_group(const uint8_t *const *rows, int64_t at) {
  return bytes_join(load16(rows[0], at), load16(rows[(BYTE_PARTS - 1) * BYTE_BLOCK], at));
}

/* A block: BYTE_BLOCK features of all lanes, feature by feature: lane part * BYTE_BLOCK + i of a group is byte i of its
 * part. */
struct block {
  byte_group lanes[GROUPS][BYTE_BLOCK];
  uint32_t live; /* bit i: feature i is not 0 in every lane */
};

VECTOR_INLINE void load_whole_block(const uint8_t *const rows[BATCH_TILE], int64_t at, struct block *block) {
  byte_group any = {0};
#pragma GCC unroll 4
  for (int part = 0; part < GROUPS; part++) {
    byte_group lanes[BYTE_BLOCK];
#pragma GCC unroll 16
    for (int lane = 0; lane < BYTE_BLOCK; lane++) {
      lanes[lane] = load_group(rows + part * BYTE_PARTS * BYTE_BLOCK + lane, at);
      any |= lanes[lane];
    }
    bytes_transpose(lanes);
#pragma GCC unroll 16
    for (int i = 0; i < BYTE_BLOCK; i++) block->lanes[part][i] = lanes[i];
  }
  block->live = bytes_not_zero(any);
}

/* The last features, fewer than BYTE_BLOCK; 0 from there. */
static void load_part_block(const uint8_t *const rows[BATCH_TILE], int64_t at, int64_t features, struct block *block) {
  uint8_t copies[BATCH_TILE][BYTE_BLOCK] = {{0}};
  const uint8_t *pointers[BATCH_TILE];
  for (int lane = 0; lane < BATCH_TILE; lane++) {
    pointers[lane] = copies[lane];
    if (rows[lane] != NULL) memcpy(copies[lane], rows[lane] + at, (size_t)features);
  }
  load_whole_block(pointers, 0, block);
}

/* The features from `at` on, BYTE_BLOCK of them or as many as there are before `end`. Returns how many. */
VECTOR_INLINE int64_t load_block(const uint8_t *const rows[BATCH_TILE], int64_t at, int64_t end, struct block *block) {
  if (at + BYTE_BLOCK <= end)
    load_whole_block(rows, at, block);
  else
    load_part_block(rows, at, end - at, block);
  return arithmetic_minimum(BYTE_BLOCK, end - at);
}

/* Lanes lane … lane + VECTOR_LANES - 1 of feature i of a block. */
VECTOR_INLINE vector load_bytes(const struct block *block, int64_t i, int lane) {
  enum { WIDTH = BYTE_PARTS * BYTE_BLOCK };
  return vector_from_bytes((const uint8_t *)&block->lanes[lane / WIDTH][i] + lane % WIDTH);
}

/* An affine map in registers. */
struct affine_vectors {
  vector unit, centre, centre_rest, scale;
};

VECTOR_INLINE struct affine_vectors affine_vectors_of(const struct affine *affine) {
  return (struct affine_vectors){vector_broadcast(affine->unit), vector_broadcast(affine->centre),
                                 vector_broadcast(affine->centre_rest), vector_broadcast(affine->scale)};
}

/* Nothing is fused: the bits are those of affine_apply. */
VECTOR_INLINE vector apply_affine(const struct affine_vectors *v, vector elements) {
  return (elements * v->unit - v->centre - v->centre_rest) * v->scale;
}

/* factor: there is nothing but a scale. */
VECTOR_INLINE void gather_values(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features,
                                 const struct affine *affine, bool factor, float *tile) {
  const struct affine_vectors v = affine_vectors_of(affine);
  /* tile [feature][lane] = value of rows [lane][feature] */
  for (int64_t at = 0; at < features; at += BYTE_BLOCK) {
    struct block block;
    const int64_t count = load_block(rows, first + at, first + features, &block);
    for (int64_t i = 0; i < count; i++)
      for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES) {
        const vector bytes = load_bytes(&block, i, lane);
        vector_store(tile + (at + i) * BATCH_TILE + lane, factor ? bytes * v.scale : apply_affine(&v, bytes));
      }
  }
}

static void gather_bytes(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features,
                         const struct affine *affine, float *tile) {
  if (affine->unit == 1.0F && affine->centre == 0.0F && affine->centre_rest == 0.0F) {
    gather_values(rows, first, features, affine, true, tile);
    return;
  }
  gather_values(rows, first, features, affine, false, tile);
  for (int lane = 0; lane < BATCH_TILE; lane++)
    for (int64_t i = 0; rows[lane] == NULL && i < features; i++) tile[i * BATCH_TILE + lane] = 0.0F;
}

static void scale_tile(float *tile, int64_t features, int64_t lanes, const struct affine *affine) {
  const struct affine_vectors v = affine_vectors_of(affine);
  /* tile [feature][lane] */
  for (int64_t i = 0; i < features; i++, tile += BATCH_TILE) {
    for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
      vector_store(tile + lane, apply_affine(&v, vector_load(tile + lane)));
    for (int64_t lane = lanes; lane < BATCH_TILE; lane++) tile[lane] = 0.0F;
  }
}

static void gather_halves(const uint8_t *const rows[BATCH_TILE], int64_t features, uint16_t *tile,
                          uint16_t *live_bits) {
  /* tile [feature][lane] = rows [lane][feature], lanes in the order of load_halves */
  for (int64_t at = 0; at < features; at += BYTE_BLOCK) {
    struct block block;
    const int64_t count = load_block(rows, at, features, &block);
    live_bits[at / ROW_STEP] |= (uint16_t)block.live;
    for (int64_t i = 0; i < count; i++) {
      int32_t *to = (int32_t *)(void *)(tile + (at + i) * BATCH_TILE);
      const bool live = (block.live >> i & 1) != 0; /* of images a third or more are not */
      for (int lane = 0; lane < BATCH_TILE; lane += 2 * VECTOR_LANES, to += VECTOR_LANES) {
        /* A whole number up to 255 has its bfloat16 in the upper half of its float32; the sign is never set, so that
         * the arithmetic shift brings no ones in. */
        vector_integer words = {0};
        if (live)
          words = ((vector_integer)load_bytes(&block, i, lane) >> 16) |
                  (vector_integer)load_bytes(&block, i, lane + VECTOR_LANES);
        vector_store_integer(to, words);
      }
    }
  }
}

static void find_live(const float *values, int64_t features, int64_t tiles, uint16_t *live_bits) {
  /* bit of [feature] = any over tiles and lanes of values [tile][feature][lane] != 0 */
  for (int64_t block = 0; block * ROW_STEP < features; block++) {
    uint32_t bits = 0;
    for (int64_t i = 0; i < ROW_STEP && block * ROW_STEP + i < features; i++) {
      vector_integer any = {0};
      for (int64_t tile = 0; tile < tiles; tile++)
        for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
          any |= vector_load(values + (tile * features + block * ROW_STEP + i) * BATCH_TILE + lane) != 0.0F;
      bits |= (uint32_t)vector_any(any) << i;
    }
    live_bits[block] = (uint16_t)bits;
  }
}

const struct gather_kernels KERNEL(gather_kernels) = {
    .halves = gather_halves, .bytes = gather_bytes, .scale = scale_tile, .find_live = find_live};
