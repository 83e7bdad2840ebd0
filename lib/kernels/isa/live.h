/* Blocks of packed survivors without the entries whose input is 0 in the whole batch: taken out before the products,
 * their gradients of 0 put back after them. Only for sets that compress a vector within registers; others go over all
 * entries (struct sparse_kernels, skips_dead). */
#ifndef KERNELS_ISA_LIVE_H
#define KERNELS_ISA_LIVE_H

#include "base/arithmetic.h"
#include "kernels/index/sparse_index.h"
#include "kernels/input.h"
#include "kernels/isa/tuning.h"
#include "kernels/isa/vector.h"
#include "kernels/range.h"

/* A block: lines of a chunk, at least one, with at most LIVE_ENTRIES entries; whole but at the ends of a range. */
enum { LIVE_ENTRIES = LIVE_STEP + ROW_STEP, LIVE_VECTORS = LIVE_ENTRIES / ROW_STEP + 2 };

struct live_block {
  int64_t line, lines; /* its first line in the index, chunk after chunk, and how many */
  int64_t first, end;  /* its entries in the index */
  uint16_t columns[LIVE_ENTRIES + ROW_STEP];
  float values[LIVE_ENTRIES + ROW_STEP];
  uint16_t taken[LIVE_VECTORS]; /* of each ROW_STEP entries of the index the bits of those that are in the block */
  int32_t before[LIVE_VECTORS]; /* and how many are before them */
};

/* Where the entries from `entry` of the index on begin in the block. */
VECTOR_INLINE int64_t live_place(const struct live_block *block, int64_t entry) {
  const int64_t i = entry / ROW_STEP - block->first / ROW_STEP;
  return block->before[i] + __builtin_popcount(block->taken[i] & ((1U << (entry % ROW_STEP)) - 1));
}

#if defined(__AVX512F__)
/* The bits of ROW_STEP entries from `at` on that are between first and end. */
VECTOR_INLINE uint32_t live_between(int64_t at, int64_t first, int64_t end) {
  const uint32_t low = first > at ? 0xffffU << (first - at) : 0xffff;
  return end - at < ROW_STEP ? low & ((1U << (end - at)) - 1) : low & 0xffff;
}

/* Makes the block of lines from `line` on, of their entries those of the range. values: the weights, or NULL: columns
 * alone. */
VECTOR_INLINE void live_take(const struct sparse_index *index, const float *values, const struct input *input,
                             int64_t line, struct range range, struct live_block *block) {
  const __m512i low = _mm512_loadu_si512(input->live_bits), high = _mm512_loadu_si512(input->live_bits + 32);
  const int64_t start = index->line_start[line];
  const int64_t end_line = (line / index->rows + 1) * index->rows; /* of the chunk */
  int64_t next = line + 1;
  while (next < end_line && index->line_start[next] < range.end && index->line_start[next + 1] - start <= LIVE_ENTRIES)
    next++;
  const int64_t first = arithmetic_maximum(start, range.first),
                end = arithmetic_minimum(index->line_start[next], range.end);
  block->line = line, block->lines = next - line;
  block->first = first, block->end = end;
  int64_t count = 0, i = 0;
  for (int64_t at = first / ROW_STEP * ROW_STEP; at < end; at += ROW_STEP, i++) {
    const __m512i columns =
        _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(index->narrow + at)));
    const __m512i words = _mm512_permutex2var_epi32(low, _mm512_srli_epi32(columns, 5), high);
    const __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(columns, _mm512_set1_epi32(31)));
    const uint32_t there = live_between(at, first, end);
    const __mmask16 taken = _mm512_mask_test_epi32_mask((__mmask16)there, words, bit);
    _mm256_storeu_si256((__m256i *)(void *)(block->columns + count),
                        _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(taken, columns)));
    if (values != NULL)
      _mm512_storeu_ps(block->values + count, _mm512_maskz_compress_ps(taken, _mm512_loadu_ps(values + at)));
    block->taken[i] = taken;
    block->before[i] = (int32_t)count;
    count += __builtin_popcount(taken);
  }
  block->taken[i] = 0;
  block->before[i] = (int32_t)count;
  _mm_storeu_si64(block->columns + count, _mm_setzero_si128()); /* rows are read up to a multiple of SPARSE_STEP */
}

/* The gradients of the block's entries written to the places of all, or added to what is there. */
VECTOR_INLINE void live_spread(const struct live_block *block, const float *sums, bool add, float *gradient) {
  const int64_t first = block->first, end = block->end;
  for (int64_t at = first / ROW_STEP * ROW_STEP, i = 0; at < end; at += ROW_STEP, i++) {
    const float *from = sums + block->before[i]; // NOLINT(clang-analyzer-core.*): live_take went over the same range
    __m512 spread = _mm512_maskz_expand_ps(block->taken[i], _mm512_loadu_ps(from));
    if (add) spread = _mm512_add_ps(spread, _mm512_load_ps(gradient + at));
    _mm512_mask_store_ps(gradient + at, (__mmask16)live_between(at, first, end), spread);
  }
}
#else
VECTOR_INLINE void live_take(const struct sparse_index *index, const float *values, const struct input *input,
                             int64_t line, struct range range, struct live_block *block) {
  (void)index, (void)values, (void)input, (void)line, (void)range;
  *block = (struct live_block){.lines = 1}; /* never called */
}
VECTOR_INLINE void live_spread(const struct live_block *block, const float *sums, bool add, float *gradient) {
  (void)block, (void)sums, (void)add, (void)gradient;
}
#endif

#endif
