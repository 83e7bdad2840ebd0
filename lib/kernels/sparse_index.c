/* Building the index of packed survivors. */
#include "kernels/sparse_index.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/bits.h"
#include "base/memory.h"
#include "kernels/kernels.h"

/* A chunk of 160 inputs is 40 KB of float32 lanes, 20 KB of bfloat16. Measured on 300 x 784 and 100 x 300 at 2 to 50 %
 * on a core with 32 KB (Zen 4): bfloat16 is fastest with 157 to 262, float32 with 112 to 157. Rows with fewer survivors
 * in a chunk cost more by their padding and their start than the cache gives: at 10 % two chunks are 6 % faster than
 * three where dead inputs are skipped, and 4 % slower with float32; at 6 % one is 5 % faster than two. */
enum { CHUNK_INPUTS = 160, CHUNK_ROW_ENTRIES = 32 };

int64_t sparse_chunks(int64_t rows, int64_t columns, int64_t kept) {
  const int64_t by_cache = (columns + CHUNK_INPUTS - 1) / CHUNK_INPUTS;
  const int64_t by_entries = kept / rows / CHUNK_ROW_ENTRIES;
  const int64_t chunks = arithmetic_minimum(by_cache, by_entries);
  return chunks < 1 ? 1 : chunks;
}

int sparse_fits(int64_t rows, int64_t columns, int64_t kept) {
  int64_t slots;
  return arithmetic_multiply(rows, sparse_chunks(rows, columns, kept) * SPARSE_STEP, &slots) &&
         kept + slots + ROW_STEP < UINT32_MAX;
}

static int64_t chunk_width(const struct sparse_index *index) {
  return (index->columns + index->chunks - 1) / index->chunks;
}

/* The columns of one row of one chunk: counted, or written from `entry` on when the columns exist. */
static int64_t take_row(struct sparse_index *index, const uint64_t *bits, int64_t chunk, int64_t row, int64_t entry) {
  const int64_t first = chunk * chunk_width(index),
                end = arithmetic_minimum(first + chunk_width(index), index->columns);
  int64_t taken = 0;
  for (int64_t at = first; at < end; at += 64) {
    uint64_t kept = bits_take(bits, row * index->columns + at, arithmetic_minimum(64, end - at));
    if (index->narrow == NULL && index->wide == NULL) {
      taken += __builtin_popcountll(kept);
      continue;
    }
    for (; kept != 0; kept &= kept - 1, taken++) {
      const int64_t column = at + __builtin_ctzll(kept);
      if (index->narrow != NULL)
        index->narrow[entry + taken] = (uint16_t)column;
      else
        index->wide[entry + taken] = (uint32_t)column;
    }
  }
  return taken;
}

static void start_rows(struct sparse_index *index, const uint64_t *bits) {
  int64_t entry = 0;
  for (int64_t i = 0; i < index->chunks * index->rows; i++) {
    index->row_start[i] = (uint32_t)entry;
    const int64_t taken = take_row(index, bits, i / index->rows, i % index->rows, 0);
    index->padding[i] = (uint8_t)(arithmetic_round_up(taken, SPARSE_STEP) - taken);
    entry += taken + index->padding[i];
  }
  index->row_start[index->chunks * index->rows] = (uint32_t)entry;
  index->entries = arithmetic_round_up(entry, ROW_STEP);
}

static void fill_columns(struct sparse_index *index, const uint64_t *bits) {
  for (int64_t i = 0; i < index->chunks * index->rows; i++) {
    const int64_t start = index->row_start[i];
    const int64_t end = start + take_row(index, bits, i / index->rows, i % index->rows, start);
    for (int64_t j = start; j < end; j++) index->real[j / ROW_STEP] |= (uint16_t)(1U << (j % ROW_STEP));
    for (int64_t j = 0; j < index->padding[i]; j++) {
      if (index->narrow != NULL) index->narrow[end + j] = index->narrow[end - 1];
      if (index->wide != NULL) index->wide[end + j] = index->wide[end - 1];
    }
  }
}

/* Counting sort by column; without the way back, the counts alone. column_start is shifted by one while it fills, so
 * that it ends where it should. */
static void transpose(struct sparse_index *index) {
  uint32_t *start = index->column_start;
  const int64_t lines = index->chunks * index->rows;
  for (int64_t i = 0; i < lines; i++)
    for (int64_t j = index->row_start[i]; j < (int64_t)index->row_start[i + 1] - index->padding[i]; j++)
      start[sparse_column(index, j) + 2]++;
  for (int64_t column = 0; column < index->columns; column++) start[column + 2] += start[column + 1];
  if (index->transposed_row == NULL) {
    memmove(start, start + 1, (size_t)(index->columns + 1) * sizeof *start);
    return;
  }
  for (int64_t i = 0; i < lines; i++)
    for (int64_t j = index->row_start[i]; j < (int64_t)index->row_start[i + 1] - index->padding[i]; j++) {
      const uint32_t place = start[sparse_column(index, j) + 1]++;
      index->transposed_row[place] = (uint32_t)(i % index->rows);
      index->transposed_entry[place] = (uint32_t)j;
    }
}

void sparse_index_destroy(struct lottery_context *context, struct sparse_index *index) {
  if (index == NULL) return;
  memory_release(context, index->row_start);
  memory_release(context, index->padding);
  memory_release(context, index->real);
  memory_release(context, index->narrow);
  memory_release(context, index->wide);
  memory_release(context, index->column_start);
  memory_release(context, index->transposed_row);
  memory_release(context, index->transposed_entry);
  memory_release(context, index);
}

/* False when memory is out. */
static int build(struct lottery_context *context, struct sparse_index *index, const uint64_t *bits, int transposed) {
  const int64_t lines = index->chunks * index->rows;
  index->row_start = memory_allocate(context, lines + 1, sizeof *index->row_start);
  index->padding = memory_allocate(context, lines, sizeof *index->padding);
  if (index->row_start == NULL || index->padding == NULL) return 0;
  start_rows(index, bits);
  index->real = memory_allocate(context, index->entries / ROW_STEP, sizeof *index->real);
  if (index->real == NULL) return 0;
  if (index->columns <= SPARSE_NARROW_LIMIT)
    index->narrow = memory_allocate(context, index->entries, sizeof *index->narrow);
  else
    index->wide = memory_allocate(context, index->entries, sizeof *index->wide);
  if (index->narrow == NULL && index->wide == NULL) return 0;
  fill_columns(index, bits);
  index->column_start = memory_allocate(context, index->columns + 2, sizeof *index->column_start);
  if (index->column_start == NULL) return 0;
  if (transposed) {
    index->transposed_row = memory_allocate(context, index->kept, sizeof *index->transposed_row);
    index->transposed_entry = memory_allocate(context, index->kept, sizeof *index->transposed_entry);
    if (index->transposed_row == NULL || index->transposed_entry == NULL) return 0;
  }
  transpose(index);
  return 1;
}

struct sparse_index *sparse_index_create(struct lottery_context *context, const uint64_t *bits, int64_t rows,
                                         int64_t columns, int64_t kept, int transposed) {
  struct sparse_index *index = memory_allocate(context, 1, sizeof *index);
  if (index == NULL) return NULL;
  index->rows = rows;
  index->columns = columns;
  index->kept = kept;
  index->chunks = sparse_chunks(rows, columns, kept);
  if (build(context, index, bits, transposed)) return index;
  sparse_index_destroy(context, index);
  return NULL;
}

/* Looking at all features costs as much as is saved where each has few entries: of LeNet's tickets, whose weights avoid
 * dead inputs, steps of those with 16 became no slower on average and those with 10 slower by 3 %. */
bool sparse_may_skip(const struct sparse_index *index) {
  enum { ENTRIES_PER_INPUT = 12 };
  return index->columns <= LIVE_STEP && index->kept >= index->columns * ENTRIES_PER_INPUT;
}

/* Taking the dead entries out and putting their gradients back costs a seventh of the products of all (Zen 4). */
bool sparse_skips(const struct sparse_index *index, const int32_t *live, int64_t live_count) {
  if (!sparse_may_skip(index)) return false;
  int64_t entries = 0;
  for (int64_t i = 0; i < live_count; i++) entries += index->column_start[live[i] + 1] - index->column_start[live[i]];
  return entries <= index->kept * 4 / 5;
}

int64_t sparse_index_bytes(const struct sparse_index *index) {
  const int64_t lines = index->chunks * index->rows;
  int64_t bytes = (lines + 1) * (int64_t)sizeof *index->row_start + lines;
  bytes += index->entries / ROW_STEP * (int64_t)sizeof *index->real;
  bytes += index->entries * (int64_t)(index->narrow != NULL ? sizeof *index->narrow : sizeof *index->wide);
  bytes += (index->columns + 2) * (int64_t)sizeof *index->column_start;
  if (index->transposed_row != NULL) bytes += 2 * index->kept * (int64_t)sizeof *index->transposed_row;
  return bytes;
}
