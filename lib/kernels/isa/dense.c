/* Dense layers: products with a block of rows and LANE_GROUP lanes of sums in registers. */
#include "base/arithmetic.h"
#include "kernels/isa/isa.h"
#include "kernels/isa/lanes.h"

/* Inputs at a time, so that their lanes stay in the nearest cache. */
enum { DEPTH_CHUNK = 112 };

/* One product: sums[row][lane] over the depth of factor (row, k) times lanes of feature k. */
struct product {
  const float *factors;
  int64_t row_stride, depth_stride;
  struct tile tile;
  const int32_t *list; /* the features to take, or NULL: all */
  float *output;       /* [row][lane] */
  float scale;
  const float *bias; /* or NULL */
  bool relu;
  const float *slope; /* [row][lane]: 0 where it is not above 0; or NULL */
};

/* Rows row .. row + rows - 1, depth first .. end - 1. start: the sums begin at 0, else at the output; finish: scale,
 * bias, ReLU and slope follow. `rows`, `halves` and `listed` are constants where this is inlined. */
VECTOR_INLINE void block(const int rows, const bool halves, const bool listed, const struct product *product,
                         int64_t row, int lane, int64_t first, int64_t end, bool start, bool finish) {
  vector sums[ROW_BLOCK][LANE_VECTORS];
  float *output = product->output + row * BATCH_TILE + lane;
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++)
      sums[i][j] = start ? vector_broadcast(0.0F) : vector_load(output + i * BATCH_TILE + j * VECTOR_LANES);
  const float *factors = product->factors + row * product->row_stride;
  for (int64_t k = first; k < end; k++) {
    const int64_t feature = listed ? product->list[k] : k;
    vector x[LANE_VECTORS];
    load_lanes(halves, product->tile, feature, lane, x);
    const float *factor = factors + feature * product->depth_stride;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const vector f = vector_broadcast(factor[i * product->row_stride]);
#pragma GCC unroll 4
      for (int j = 0; j < LANE_VECTORS; j++) sums[i][j] = vector_fma(f, x[j], sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    const vector scale = vector_broadcast(product->scale),
                 bias = vector_broadcast(product->bias == NULL ? 0.0F : product->bias[row + i]);
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++) {
      vector y = sums[i][j];
      if (finish) y = vector_fma(y, scale, bias);
      if (finish && product->relu) y = vector_select(y <= 0.0F, vector_broadcast(0.0F), y);
      if (finish && product->slope != NULL)
        y = vector_relu_slope(vector_load(product->slope + (row + i) * BATCH_TILE + lane + j * VECTOR_LANES), y);
      vector_store(output + i * BATCH_TILE + j * VECTOR_LANES, y);
    }
  }
}

VECTOR_INLINE void all_blocks(const bool halves, const bool listed, const struct product *product, int64_t rows,
                              int64_t first, int64_t end, bool start, bool finish) {
  for (int lane = 0; lane < BATCH_TILE; lane += LANE_GROUP) {
    int64_t row = 0;
    for (; row + ROW_BLOCK <= rows; row += ROW_BLOCK)
      block(ROW_BLOCK, halves, listed, product, row, lane, first, end, start, finish);
    for (; ROW_BLOCK > 4 && row + 4 <= rows; row += 4)
      block(4 < ROW_BLOCK ? 4 : 1, halves, listed, product, row, lane, first, end, start, finish);
    for (; row + 2 <= rows; row += 2) block(2, halves, listed, product, row, lane, first, end, start, finish);
    for (; row < rows; row++) block(1, halves, listed, product, row, lane, first, end, start, finish);
  }
}

static void run(const struct product *product, int64_t rows, int64_t depth, bool accumulate) {
  if (depth == 0) { /* nothing is live: the biases alone */
    all_blocks(false, false, product, rows, 0, 0, !accumulate, true);
    return;
  }
  for (int64_t first = 0; first < depth; first += DEPTH_CHUNK) {
    const int64_t end = arithmetic_minimum(first + DEPTH_CHUNK, depth);
    const bool start = first == 0 && !accumulate, finish = end == depth;
    if (product->tile.halves != NULL && product->list != NULL)
      all_blocks(true, true, product, rows, first, end, start, finish);
    else if (product->tile.halves != NULL)
      all_blocks(true, false, product, rows, first, end, start, finish);
    else if (product->list != NULL)
      all_blocks(false, true, product, rows, first, end, start, finish);
    else
      all_blocks(false, false, product, rows, first, end, start, finish);
  }
}

void KERNEL(dense_forward)(const struct weights *weights, const float *bias, const struct panel *input, int64_t tile,
                           bool relu, float *output) {
  const struct product product = {.factors = weights->values,
                                  .row_stride = 1,
                                  .depth_stride = weights->stride,
                                  .tile = tile_of(input, tile),
                                  .list = input->live,
                                  .output = output,
                                  .scale = input->scale,
                                  .bias = bias,
                                  .relu = relu};
  run(&product, weights->rows, input->live != NULL ? input->live_count : weights->columns, false);
}

void KERNEL(dense_input_gradient)(const struct weights *weights, const float *output_gradient, bool accumulate,
                                  const float *relu, float *input_gradient) {
  const struct product product = {.factors = weights->values,
                                  .row_stride = weights->stride,
                                  .depth_stride = 1,
                                  .tile = {output_gradient, NULL},
                                  .output = input_gradient,
                                  .scale = 1.0F,
                                  .slope = relu};
  run(&product, weights->columns, weights->rows, accumulate);
}
