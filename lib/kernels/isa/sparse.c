/* Sparse layers: a surviving weight is a broadcast and a few multiply-adds on the lanes of its input. */
#include "kernels/isa/isa.h"
#include "kernels/isa/lanes.h"
#include "kernels/isa/update.h"
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

/* The columns of four entries. */
VECTOR_INLINE void load_columns(bool wide, const struct sparse_index *index, int64_t entry,
                                int64_t columns[SPARSE_STEP]) {
  if (wide) {
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++) columns[i] = index->wide[entry + i];
    return;
  }
  uint64_t four; /* one load */
  memcpy(&four, index->narrow + entry, sizeof four);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "the order of 16-bit columns in a 64-bit word is little-endian"
#endif
#pragma GCC unroll 4
  for (int i = 0; i < SPARSE_STEP; i++) columns[i] = (int64_t)(four >> (16 * i) & 0xffff);
}

/* One row's entries first .. end - 1 added to the sums. */
VECTOR_INLINE void add_row(bool halves, bool wide, const struct weights *weights, struct tile tile, int lane,
                           int64_t first, int64_t end, vector sums[SETS][SPARSE_VECTORS]) {
  const float *values = weights->values;
  for (int64_t entry = first; entry < end; entry += SPARSE_STEP) {
    int64_t columns[SPARSE_STEP];
    load_columns(wide, weights->index, entry, columns);
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++) {
      vector x[SPARSE_VECTORS];
      load(halves, tile, columns[i], lane, x);
      const vector w = vector_broadcast(values[entry + i]);
#pragma GCC unroll 8
      for (int j = 0; j < SPARSE_VECTORS; j++) sums[i % SETS][j] = vector_fma(w, x[j], sums[i % SETS][j]);
    }
  }
}

VECTOR_INLINE void forward(bool halves, bool wide, const struct weights *weights, const float *bias, struct tile tile,
                           float scale, bool relu, float *output) {
  const struct sparse_index *index = weights->index;
  for (int64_t chunk = 0; chunk < index->chunks; chunk++) {
    const uint32_t *start = index->row_start + chunk * index->rows;
    const bool finish = chunk == index->chunks - 1;
    for (int64_t row = 0; row < index->rows; row++)
      for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES) {
        float *lanes = output + row * BATCH_TILE + lane;
        vector sums[SETS][SPARSE_VECTORS];
#pragma GCC unroll 8
        for (int j = 0; j < SPARSE_VECTORS; j++) {
          sums[0][j] = chunk == 0 ? vector_broadcast(0.0F) : vector_load(lanes + j * VECTOR_LANES);
          if (SETS > 1) sums[SETS - 1][j] = vector_broadcast(0.0F);
        }
        add_row(halves, wide, weights, tile, lane, start[row], start[row + 1], sums);
        const vector factor = vector_broadcast(scale), shift = vector_broadcast(bias == NULL ? 0.0F : bias[row]);
#pragma GCC unroll 8
        for (int j = 0; j < SPARSE_VECTORS; j++) {
          vector y = SETS > 1 ? sums[0][j] + sums[SETS - 1][j] : sums[0][j];
          if (finish) y = vector_fma(y, factor, shift);
          if (finish && relu) y = vector_select(y <= 0.0F, vector_broadcast(0.0F), y);
          vector_store(lanes + j * VECTOR_LANES, y);
        }
      }
  }
}

void KERNEL(sparse_forward)(const struct weights *weights, const float *bias, const struct panel *input, int64_t tile,
                            bool relu, float *output) {
  const struct tile from = tile_of(input, tile);
  const bool wide = weights->index->wide != NULL;
  if (from.halves != NULL && !wide)
    forward(true, false, weights, bias, from, input->scale, relu, output);
  else if (from.halves != NULL)
    forward(true, true, weights, bias, from, input->scale, relu, output);
  else if (!wide)
    forward(false, false, weights, bias, from, input->scale, relu, output);
  else
    forward(false, true, weights, bias, from, input->scale, relu, output);
}

void KERNEL(sparse_input_gradient)(const struct weights *weights, const float *output_gradient, bool accumulate,
                                   float *input_gradient) {
  const struct sparse_index *index = weights->index;
  for (int64_t column = 0; column < index->columns; column++)
    for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES) {
      float *lanes = input_gradient + column * BATCH_TILE + lane;
      vector sums[SPARSE_VECTORS];
#pragma GCC unroll 8
      for (int j = 0; j < SPARSE_VECTORS; j++)
        sums[j] = accumulate ? vector_load(lanes + j * VECTOR_LANES) : vector_broadcast(0.0F);
      for (uint32_t k = index->column_start[column]; k < index->column_start[column + 1]; k++) {
        const float *from = output_gradient + (int64_t)index->transposed_row[k] * BATCH_TILE + lane;
        const vector w = vector_broadcast(weights->values[index->transposed_entry[k]]);
#pragma GCC unroll 8
        for (int j = 0; j < SPARSE_VECTORS; j++) sums[j] = vector_fma(w, vector_load(from + j * VECTOR_LANES), sums[j]);
      }
#pragma GCC unroll 8
      for (int j = 0; j < SPARSE_VECTORS; j++) vector_store(lanes + j * VECTOR_LANES, sums[j]);
    }
}

/* What the rows of a weight gradient share. */
struct survivors {
  const struct sparse_index *index;
  float *gradient;
  vector scale;
  bool add; /* to what earlier tiles left */
};

/* gradient[entry] (+)= the product of the row's output gradient with the entry's input, over the lanes of a part. */
VECTOR_INLINE void row_gradient(bool halves, bool wide, const struct survivors *survivors, struct tile tile, int lane,
                                const float *output_gradient, int64_t first, int64_t end) {
  vector d[SPARSE_VECTORS];
#pragma GCC unroll 8
  for (int j = 0; j < SPARSE_VECTORS; j++)
    d[j] = vector_load(output_gradient + lane + j * VECTOR_LANES) * survivors->scale;
  for (int64_t entry = first; entry < end; entry += SPARSE_STEP) {
    int64_t columns[SPARSE_STEP];
    load_columns(wide, survivors->index, entry, columns);
    vector sums[SPARSE_STEP];
#pragma GCC unroll 4
    for (int i = 0; i < SPARSE_STEP; i++) {
      vector x[SPARSE_VECTORS];
      load(halves, tile, columns[i], lane, x);
      sums[i] = d[0] * x[0];
#pragma GCC unroll 8
      for (int j = 1; j < SPARSE_VECTORS; j++) sums[i] = vector_fma(d[j], x[j], sums[i]);
    }
    float *to = survivors->gradient + entry;
    if (survivors->add || lane > 0) {
      float more[SPARSE_STEP];
      vector_store_sums(more, sums[0], sums[1], sums[2], sums[3]);
      for (int i = 0; i < SPARSE_STEP; i++) to[i] += more[i];
    } else {
      vector_store_sums(to, sums[0], sums[1], sums[2], sums[3]);
    }
  }
}

/* All rows of one chunk over one tile; after the last tile rows are updated as they are done, one row late so that the
 * gradient has left the store buffer. */
VECTOR_INLINE void chunk_gradient(bool halves, bool wide, const struct survivors *survivors, int64_t chunk,
                                  struct tile tile, const float *output_gradient, const struct update *update,
                                  const struct update_vectors *v, int64_t *updated) {
  const struct sparse_index *index = survivors->index;
  const uint32_t *start = index->row_start + chunk * index->rows;
  const uint8_t *padding = index->padding + chunk * index->rows;
  for (int64_t row = 0; row < index->rows; row++) {
    const int64_t first = start[row], end = start[row + 1];
    if (first == end) continue;
    for (int lane = 0; lane < BATCH_TILE; lane += SPARSE_LANES)
      row_gradient(halves, wide, survivors, tile, lane, output_gradient + row * BATCH_TILE, first, end);
    for (int64_t i = end - padding[row]; i < end; i++) survivors->gradient[i] = 0.0F;
    if (update == NULL) continue;
    const int64_t ready = first / VECTOR_LANES * VECTOR_LANES;
    if (ready - *updated < UPDATE_ENTRIES) continue;
    update_range(update, v, *updated, ready);
    *updated = ready;
  }
}

VECTOR_INLINE void weight_gradient(bool halves, bool wide, const struct weights *weights, const struct panel *input,
                                   const float *output_gradient, int64_t count, const struct update *update) {
  const struct sparse_index *index = weights->index;
  const struct update_vectors v = update_vectors_of(update);
  struct survivors survivors = {index, update->gradient, vector_broadcast(input->scale), false};
  const int64_t tiles = (count + BATCH_TILE - 1) / BATCH_TILE;
  int64_t updated = 0;
  for (int64_t chunk = 0; chunk < index->chunks; chunk++)
    for (int64_t tile = 0; tile < tiles; tile++) {
      survivors.add = tile > 0;
      chunk_gradient(halves, wide, &survivors, chunk, tile_of(input, tile),
                     output_gradient + tile * index->rows * BATCH_TILE, tile == tiles - 1 ? update : NULL, &v,
                     &updated);
    }
  update_range(update, &v, updated, index->entries);
}

void KERNEL(sparse_weight_gradient)(const struct weights *weights, const struct panel *input,
                                    const float *output_gradient, int64_t count, const struct update *update) {
  const bool halves = input->halves != NULL, wide = weights->index->wide != NULL;
  if (halves && !wide)
    weight_gradient(true, false, weights, input, output_gradient, count, update);
  else if (halves)
    weight_gradient(true, true, weights, input, output_gradient, count, update);
  else if (!wide)
    weight_gradient(false, false, weights, input, output_gradient, count, update);
  else
    weight_gradient(false, true, weights, input, output_gradient, count, update);
}
