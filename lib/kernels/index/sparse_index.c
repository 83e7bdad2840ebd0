/* Building the index of packed survivors. */
#include "kernels/index/sparse_index.h"

#include <string.h>

#include "base/arithmetic.h"
#include "base/bits.h"
#include "base/memory.h"
#include "kernels/tile.h"

/* A chunk of 160 inputs is 40 KB of float32 lanes, 20 KB of bfloat16. Measured on 300 x 784 and 100 x 300 at 2 to 50 %
 * on a core with 32 KB (Zen 4): bfloat16 is fastest with 157 to 262, float32 with 112 to 157. Rows with few survivors
 * in a chunk cost more by their start than the cache gives: with 40 survivors a row of 784 one chunk is 4 % faster than
 * two, with 53 as fast; with 78 two are as fast as three and 3 % faster than five. */
enum { CHUNK_INPUTS = 160, CHUNK_ROW_ENTRIES = 32 };

int64_t sparse_chunks(int64_t rows, int64_t columns, int64_t kept) {
  const int64_t by_cache = (columns + CHUNK_INPUTS - 1) / CHUNK_INPUTS;
  const int64_t by_entries = kept / rows / CHUNK_ROW_ENTRIES;
  const int64_t chunks = arithmetic_minimum(by_cache, by_entries);
  return chunks < 1 ? 1 : chunks;
}

int sparse_fits(int64_t rows, int64_t columns, int64_t kept) {
  int64_t lines;
  return arithmetic_multiply(rows, sparse_chunks(rows, columns, kept), &lines) && lines < UINT32_MAX &&
         kept + ROW_STEP < UINT32_MAX;
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

/* Counting sort of a chunk's rows by how many entries they have. place: [chunk_width + 2]. */
static void order_lines(struct sparse_index *index, const uint64_t *bits, int64_t chunk, uint32_t *place) {
  const int64_t rows = index->rows, first = chunk * rows;
  uint32_t *line_start = index->line_start + first + 1;
  memset(place, 0, (size_t)(chunk_width(index) + 2) * sizeof *place);
  for (int64_t row = 0; row < rows; row++) {
    const int64_t count = take_row(index, bits, chunk, row, 0);
    index->row_line[first + row] = (uint32_t)count; /* for now */
    place[count + 1]++;
  }
  for (int64_t count = 0; count < chunk_width(index); count++) place[count + 1] += place[count];
  for (int64_t row = 0; row < rows; row++) {
    const uint32_t count = index->row_line[first + row], line = place[count]++;
    index->row_line[first + row] = (uint32_t)first + line;
    index->line_row[first + line] = (uint32_t)row;
    line_start[line] = count; /* for now */
  }
  for (int64_t line = 0; line < rows; line++) line_start[line] += line_start[line - 1];
}

static void fill_columns(struct sparse_index *index, const uint64_t *bits) {
  for (int64_t line = 0; line < index->chunks * index->rows; line++)
    take_row(index, bits, line / index->rows, index->line_row[line], index->line_start[line]);
}

/* Counting sort by column; without the way back, only the counts. column_start is shifted by one while it fills, so
 * that it ends where it should. */
static void transpose(struct sparse_index *index) {
  uint32_t *start = index->column_start;
  for (int64_t i = 0; i < index->kept; i++) start[sparse_column(index, i) + 2]++;
  for (int64_t column = 0; column < index->columns; column++) start[column + 2] += start[column + 1];
  if (index->transposed_row == NULL) {
    memmove(start, start + 1, (size_t)(index->columns + 1) * sizeof *start);
    return;
  }
  for (int64_t line = 0; line < index->chunks * index->rows; line++)
    for (int64_t i = index->line_start[line]; i < index->line_start[line + 1]; i++) {
      const uint32_t place = start[sparse_column(index, i) + 1]++;
      index->transposed_row[place] = index->line_row[line];
      index->transposed_entry[place] = (uint32_t)i;
    }
}

void sparse_index_destroy(struct lottery_context *context, struct sparse_index *index) {
  if (index == NULL) return;
  memory_release(context, index->line_start);
  memory_release(context, index->line_row);
  memory_release(context, index->row_line);
  memory_release(context, index->narrow);
  memory_release(context, index->wide);
  memory_release(context, index->column_start);
  memory_release(context, index->transposed_row);
  memory_release(context, index->transposed_entry);
  memory_release(context, index);
}

/* False when memory is out. */
static bool build_lines(struct lottery_context *context, struct sparse_index *index, const uint64_t *bits) {
  const int64_t lines = index->chunks * index->rows;
  index->line_start = memory_allocate(context, lines + 1, sizeof *index->line_start);
  index->line_row = memory_allocate(context, lines, sizeof *index->line_row);
  index->row_line = memory_allocate(context, lines, sizeof *index->row_line);
  uint32_t *place = memory_allocate(context, chunk_width(index) + 2, sizeof *place);
  const bool enough = index->line_start != NULL && index->line_row != NULL && index->row_line != NULL && place != NULL;
  for (int64_t chunk = 0; enough && chunk < index->chunks; chunk++) order_lines(index, bits, chunk, place);
  memory_release(context, place);
  return enough;
}

static int build(struct lottery_context *context, struct sparse_index *index, const uint64_t *bits, int transposed) {
  if (!build_lines(context, index, bits)) return 0;
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
  index->entries = arithmetic_round_up(kept, ROW_STEP);
  index->chunks = sparse_chunks(rows, columns, kept);
  if (build(context, index, bits, transposed)) return index;
  sparse_index_destroy(context, index);
  return NULL;
}

int64_t sparse_live_entries(const struct sparse_index *index, const uint16_t *live_bits) {
  const uint32_t *start = index->column_start;
  int64_t entries = 0;
  for (int64_t first = 0; first < index->columns; first += ROW_STEP) {
    uint32_t bits = live_bits[first / ROW_STEP];
    if (bits == 0xffff) {
      entries += start[first + ROW_STEP] - start[first];
      continue;
    }
    for (; bits != 0; bits &= bits - 1) {
      const int64_t column = first + __builtin_ctz(bits);
      entries += start[column + 1] - start[column];
    }
  }
  return entries;
}

int64_t sparse_index_bytes(const struct sparse_index *index) {
  int64_t bytes = (3 * index->chunks * index->rows + 1) * (int64_t)sizeof *index->line_start;
  bytes += index->entries * (int64_t)(index->narrow != NULL ? sizeof *index->narrow : sizeof *index->wide);
  bytes += (index->columns + 2) * (int64_t)sizeof *index->column_start;
  if (index->transposed_row != NULL) bytes += 2 * index->kept * (int64_t)sizeof *index->transposed_row;
  return bytes;
}
