/* Bytes of examples turned into batch-innermost tiles, and the search for features that are 0 in a whole batch. */
#include "kernels/gather.h"

#include "base/arithmetic.h"
#include "kernels/isa/set.h"
#include "kernels/vector.h"

/* Sixteen bytes: features of an example, then lanes of a feature. A group has as many of them as a vector of bytes that
 * shuffles within each: of AVX-512's 64 bytes a core that splits them in two is no faster. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
#if defined(__AVX2__)
enum { BLOCK = 16, PARTS = 2 };
typedef uint8_t group __attribute__((vector_size(32)));
#define INTERLEAVE(a, b, o)                                                                                          \
  __builtin_shufflevector(a, b, (o) + 0, (o) + 32, (o) + 1, (o) + 33, (o) + 2, (o) + 34, (o) + 3, (o) + 35, (o) + 4, \
                          (o) + 36, (o) + 5, (o) + 37, (o) + 6, (o) + 38, (o) + 7, (o) + 39, (o) + 16, (o) + 48,     \
                          (o) + 17, (o) + 49, (o) + 18, (o) + 50, (o) + 19, (o) + 51, (o) + 20, (o) + 52, (o) + 21,  \
                          (o) + 53, (o) + 22, (o) + 54, (o) + 23, (o) + 55)
#else
enum { BLOCK = 16, PARTS = 1 };
typedef bytes16 group;
#define INTERLEAVE(a, b, o)                                                                                          \
  __builtin_shufflevector(a, b, (o) + 0, (o) + 16, (o) + 1, (o) + 17, (o) + 2, (o) + 18, (o) + 3, (o) + 19, (o) + 4, \
                          (o) + 20, (o) + 5, (o) + 21, (o) + 6, (o) + 22, (o) + 7, (o) + 23)
#endif
enum { GROUPS = BATCH_TILE / (PARTS * BLOCK) };

/* Transposes PARTS times 16 x 16 bytes: a perfect shuffle rotates the bits of an element's number, four of them swap
 * row and column. */
VECTOR_INLINE void transpose(group rows[BLOCK]) {
  group other[BLOCK];
#pragma GCC unroll 4
  for (int round = 0; round < 4; round++) {
#pragma GCC unroll 8
    for (int j = 0; j < BLOCK / 2; j++) {
      other[2 * j] = INTERLEAVE(rows[j], rows[j + 8], 0);
      other[2 * j + 1] = INTERLEAVE(rows[j], rows[j + 8], 8);
    }
#pragma GCC unroll 16
    for (int j = 0; j < BLOCK; j++) rows[j] = other[j];
  }
}

/* Where the 16 features from `at` on of each example are; an example that is not there has zeros. */
static const uint8_t zeros[BLOCK];

VECTOR_INLINE bytes16 load16(const uint8_t *row, int64_t at) {
  bytes16 bytes;
  memcpy(&bytes, row == NULL ? zeros : row + at, sizeof bytes);
  return bytes;
}

/* BLOCK features from `at` on of a lane of each part. */
VECTOR_INLINE group load_group(const uint8_t *const *rows, int64_t at) {
#if defined(__AVX2__)
  const bytes16 low = load16(rows[0], at), high = load16(rows[BLOCK], at);
  return (group)_mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)low), (__m128i)high, 1);
#else
  return load16(rows[0], at);
#endif
}

/* A block: BLOCK features of all lanes, feature by feature: lane part * BLOCK + i of a group is byte i of its part. */
struct block {
  group lanes[GROUPS][BLOCK];
  uint32_t live; /* bit i: feature i is not 0 in every lane */
};

/* Bit i: byte i is not 0 in any part. */
VECTOR_INLINE uint32_t not_zero(group any) {
#if defined(__AVX2__)
  const __m128i bytes = _mm_or_si128(_mm256_castsi256_si128((__m256i)any), _mm256_extracti128_si256((__m256i)any, 1));
  return 0xffffU & ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
#else
  uint32_t bits = 0;
  for (int i = 0; i < BLOCK; i++) bits |= (uint32_t)(any[i] != 0) << i;
  return bits;
#endif
}

VECTOR_INLINE void load_whole_block(const uint8_t *const rows[BATCH_TILE], int64_t at, struct block *block) {
  group any = {0};
#pragma GCC unroll 4
  for (int part = 0; part < GROUPS; part++) {
    group lanes[BLOCK];
#pragma GCC unroll 16
    for (int lane = 0; lane < BLOCK; lane++) {
      lanes[lane] = load_group(rows + part * PARTS * BLOCK + lane, at);
      any |= lanes[lane];
    }
    transpose(lanes);
#pragma GCC unroll 16
    for (int i = 0; i < BLOCK; i++) block->lanes[part][i] = lanes[i];
  }
  block->live = not_zero(any);
}

/* The last features, fewer than BLOCK; 0 from there. */
static void load_part_block(const uint8_t *const rows[BATCH_TILE], int64_t at, int64_t features, struct block *block) {
  uint8_t copies[BATCH_TILE][BLOCK] = {{0}};
  const uint8_t *pointers[BATCH_TILE];
  for (int lane = 0; lane < BATCH_TILE; lane++) {
    pointers[lane] = copies[lane];
    if (rows[lane] != NULL) memcpy(copies[lane], rows[lane] + at, (size_t)features);
  }
  load_whole_block(pointers, 0, block);
}

/* The features from `at` on, BLOCK of them or as many as there are before `end`. Returns how many. */
VECTOR_INLINE int64_t load_block(const uint8_t *const rows[BATCH_TILE], int64_t at, int64_t end, struct block *block) {
  if (at + BLOCK <= end)
    load_whole_block(rows, at, block);
  else
    load_part_block(rows, at, end - at, block);
  return arithmetic_minimum(BLOCK, end - at);
}

/* Lanes lane … lane + VECTOR_LANES - 1 of feature i of a block. */
VECTOR_INLINE vector load_bytes(const struct block *block, int64_t i, int lane) {
  enum { WIDTH = PARTS * BLOCK };
  return vector_from_bytes((const uint8_t *)&block->lanes[lane / WIDTH][i] + lane % WIDTH);
}

static void gather_bytes(const uint8_t *const rows[BATCH_TILE], int64_t first, int64_t features, float scale,
                         float shift, float *tile) {
  for (int64_t at = 0; at < features; at += BLOCK) {
    struct block block;
    const int64_t count = load_block(rows, first + at, first + features, &block);
    for (int64_t i = 0; i < count; i++)
      for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
        vector_store(tile + (at + i) * BATCH_TILE + lane, load_bytes(&block, i, lane) * scale + shift);
  }
  for (int lane = 0; lane < BATCH_TILE && shift != 0.0F; lane++)
    for (int64_t i = 0; rows[lane] == NULL && i < features; i++) tile[i * BATCH_TILE + lane] = 0.0F;
}

static void gather_halves(const uint8_t *const rows[BATCH_TILE], int64_t features, uint16_t *tile,
                          uint16_t *live_bits) {
  for (int64_t at = 0; at < features; at += BLOCK) {
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
    .halves = gather_halves, .bytes = gather_bytes, .find_live = find_live};
