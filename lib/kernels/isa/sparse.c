/* Sparse layers: a surviving weight is a broadcast and a few multiply-adds on the lanes of its input. */
#include "kernels/sparse.h"

#include "base/arithmetic.h"
#include "kernels/ahead.h"
#include "kernels/isa/lanes.h"
#include "kernels/isa/live.h"
#include "kernels/isa/set.h"
#include "kernels/isa/update_vector.h"
#include "kernels/sparse_index.h"

/* Vectors of lanes whose sums are kept in registers: a whole tile where there are enough, else a part, several times.
 */
#if defined(__AVX512F__)
enum { SPARSE_VECTORS = 4, SETS = 2 }; /* two sets of sums, for odd and even entries: shorter chains */
#else
enum { SPARSE_VECTORS = 8, SETS = 1 };
#endif
enum { SPARSE_LANES = SPARSE_VECTORS * VECTOR_LANES };

/* Entries that are updated at once, at least: short rows would not repay the start of the loop. */
enum { UPDATE_ENTRIES = 64 };

VECTOR_INLINE void load(bool halves, struct tile tile, int64_t feature, int lane, vector x[SPARSE_VECTORS]) {
#pragma GCC unroll 4
  for (int i = 0; i < SPARSE_VECTORS; i += LANE_VECTORS)
    load_lanes(halves, tile, feature, lane + i * VECTOR_LANES, x + i);
}

/* Lines of the index between two requests for memory ahead. */
enum { AHEAD_LINES = 8 };

/* `done` of the index's lines times `tiles` are done, half the way being the forward pass and half the weight gradient.
 */
VECTOR_INLINE void ask_ahead(const struct input *input, const struct sparse_index *index, int64_t tiles, int64_t done) {
  if (input->ahead != NULL) ahead_reach(input->ahead, done, 2 * index->chunks * index->rows * tiles);
}

/* The tiles that this batch has if it is as large as the next. */
VECTOR_INLINE int64_t tiles_ahead(const struct input *input) {
  return input->ahead == NULL ? 1 : (input->ahead->count + BATCH_TILE - 1) / BATCH_TILE;
}

/* Where the entries of a row are read: the index, or a block without dead ones. */
struct entries {
  const uint16_t *narrow;
  const uint32_t *wide;
  const float *values;
  int64_t first, end;
};

/* The entries of line number `line`, chunk after chunk. */
VECTOR_INLINE struct entries all_entries(const struct weights *weights, int64_t line) {
  const struct sparse_index *index = weights->index;
  return (struct entries){index->narrow, index->wide, weights->values, index->line_start[line],
                          index->line_start[line + 1]};
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
                           vector sums[SETS][SPARSE_VECTORS]) {
  int64_t entry = entries->first;
  for (; entry + SPARSE_STEP <= entries->end; entry += SPARSE_STEP) {
    int64_t columns[SPARSE_STEP];
    load_columns(wide, entries, entry, columns);
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++)
      add_entry(halves, entries->values[entry + i], tile, columns[i], lane, sums[i % SETS]);
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
  int64_t tiles, done; /* for ask_ahead: tiles, and lines of those before */
};

/* One row of a chunk. start: the first chunk, finish: the last. */
VECTOR_INLINE void forward_row(bool halves, bool wide, const struct pass *pass, const struct entries *entries,
                               int64_t row, bool start, bool finish) {
  for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES) {
    float *lanes = pass->output + row * BATCH_TILE + lane;
    vector sums[SETS][SPARSE_VECTORS];
#pragma GCC unroll 8
    for (int j = 0; j < SPARSE_VECTORS; j++) {
      sums[0][j] = start ? vector_broadcast(0.0F) : vector_load(lanes + j * VECTOR_LANES);
      if (SETS > 1) sums[SETS - 1][j] = vector_broadcast(0.0F);
    }
    add_row(halves, wide, entries, pass->tile, lane, sums);
    const vector scale = vector_broadcast(pass->scale),
                 bias = vector_broadcast(pass->bias == NULL ? 0.0F : pass->bias[row]);
#pragma GCC unroll 8
    for (int j = 0; j < SPARSE_VECTORS; j++) {
      vector y = SETS > 1 ? sums[0][j] + sums[SETS - 1][j] : sums[0][j];
      if (finish) y = vector_fma(y, scale, bias);
      if (finish && pass->relu) y = vector_select(y <= 0.0F, vector_broadcast(0.0F), y);
      vector_store(lanes + j * VECTOR_LANES, y);
    }
  }
}

VECTOR_INLINE void forward_all(bool halves, bool wide, const struct pass *pass, const struct input *input) {
  const struct sparse_index *index = pass->weights->index;
  const int64_t lines = index->chunks * index->rows;
  for (int64_t first = 0; first < lines; first += AHEAD_LINES) {
    const int64_t end = arithmetic_minimum(first + AHEAD_LINES, lines);
    for (int64_t line = first; line < end; line++) {
      const struct entries entries = all_entries(pass->weights, line);
      forward_row(halves, wide, pass, &entries, index->line_row[line], line < index->rows, line >= lines - index->rows);
    }
    ask_ahead(input, index, pass->tiles, pass->done + end);
  }
}

/* The same over live inputs. */
VECTOR_INLINE void forward_live(bool halves, const struct pass *pass, const struct input *input) {
  const struct sparse_index *index = pass->weights->index;
  const int64_t lines = index->chunks * index->rows;
  struct live_block block;
  for (int64_t line = 0; line < lines; line += block.lines) {
    live_take(index, pass->weights->values, input, line, &block);
    for (int64_t i = line, first = 0; i < line + block.lines; i++) {
      const int64_t end = live_place(index, &block, index->line_start[i + 1]);
      const struct entries entries = block_entries(&block, first, end);
      forward_row(halves, false, pass, &entries, index->line_row[i], i < index->rows, i >= lines - index->rows);
      first = end;
    }
    ask_ahead(input, index, pass->tiles, pass->done + line + block.lines);
  }
}

VECTOR_INLINE bool skips(const struct weights *weights, const struct input *input) {
  return LIVE_BLOCKS && input->live_bits != NULL && weights->index->columns <= LIVE_STEP;
}

static void forward(const struct forward_arguments *arguments) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const struct pass pass = {.weights = weights,
                            .bias = arguments->bias,
                            .tile = tile_of(input, arguments->tile),
                            .scale = input->scale,
                            .relu = arguments->relu,
                            .output = arguments->output,
                            .tiles = tiles_ahead(input),
                            .done = arguments->tile * weights->index->chunks * weights->index->rows};
  const bool wide = weights->index->wide != NULL, halves = input->halves != NULL;
  if (skips(weights, input)) {
    if (halves)
      forward_live(true, &pass, input);
    else
      forward_live(false, &pass, input);
  } else if (halves && !wide) {
    forward_all(true, false, &pass, input);
  } else if (halves) {
    forward_all(true, true, &pass, input);
  } else if (!wide) {
    forward_all(false, false, &pass, input);
  } else {
    forward_all(false, true, &pass, input);
  }
}

static void input_gradient(const struct input_gradient_arguments *arguments) {
  const struct sparse_index *index = arguments->weights->index;
  const float *values = arguments->weights->values;
  for (int64_t column = 0; column < index->columns; column++)
    for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES) {
      float *lanes = arguments->input_gradient + column * BATCH_TILE + lane;
      vector sums[SPARSE_VECTORS];
#pragma GCC unroll 8
      for (int j = 0; j < SPARSE_VECTORS; j++)
        sums[j] = arguments->accumulate ? vector_load(lanes + j * VECTOR_LANES) : vector_broadcast(0.0F);
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

/* What the rows of a weight gradient share. */
struct gradient_pass {
  const struct weights *weights;
  struct tile tile;
  const float *output_gradient; /* of the tile */
  vector scale;
  bool add; /* to what earlier tiles left */
  float *gradient;
  int64_t tiles, done; /* for ask_ahead: tiles, and lines of those and chunks before, less those of chunks before */
};

/* The products of an entry's input with the row's output gradient, their lanes not yet summed. */
VECTOR_INLINE vector product(bool halves, struct tile tile, int64_t column, int lane, const vector d[SPARSE_VECTORS]) {
  vector x[SPARSE_VECTORS];
  load(halves, tile, column, lane, x);
  vector sum = d[0] * x[0];
#pragma GCC unroll 8
  for (int j = 1; j < SPARSE_VECTORS; j++) sum = vector_fma(d[j], x[j], sum);
  return sum;
}

/* gradient[entry] (+)= the product of the row's output gradient with the entry's input, over the lanes of a part. */
VECTOR_INLINE void row_gradient(bool halves, bool wide, const struct gradient_pass *pass, const struct entries *entries,
                                int64_t row, int lane, bool add, float *gradient) {
  const float *output_gradient = pass->output_gradient + row * BATCH_TILE + lane;
  vector d[SPARSE_VECTORS];
#pragma GCC unroll 8
  for (int j = 0; j < SPARSE_VECTORS; j++) d[j] = vector_load(output_gradient + j * VECTOR_LANES) * pass->scale;
  int64_t entry = entries->first;
  for (; entry + SPARSE_STEP <= entries->end; entry += SPARSE_STEP) {
    int64_t columns[SPARSE_STEP];
    load_columns(wide, entries, entry, columns);
    vector sums[SPARSE_STEP];
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++) sums[i] = product(halves, pass->tile, columns[i], lane, d);
    float *to = gradient + entry;
    if (add) {
      float more[SPARSE_STEP];
      vector_store_sums(more, sums[0], sums[1], sums[2], sums[3]);
      for (int i = 0; i < SPARSE_STEP; i++) to[i] += more[i];
    } else {
      vector_store_sums(to, sums[0], sums[1], sums[2], sums[3]);
    }
  }
  if (entry == entries->end) return;
  vector sums[SPARSE_STEP - 1];
  float last[SPARSE_STEP];
#pragma GCC unroll 3
  for (int i = 0; i < SPARSE_STEP - 1; i++)
    sums[i] = entry + i < entries->end ? product(halves, pass->tile, column_of(wide, entries, entry + i), lane, d)
                                       : vector_broadcast(0.0F);
  vector_store_sums(last, sums[0], sums[1], sums[2], vector_broadcast(0.0F));
#pragma GCC unroll 3
  for (int i = 0; i < SPARSE_STEP - 1; i++)
    if (entry + i < entries->end) gradient[entry + i] = add ? gradient[entry + i] + last[i] : last[i];
}

/* Rows are updated as they are done, those before entry `end` only, so that their gradient has left the store buffer.
 */
VECTOR_INLINE void update_rows(const struct update *update, const struct update_vectors *v, int64_t end,
                               int64_t *updated) {
  const int64_t ready = end / VECTOR_LANES * VECTOR_LANES;
  if (ready - *updated < UPDATE_ENTRIES) return;
  update_range(update, v, *updated, ready);
  *updated = ready;
}

/* All rows of one chunk over one tile; update: after the last tile, else NULL. */
VECTOR_INLINE void chunk_gradient(bool halves, bool wide, const struct gradient_pass *pass, int64_t chunk,
                                  const struct input *input, const struct update *update,
                                  const struct update_vectors *v, int64_t *updated) {
  const struct sparse_index *index = pass->weights->index;
  const int64_t end_line = (chunk + 1) * index->rows;
  for (int64_t first = end_line - index->rows; first < end_line; first += AHEAD_LINES) {
    const int64_t end = arithmetic_minimum(first + AHEAD_LINES, end_line);
    for (int64_t line = first; line < end; line++) {
      const struct entries entries = all_entries(pass->weights, line);
      for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES)
        row_gradient(halves, wide, pass, &entries, index->line_row[line], lane, pass->add || lane > 0, pass->gradient);
    }
    if (update != NULL) update_rows(update, v, index->line_start[end - 1], updated);
    ask_ahead(input, index, pass->tiles, pass->done + end);
  }
}

/* The same over live inputs, block by block: what a row writes past its end, the next one writes again. */
VECTOR_INLINE void chunk_gradient_live(bool halves, const struct gradient_pass *pass, int64_t chunk,
                                       const struct input *input, const struct update *update,
                                       const struct update_vectors *v, int64_t *updated) {
  const struct sparse_index *index = pass->weights->index;
  const int64_t end_line = (chunk + 1) * index->rows;
  struct live_block block;
  float sums[LIVE_ENTRIES + ROW_STEP];
  for (int64_t line = end_line - index->rows; line < end_line; line += block.lines) {
    live_take(index, NULL, input, line, &block);
    for (int64_t i = line, first = 0; i < line + block.lines; i++) {
      const int64_t end = live_place(index, &block, index->line_start[i + 1]);
      const struct entries entries =
          block_entries(&block, first, arithmetic_round_up(end - first, SPARSE_STEP) + first);
      row_gradient(halves, false, pass, &entries, index->line_row[i], 0, false, sums);
      first = end;
    }
    live_spread(index, &block, sums, pass->add, pass->gradient);
    if (update != NULL) update_rows(update, v, index->line_start[line], updated);
    ask_ahead(input, index, pass->tiles, pass->done + line + block.lines);
  }
}

VECTOR_INLINE void gradient(bool halves, bool wide, bool skip, const struct weight_gradient_arguments *arguments) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const struct update *update = arguments->update;
  const struct sparse_index *index = weights->index;
  const struct update_vectors v = update_vectors_of(update);
  const int64_t tiles = (arguments->count + BATCH_TILE - 1) / BATCH_TILE;
  int64_t updated = 0;
  for (int64_t chunk = 0; chunk < index->chunks; chunk++)
    for (int64_t tile = 0; tile < tiles; tile++) {
      const struct gradient_pass pass = {weights,
                                         tile_of(input, tile),
                                         arguments->output_gradient + tile * index->rows * BATCH_TILE,
                                         vector_broadcast(input->scale),
                                         tile > 0,
                                         update->gradient,
                                         tiles,
                                         (tiles * index->chunks + chunk * tiles + tile - chunk) * index->rows};
      const struct update *now = tile == tiles - 1 ? update : NULL;
      if (skip)
        chunk_gradient_live(halves, &pass, chunk, input, now, &v, &updated);
      else
        chunk_gradient(halves, wide, &pass, chunk, input, now, &v, &updated);
    }
  update_range(update, &v, updated, index->entries);
}

static void weight_gradient(const struct weight_gradient_arguments *arguments) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const bool halves = input->halves != NULL, wide = weights->index->wide != NULL;
  if (skips(weights, input)) {
    if (halves)
      gradient(true, false, true, arguments);
    else
      gradient(false, false, true, arguments);
  } else if (halves && !wide) {
    gradient(true, false, false, arguments);
  } else if (halves) {
    gradient(true, true, false, arguments);
  } else if (!wide) {
    gradient(false, false, false, arguments);
  } else {
    gradient(false, true, false, arguments);
  }
}

const struct sparse_kernels KERNEL(sparse_kernels) = {.skips_dead = LIVE_BLOCKS,
                                                      .forward = forward,
                                                      .input_gradient = input_gradient,
                                                      .weight_gradient = weight_gradient};
