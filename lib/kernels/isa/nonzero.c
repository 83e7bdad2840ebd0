/* Dense layers that visit only the inputs that are not 0 (nonzeros.h). Sums run in the order of the other dense
 * kernels, and what they leave out adds 0 while weights are finite, so values are the same. */
#include "kernels/nonzero.h"

#include "base/arithmetic.h"
#include "kernels/index/nonzeros.h"
#include "kernels/isa/set.h"
#include "kernels/isa/transpose.h"
#include "kernels/isa/tuning.h"
#include "kernels/isa/update_vector.h"

/* Rows at a time, whose sums are in registers. */
enum { BLOCK_VECTORS = 12 };

/* Rows in vectors, cut into blocks of nearly the same size. */
static int64_t block_vectors(int64_t vectors) {
  const int64_t blocks = (vectors + BLOCK_VECTORS - 1) / BLOCK_VECTORS;
  return blocks == 0 ? 0 : (vectors + blocks - 1) / blocks;
}

/* Lists an entry for each word of `words` whose low half is not 0, the high half being an index. Returns how many. */
VECTOR_INLINE int64_t list_words(vector_integer words, uint32_t *to) {
  return vector_store_compressed(vector_bits((words & 0xffff) != 0), words, to);
}

/* The entries of one example, whose bytes are at `row`. */
static int64_t list_example(const uint8_t *row, int64_t features, uint32_t *to) {
  int64_t count = 0, feature = 0;
  for (; feature + VECTOR_LANES <= features; feature += VECTOR_LANES) {
    const vector_integer halves = (vector_integer)((vector_integer)vector_from_bytes(row + feature) >> 16);
    count += list_words(halves | (vector_count() + (int32_t)feature) << 16, to + count);
  }
  for (; feature < features; feature++) {
    if (row[feature] == 0) continue;
    const float value = (float)row[feature];
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    to[count++] = (uint32_t)feature << 16 | bits >> 16;
  }
  return count;
}

/* The entries of one feature, whose lanes are at `halves`. */
VECTOR_INLINE int64_t list_feature(const uint16_t *halves, uint32_t *to) {
  int64_t count = 0;
  for (int lane = 0; lane < BATCH_TILE; lane += 2 * VECTOR_LANES) {
    const vector_integer words = *(const vector_integer *)(const void *)(halves + lane);
    if (!vector_any(words)) continue;
    const vector_integer lanes = (vector_count() + lane) << 16;
    count += list_words((words & 0xffff) | lanes, to + count);
    count += list_words((words >> 16) | (lanes + (VECTOR_LANES << 16)), to + count); /* no sign is set */
  }
  return count;
}

static bool list(const uint8_t *const rows[BATCH_TILE], const uint16_t *halves, int64_t tile,
                 struct nonzeros *nonzeros) {
  const struct nonzeros_tile to = nonzeros_tile(nonzeros, tile);
  const int64_t features = nonzeros->features;
  int64_t count = 0;
  for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
    to.example_start[lane] = (uint32_t)count;
    if (rows[lane] == NULL) continue;
    if (count + features > nonzeros->room) return false;
    count += list_example(rows[lane], features, to.by_example + count);
  }
  to.example_start[BATCH_TILE] = (uint32_t)count;
  nonzeros->count += count;
  if (to.by_feature == NULL) return true;
  int64_t listed = 0;
  for (int64_t feature = 0; feature < features; feature++) {
    to.feature_start[feature] = (uint32_t)listed;
    listed += list_feature(halves + feature * BATCH_TILE, to.by_feature + listed);
  }
  to.feature_start[features] = (uint32_t)listed;
  return true;
}

/* sums += the input of an entry times its row of a matrix: `vectors` vectors of it. */
VECTOR_INLINE void add_row(const int vectors, const uint32_t *entry, const float *matrix, int64_t stride,
                           vector sums[BLOCK_VECTORS]) {
  const float *row = matrix + (int64_t)(*entry >> 16) * stride;
  const vector x = (vector)(vector_broadcast_integer((int32_t)*entry) << 16);
#pragma GCC unroll 12
  for (int j = 0; j < vectors; j++) sums[j] = vector_fma(x, vector_load(row + j * VECTOR_LANES), sums[j]);
}

/* What the blocks of a forward pass share. */
struct pass {
  const struct weights *weights;
  struct nonzeros_tile inputs;
  const float *bias; /* or NULL */
  float scale;
  bool relu;
  float *output;
};

/* Rows `row` … of VECTOR_LANES examples. */
VECTOR_INLINE void forward_block(const int vectors, const struct pass *pass, int64_t row, int64_t lane) {
  vector block[BLOCK_VECTORS][VECTOR_LANES]; /* [vector of rows][example] */
  for (int i = 0; i < VECTOR_LANES; i++) {
    vector sums[BLOCK_VECTORS];
#pragma GCC unroll 12
    for (int j = 0; j < vectors; j++) sums[j] = vector_broadcast(0.0F);
    const uint32_t *start = pass->inputs.example_start + lane + i;
    const uint32_t *end = pass->inputs.by_example + start[1];
    /* sums [row] += input [example][feature] * weights [feature][row], features that are not 0 */
    for (const uint32_t *entry = pass->inputs.by_example + start[0]; entry < end; entry++)
      add_row(vectors, entry, pass->weights->values + row, pass->weights->stride, sums);
#pragma GCC unroll 12
    for (int j = 0; j < vectors; j++) block[j][i] = sums[j];
  }
  const vector scale = vector_broadcast(pass->scale);
  for (int j = 0; j < vectors; j++) {
    vector_transpose(block[j]);
    const int64_t first = row + j * VECTOR_LANES, end = pass->weights->rows - first;
    for (int64_t i = 0; i < VECTOR_LANES && i < end; i++) {
      vector y = vector_fma(block[j][i], scale, vector_broadcast(pass->bias == NULL ? 0.0F : pass->bias[first + i]));
      if (pass->relu) y = vector_select(y <= 0.0F, vector_broadcast(0.0F), y);
      vector_store(pass->output + (first + i) * BATCH_TILE + lane, y);
    }
  }
}

/* What the blocks of a weight gradient share. */
struct gradient {
  const struct nonzeros *inputs;
  const float *outputs; /* [example][row], `stride` floats from one to the next */
  int64_t stride, tiles;
  vector scale;
  const struct update *update;
  const struct update_vectors *vectors;
};

/* The gradient of a column's rows, waiting for its update. */
struct waiting {
  vector sums[BLOCK_VECTORS];
  int64_t at; /* its first parameter */
  int next;   /* the vectors from here on wait */
};

VECTOR_INLINE void update_next(const struct gradient *gradient, struct waiting *waiting) {
  update_vector(gradient->update, gradient->vectors, waiting->at + waiting->next * VECTOR_LANES,
                waiting->sums[waiting->next]);
  waiting->next++;
}

/* Rows `row` … of the columns of a range. The update of a column runs beside the products of the next one, so that its
 * roots and divisions do not hold them up. */
VECTOR_INLINE void gradient_block(const int vectors, const struct gradient *gradient, int64_t row,
                                  struct range columns) {
  struct waiting waiting = {.next = vectors};
  for (int64_t column = columns.first; column < columns.end; column++) {
    vector sums[BLOCK_VECTORS];
#pragma GCC unroll 12
    for (int j = 0; j < vectors; j++) sums[j] = vector_broadcast(0.0F);
    /* sums [row] += input [example][column] * outputs [example][row], examples where the input is not 0 */
    for (int64_t tile = 0; tile < gradient->tiles; tile++) {
      const struct nonzeros_tile inputs = nonzeros_tile(gradient->inputs, tile);
      const float *outputs = gradient->outputs + tile * BATCH_TILE * gradient->stride + row;
      const uint32_t *entry = inputs.by_feature + inputs.feature_start[column],
                     *end = inputs.by_feature + inputs.feature_start[column + 1];
      for (; entry + 2 <= end && waiting.next < vectors; entry += 2) {
        add_row(vectors, entry, outputs, gradient->stride, sums);
        add_row(vectors, entry + 1, outputs, gradient->stride, sums);
        update_next(gradient, &waiting);
      }
      for (; entry < end; entry++) add_row(vectors, entry, outputs, gradient->stride, sums);
    }
    while (waiting.next < vectors) update_next(gradient, &waiting);
#pragma GCC unroll 12
    for (int j = 0; j < vectors; j++) waiting.sums[j] = sums[j] * gradient->scale;
    waiting.at = column * gradient->stride + row;
    waiting.next = 0;
  }
  while (waiting.next < vectors) update_next(gradient, &waiting);
}

/* The number of vectors as a constant. */
#define WITH_CONSTANT(call, vectors, ...)  \
  switch (vectors) {                       \
    case 1: call(1, __VA_ARGS__); break;   \
    case 2: call(2, __VA_ARGS__); break;   \
    case 3: call(3, __VA_ARGS__); break;   \
    case 4: call(4, __VA_ARGS__); break;   \
    case 5: call(5, __VA_ARGS__); break;   \
    case 6: call(6, __VA_ARGS__); break;   \
    case 7: call(7, __VA_ARGS__); break;   \
    case 8: call(8, __VA_ARGS__); break;   \
    case 9: call(9, __VA_ARGS__); break;   \
    case 10: call(10, __VA_ARGS__); break; \
    case 11: call(11, __VA_ARGS__); break; \
    default: call(12, __VA_ARGS__); break; \
  }

static void forward(const struct forward_arguments *arguments, struct range rows) {
  const struct weights *weights = arguments->weights;
  const struct pass pass = {.weights = weights,
                            .inputs = nonzeros_tile(arguments->input->nonzeros, arguments->tile),
                            .bias = arguments->bias,
                            .scale = arguments->input->scale,
                            .relu = arguments->relu,
                            .output = arguments->output};
  if (rows.first == rows.end) return; /* it may begin at the last row's end, within a vector */
  const int64_t end = arithmetic_round_up(rows.end, ROW_STEP) / VECTOR_LANES;
  const int64_t step = block_vectors(end - rows.first / VECTOR_LANES);
  for (int64_t lane = 0; lane < BATCH_TILE; lane += VECTOR_LANES)
    for (int64_t first = rows.first / VECTOR_LANES; first < end; first += step) {
      const int64_t count = arithmetic_minimum(step, end - first);
      WITH_CONSTANT(forward_block, count, &pass, first * VECTOR_LANES, lane)
    }
}

static void weight_gradient(const struct weight_gradient_arguments *arguments, struct range columns) {
  const struct weights *weights = arguments->weights;
  const struct panels outputs = {arguments->workspace, weights->stride, 0};
  const int64_t tiles = (arguments->count + BATCH_TILE - 1) / BATCH_TILE;
  for (int64_t tile = 0; tile < tiles; tile++)
    transpose_lanes(false, (struct tile){arguments->output_gradient + tile * weights->rows * BATCH_TILE, NULL}, NULL,
                    weights->rows, weights->stride, &outputs, tile * BATCH_TILE);
  const struct update_vectors v = update_vectors_of(arguments->update);
  const struct gradient gradient = {.inputs = arguments->input->nonzeros,
                                    .outputs = arguments->workspace,
                                    .stride = weights->stride,
                                    .tiles = tiles,
                                    .scale = vector_broadcast(arguments->input->scale),
                                    .update = arguments->update,
                                    .vectors = &v};
  const int64_t vectors = weights->stride / VECTOR_LANES, step = block_vectors(vectors);
  for (int64_t first = 0; first < vectors; first += step) {
    const int64_t many = arithmetic_minimum(step, vectors - first);
    WITH_CONSTANT(gradient_block, many, &gradient, first * VECTOR_LANES, columns)
  }
}

const struct nonzero_kernels KERNEL(nonzero_kernels) = {
    .percent = NONZERO_PERCENT, .list = list, .forward = forward, .weight_gradient = weight_gradient};
