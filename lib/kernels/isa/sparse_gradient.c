/* The gradient of packed survivors: products of a row's output gradient with the inputs of its entries, lanes summed,
 * and the update, row by row. */
#include "kernels/isa/sparse_gradient.h"

#include "base/arithmetic.h"
#include "kernels/isa/sparse_entries.h"
#include "kernels/isa/update_vector.h"

/* Entries that are updated at once, at least: short rows would not repay the start of the loop. */
enum { UPDATE_ENTRIES = 64 };

/* What the rows of a weight gradient share. */
struct gradient_pass {
  const struct weights *weights;
  struct tile tile;
  const float *output_gradient; /* of the tile */
  vector scale;
  bool add; /* to what earlier tiles left */
  float *gradient;
  struct range range;              /* of entries */
  const struct ahead_share *ahead; /* or NULL */
  int64_t lines;                   /* of the range, over all tiles */
};

/* How far it is. */
struct progress {
  int64_t updated; /* entries up to this one */
  int64_t lines;
};

/* The line of an entry, chunk after chunk; of those past the survivors the last one. */
static int64_t line_of(const struct sparse_index *index, int64_t entry) {
  int64_t first = 0, end = index->chunks * index->rows - 1;
  while (first < end) {
    const int64_t middle = first + (end - first) / 2;
    if ((int64_t)index->line_start[middle + 1] > entry)
      end = middle;
    else
      first = middle + 1;
  }
  return first;
}

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
  /* gradient [entry] (+)= sum over lanes of output_gradient [row][lane] * tile [column of the entry][lane] */
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
                               struct progress *progress) {
  const int64_t ready = end / VECTOR_LANES * VECTOR_LANES;
  if (ready - progress->updated < UPDATE_ENTRIES) return;
  update_range(update, v, progress->updated, ready);
  progress->updated = ready;
}

/* The lines of one chunk, first_line to end_line - 1, over one tile; update: after the last tile, else NULL. */
VECTOR_INLINE void chunk_gradient(bool halves, bool wide, const struct gradient_pass *pass, int64_t first_line,
                                  int64_t end_line, const struct update *update, const struct update_vectors *v,
                                  struct progress *progress) {
  const struct sparse_index *index = pass->weights->index;
  int64_t entry = arithmetic_maximum(index->line_start[first_line], pass->range.first);
  for (int64_t first = first_line; first < end_line; first += AHEAD_LINES) {
    const int64_t end = arithmetic_minimum(first + AHEAD_LINES, end_line);
    for (int64_t line = first; line < end; line++) {
      const int64_t next = arithmetic_minimum(index->line_start[line + 1], pass->range.end);
      const struct entries entries = all_entries(pass->weights, entry, next);
      entry = next;
      for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES)
        row_gradient(halves, wide, pass, &entries, index->line_row[line], lane, pass->add || lane > 0, pass->gradient);
    }
    if (update != NULL) update_rows(update, v, index->line_start[end - 1], progress);
    progress->lines += end - first;
    ask_ahead(pass->ahead, progress->lines, pass->lines);
  }
}

/* The same over live inputs, block by block: what a row writes past its end, the next one writes again. */
VECTOR_INLINE void chunk_gradient_live(bool halves, const struct gradient_pass *pass, int64_t first_line,
                                       int64_t end_line, const struct input *input, const struct update *update,
                                       const struct update_vectors *v, struct progress *progress) {
  const struct sparse_index *index = pass->weights->index;
  struct live_block block;
  float sums[LIVE_ENTRIES + ROW_STEP];
  for (int64_t line = first_line; line < end_line; line += block.lines) {
    live_take(index, NULL, input, line, pass->range, &block);
    for (int64_t i = line, first = 0; i < line + block.lines; i++) {
      const int64_t end = live_place(&block, arithmetic_minimum(index->line_start[i + 1], block.end));
      const struct entries entries =
          block_entries(&block, first, arithmetic_round_up(end - first, SPARSE_STEP) + first);
      row_gradient(halves, false, pass, &entries, index->line_row[i], 0, false, sums);
      first = end;
    }
    live_spread(&block, sums, pass->add, pass->gradient);
    if (update != NULL) update_rows(update, v, index->line_start[line], progress);
    progress->lines += block.lines;
    ask_ahead(pass->ahead, progress->lines, pass->lines);
  }
}

VECTOR_INLINE void gradient(bool halves, bool wide, bool skip, const struct weight_gradient_arguments *arguments,
                            struct range range) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const struct update *update = arguments->update;
  const struct sparse_index *index = weights->index;
  const struct update_vectors v = update_vectors_of(update);
  const int64_t tiles = (arguments->count + BATCH_TILE - 1) / BATCH_TILE;
  const int64_t first_line = line_of(index, range.first),
                end_line = range.end > range.first ? line_of(index, range.end - 1) + 1 : first_line;
  struct progress progress = {range.first, 0};
  for (int64_t first = first_line, end; first < end_line; first = end) {
    end = arithmetic_minimum((first / index->rows + 1) * index->rows, end_line); /* of the chunk */
    for (int64_t tile = 0; tile < tiles; tile++) {
      const struct gradient_pass pass = {.weights = weights,
                                         .tile = tile_of(input, tile),
                                         .output_gradient =
                                             arguments->output_gradient + tile * index->rows * BATCH_TILE,
                                         .scale = vector_broadcast(input->scale),
                                         .add = tile > 0,
                                         .gradient = update->gradient,
                                         .range = range,
                                         .ahead = arguments->ahead,
                                         .lines = (end_line - first_line) * tiles};
      const struct update *now = tile == tiles - 1 ? update : NULL;
      if (skip)
        chunk_gradient_live(halves, &pass, first, end, input, now, &v, &progress);
      else
        chunk_gradient(halves, wide, &pass, first, end, now, &v, &progress);
    }
  }
  ask_ahead(arguments->ahead, 1, 1); /* all of it, if there was no line */
  update_range(update, &v, progress.updated, range.end);
}

void KERNEL(sparse_weight_gradient)(const struct weight_gradient_arguments *arguments, struct range entries) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const bool halves = input->halves != NULL, wide = weights->index->wide != NULL;
  if (skips(weights, input)) {
    if (halves)
      gradient(true, false, true, arguments, entries);
    else
      gradient(false, false, true, arguments, entries);
  } else if (halves && !wide) {
    gradient(true, false, false, arguments, entries);
  } else if (halves) {
    gradient(true, true, false, arguments, entries);
  } else if (!wide) {
    gradient(false, false, false, arguments, entries);
  } else {
    gradient(false, true, false, arguments, entries);
  }
}
