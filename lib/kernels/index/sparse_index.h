/* Where the packed survivors of a weight matrix stand, and the way back for the input gradient.
 *
 * Entries are ordered by chunk of inputs, line, column. A chunk's inputs stay in the nearest cache while all rows pass.
 * Its lines are its rows, those with fewer entries first, so that the loops over them end where the processor expects:
 * in a row of nine entries a wrong guess costs as much as two of them. All entries are padded to a multiple of ROW_STEP
 * with weight 0 and column 0. */
#ifndef KERNELS_INDEX_SPARSE_INDEX_H
#define KERNELS_INDEX_SPARSE_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/public.h"

struct lottery_context;

enum { SPARSE_STEP = 4, SPARSE_NARROW_LIMIT = 65534 };

struct sparse_index {
  int64_t rows, columns;
  int64_t chunks;
  int64_t kept;
  int64_t entries;      /* kept, rounded up to a multiple of ROW_STEP */
  uint32_t *line_start; /* [chunks * rows + 1]: first entry of each line of each chunk */
  uint32_t *line_row;   /* [chunks * rows]: the row of each line */
  uint32_t *row_line;   /* [chunks * rows]: the line of row `row` of chunk `chunk` at chunk * rows + row */
  uint16_t *narrow;     /* [entries] columns, up to SPARSE_NARROW_LIMIT inputs, else NULL: */
  uint32_t *wide;
  uint32_t *column_start;     /* [columns + 1] into the next two */
  uint32_t *transposed_row;   /* [kept]; both NULL where an input gradient is seldom wanted */
  uint32_t *transposed_entry; /* [kept] */
};

/* The column of an entry. */
static inline int64_t sparse_column(const struct sparse_index *index, int64_t entry) {
  return index->narrow != NULL ? index->narrow[entry] : index->wide[entry];
}

/* How many chunks the inputs are cut into: fewer where a row would have so few entries in each that the cache gains
 * nothing. A pure function. */
int64_t sparse_chunks(int64_t rows, int64_t columns, int64_t kept);

/* Builds the index of the ones in `bits` (bit row * columns + column, in 64-bit words). transposed: with the way back.
 * NULL when memory is out (message set). kept fits 32 bits: see sparse_fits. */
struct sparse_index *sparse_index_create(struct lottery_context *context, const uint64_t *bits, int64_t rows,
                                         int64_t columns, int64_t kept, int transposed);
void sparse_index_destroy(struct lottery_context *context, struct sparse_index *index);

/* Whether so many survivors can be indexed. */
int sparse_fits(int64_t rows, int64_t columns, int64_t kept);

/* How many entries read an input that is live (live_bits of struct input). */
int64_t sparse_live_entries(const struct sparse_index *index, const uint16_t *live_bits);

/* Bytes of the index. */
int64_t sparse_index_bytes(const struct sparse_index *index);

#endif
