/* Packed survivors forwards, and the gradient of their inputs: a weight is a broadcast and a few multiply-adds on the
 * lanes of its input. */
#include "kernels/sparse.h"

#include <string.h>

#include "base/arithmetic.h"
#include "kernels/isa/set.h"
#include "kernels/isa/sparse_entries.h"
#include "kernels/isa/sparse_gradient.h"

/* An entry's weight times its input, added to a set of sums. */
VECTOR_INLINE void add_entry(bool halves, float weight, struct tile tile, int64_t column, int lane,
                             vector sums[SPARSE_VECTORS]) {
  vector x[SPARSE_VECTORS];
  load(halves, tile, column, lane, x);
  const vector w = vector_broadcast(weight);
#pragma GCC unroll 8
  for (int j = 0; j < SPARSE_VECTORS; j++) sums[j] = vector_fma(w, x[j], sums[j]);
}

/* One row's entries added to the sums. */
VECTOR_INLINE void add_row(bool halves, bool wide, const struct entries *entries, struct tile tile, int lane,
                           vector sums[SPARSE_SETS][SPARSE_VECTORS]) {
  /* sums [lane] += values [entry] * tile [column of the entry][lane]; odd and even entries apart */
  int64_t entry = entries->first;
  for (; entry + SPARSE_STEP <= entries->end; entry += SPARSE_STEP) {
    int64_t columns[SPARSE_STEP];
    load_columns(wide, entries, entry, columns);
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++)
      add_entry(halves, entries->values[entry + i], tile, columns[i], lane, sums[i % SPARSE_SETS]);
  }
  for (; entry < entries->end; entry++)
    add_entry(halves, entries->values[entry], tile, column_of(wide, entries, entry), lane, sums[0]);
}

/* What the rows of a forward pass share. */
struct pass {
  const struct weights *weights;
  const float *bias; /* or NULL */
  struct tile tile;
  float scale;
  bool relu;
  float *output;
  const struct ahead_share *ahead; /* or NULL */
};

/* One row of a chunk. start: the first chunk, finish: the last. */
VECTOR_INLINE void forward_row(bool halves, bool wide, const struct pass *pass, const struct entries *entries,
                               int64_t row, bool start, bool finish) {
  for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES) {
    float *lanes = pass->output + row * BATCH_TILE + lane;
    vector sums[SPARSE_SETS][SPARSE_VECTORS];
#pragma GCC unroll 8
    for (int j = 0; j < SPARSE_VECTORS; j++) {
      sums[0][j] = start ? vector_broadcast(0.0F) : vector_load(lanes + j * VECTOR_LANES);
      if (SPARSE_SETS > 1) sums[SPARSE_SETS - 1][j] = vector_broadcast(0.0F);
    }
    add_row(halves, wide, entries, pass->tile, lane, sums);
    const vector scale = vector_broadcast(pass->scale),
                 bias = vector_broadcast(pass->bias == NULL ? 0.0F : pass->bias[row]);
#pragma GCC unroll 8
    for (int j = 0; j < SPARSE_VECTORS; j++) {
      vector y = SPARSE_SETS > 1 ? sums[0][j] + sums[SPARSE_SETS - 1][j] : sums[0][j];
      if (finish) y = vector_fma(y, scale, bias);
      if (finish && pass->relu) y = vector_select(y <= 0.0F, vector_broadcast(0.0F), y);
      vector_store(lanes + j * VECTOR_LANES, y);
    }
  }
}

/* Whether a row is in a range: lines are in the order of their length, so a range's are anywhere. */
VECTOR_INLINE bool in_range(struct range rows, int64_t row) {
  return (uint64_t)(row - rows.first) < (uint64_t)(rows.end - rows.first); /* one comparison a line */
}

VECTOR_INLINE void forward_all(bool halves, bool wide, const struct pass *pass, struct range rows) {
  const struct sparse_index *index = pass->weights->index;
  const int64_t lines = index->chunks * index->rows;
  for (int64_t first = 0; first < lines; first += AHEAD_LINES) {
    const int64_t end = arithmetic_minimum(first + AHEAD_LINES, lines);
    int64_t entry = index->line_start[first];
    for (int64_t line = first; line < end; line++) {
      const int64_t row = index->line_row[line], next = index->line_start[line + 1];
      const struct entries entries = all_entries(pass->weights, entry, next);
      if (in_range(rows, row))
        forward_row(halves, wide, pass, &entries, row, line < index->rows, line >= lines - index->rows);
      entry = next;
    }
    ask_ahead(pass->ahead, end, lines);
  }
}

/* The same over live inputs. */
VECTOR_INLINE void forward_live(bool halves, const struct pass *pass, const struct input *input, struct range rows) {
  const struct sparse_index *index = pass->weights->index;
  const int64_t lines = index->chunks * index->rows;
  struct live_block block;
  for (int64_t line = 0; line < lines; line += block.lines) {
    live_take(index, pass->weights->values, input, line, (struct range){0, index->entries}, &block);
    for (int64_t i = line, first = 0; i < line + block.lines; i++) {
      const int64_t end = live_place(&block, index->line_start[i + 1]);
      const int64_t row = index->line_row[i];
      const struct entries entries = block_entries(&block, first, end);
      if (in_range(rows, row))
        forward_row(halves, false, pass, &entries, row, i < index->rows, i >= lines - index->rows);
      first = end;
    }
    ask_ahead(pass->ahead, line + block.lines, lines);
  }
}

static void forward(const struct forward_arguments *arguments, struct range rows) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const struct pass pass = {.weights = weights,
                            .bias = arguments->bias,
                            .tile = tile_of(input, arguments->tile),
                            .scale = input->scale,
                            .relu = arguments->relu,
                            .output = arguments->output,
                            .ahead = arguments->ahead};
  const bool wide = weights->index->wide != NULL, halves = input->halves != NULL;
  if (skips(weights, input)) {
    if (halves)
      forward_live(true, &pass, input, rows);
    else
      forward_live(false, &pass, input, rows);
  } else if (halves && !wide) {
    forward_all(true, false, &pass, rows);
  } else if (halves) {
    forward_all(true, true, &pass, rows);
  } else if (!wide) {
    forward_all(false, false, &pass, rows);
  } else {
    forward_all(false, true, &pass, rows);
  }
}

/* Where the index has no way back, which costs memory: the same sums in the same order, row after row, in memory. For
 * the gradient of the network's input, which is seldom wanted. */
static void scatter_input_gradient(const struct input_gradient_arguments *arguments, struct range columns) {
  const struct sparse_index *index = arguments->weights->index;
  float *const gradient = arguments->input_gradient;
  const int64_t first = columns.first * BATCH_TILE, end = columns.end * BATCH_TILE;
  if (!arguments->accumulate) memset(gradient + first, 0, (size_t)(end - first) * sizeof *gradient);
  for (int64_t line = 0; line < index->chunks * index->rows; line++) {
    const float *from = arguments->output_gradient + (int64_t)index->line_row[line] * BATCH_TILE;
    for (int64_t entry = index->line_start[line]; entry < index->line_start[line + 1]; entry++) {
      const int64_t column = sparse_column(index, entry);
      if (column < columns.first || column >= columns.end) continue;
      float *lanes = gradient + column * BATCH_TILE;
      const vector w = vector_broadcast(arguments->weights->values[entry]);
      /* input_gradient [column][lane] += value [entry] * output_gradient [row][lane] */
      for (int lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
        vector_store(lanes + lane, vector_fma(w, vector_load(from + lane), vector_load(lanes + lane)));
    }
  }
  for (int64_t i = first; arguments->relu != NULL && i < end; i += VECTOR_LANES)
    vector_store(gradient + i, vector_relu_slope(vector_load(arguments->relu + i), vector_load(gradient + i)));
}

static void input_gradient(const struct input_gradient_arguments *arguments, struct range columns) {
  const struct sparse_index *index = arguments->weights->index;
  if (index->transposed_row == NULL && index->kept > 0) {
    scatter_input_gradient(arguments, columns);
    return;
  }
  const float *values = arguments->weights->values;
  for (int64_t column = columns.first; column < columns.end; column++)
    for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES) {
      float *lanes = arguments->input_gradient + column * BATCH_TILE + lane;
      vector sums[SPARSE_VECTORS];
#pragma GCC unroll 8
      for (int j = 0; j < SPARSE_VECTORS; j++)
        sums[j] = arguments->accumulate ? vector_load(lanes + j * VECTOR_LANES) : vector_broadcast(0.0F);
      /* sums [lane] += values [entry of (row, column)] * output_gradient [row][lane], rows of the column */
      for (uint32_t k = index->column_start[column]; k < index->column_start[column + 1]; k++) {
        const float *from = arguments->output_gradient + (int64_t)index->transposed_row[k] * BATCH_TILE + lane;
        const vector w = vector_broadcast(values[index->transposed_entry[k]]);
#pragma GCC unroll 8
        for (int j = 0; j < SPARSE_VECTORS; j++) sums[j] = vector_fma(w, vector_load(from + j * VECTOR_LANES), sums[j]);
      }
#pragma GCC unroll 8
      for (int j = 0; j < SPARSE_VECTORS; j++) {
        if (arguments->relu != NULL)
          sums[j] =
              vector_relu_slope(vector_load(arguments->relu + column * BATCH_TILE + lane + j * VECTOR_LANES), sums[j]);
        vector_store(lanes + j * VECTOR_LANES, sums[j]);
      }
    }
}

const struct sparse_kernels KERNEL(sparse_kernels) = {.skips_dead = LIVE_BLOCKS,
                                                      .forward = forward,
                                                      .input_gradient = input_gradient,
                                                      .weight_gradient = KERNEL(sparse_weight_gradient)};
