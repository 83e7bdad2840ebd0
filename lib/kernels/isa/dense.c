/* Dense layers: products with a block of rows and LANE_GROUP lanes of sums in registers. */
#include "kernels/dense.h"

#include "base/arithmetic.h"
#include "kernels/isa/dense_gradient.h"
#include "kernels/isa/lanes.h"
#include "kernels/isa/set.h"

/* Inputs at a time, so that their lanes stay in the nearest cache. */
enum { DEPTH_CHUNK = 112 };

/* One product: sums[row][lane] over the depth of factor (row, k) times lanes of feature k. Factors of one k are
 * adjacent (forward) or those of one row (input gradient). */
struct product {
  const float *factors;
  int64_t stride; /* between those that are not adjacent */
  struct tile tile;
  const int32_t *list; /* the features to take, or NULL: all */
  float *output;       /* [row][lane] */
  float scale;
  const float *bias; /* or NULL */
  bool relu;
  const float *slope; /* [row][lane]: 0 where it is not above 0; or NULL */
};

/* What is constant where a product is inlined: whether the factors of one k are adjacent, and how features are read. */
struct variant {
  bool adjacent, halves, listed;
};

/* Rows row .. row + rows - 1, depth first .. end - 1. start: the sums begin at 0, else at the output; finish: scale,
 * bias, ReLU and slope follow. `rows` is a constant, too. */
VECTOR_INLINE void block(const int rows, const struct variant variant, const struct product *product, int64_t row,
                         int lane, int64_t first, int64_t end, bool start, bool finish) {
  const int64_t row_stride = variant.adjacent ? 1 : product->stride,
                depth_stride = variant.adjacent ? product->stride : 1;
  vector sums[ROW_BLOCK][LANE_VECTORS];
  float *output = product->output + row * BATCH_TILE + lane;
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++)
      sums[i][j] = start ? vector_broadcast(0.0F) : vector_load(output + i * BATCH_TILE + j * VECTOR_LANES);
  const float *factors = product->factors + row * row_stride;
  /* sums [row][lane] += factors [feature k][row] (forward; [row][feature k] backward) * tile [feature k][lane] */
  for (int64_t k = first; k < end; k++) {
    const int64_t feature = variant.listed ? product->list[k] : k;
    vector x[LANE_VECTORS];
    load_lanes(variant.halves, product->tile, feature, lane, x);
    const float *factor = factors + feature * depth_stride;
    if (variant.adjacent)
      __builtin_prefetch(factor + ROW_STEP, 0, 2); /* those of later rows are not in a row's stream */
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const vector f = vector_broadcast(factor[i * row_stride]);
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

VECTOR_INLINE void all_blocks(const struct variant variant, const struct product *product, struct range rows,
                              int64_t first, int64_t end, bool start, bool finish) {
  for (int lane = 0; lane < BATCH_TILE; lane += LANE_GROUP) {
    int64_t row = rows.first;
    for (; row + ROW_BLOCK <= rows.end; row += ROW_BLOCK)
      block(ROW_BLOCK, variant, product, row, lane, first, end, start, finish);
    for (; ROW_BLOCK > 4 && row + 4 <= rows.end; row += 4)
      block(4 < ROW_BLOCK ? 4 : 1, variant, product, row, lane, first, end, start, finish);
    for (; row + 2 <= rows.end; row += 2) block(2, variant, product, row, lane, first, end, start, finish);
    for (; row < rows.end; row++) block(1, variant, product, row, lane, first, end, start, finish);
  }
}

/* All chunks of the depth. */
VECTOR_INLINE void run(const struct variant variant, const struct product *product, struct range rows, int64_t depth,
                       bool accumulate) {
  int64_t first = 0;
  do { /* once where nothing is live: only the biases */
    const int64_t end = arithmetic_minimum(first + DEPTH_CHUNK, depth);
    all_blocks(variant, product, rows, first, end, first == 0 && !accumulate, end == depth);
    first = end;
  } while (first < depth);
}

static void forward(const struct forward_arguments *arguments, struct range rows) {
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const struct product product = {.factors = weights->values,
                                  .stride = weights->stride,
                                  .tile = tile_of(input, arguments->tile),
                                  .list = input->live,
                                  .output = arguments->output,
                                  .scale = input->scale,
                                  .bias = arguments->bias,
                                  .relu = arguments->relu};
  const int64_t depth = input->live != NULL ? input->live_count : weights->columns;
  if (input->halves != NULL && input->live != NULL)
    run((struct variant){true, true, true}, &product, rows, depth, false);
  else if (input->halves != NULL)
    run((struct variant){true, true, false}, &product, rows, depth, false);
  else if (input->live != NULL)
    run((struct variant){true, false, true}, &product, rows, depth, false);
  else
    run((struct variant){true, false, false}, &product, rows, depth, false);
}

static void input_gradient(const struct input_gradient_arguments *arguments, struct range columns) {
  const struct weights *weights = arguments->weights;
  const struct product product = {.factors = weights->values,
                                  .stride = weights->stride,
                                  .tile = {arguments->output_gradient, NULL},
                                  .output = arguments->input_gradient,
                                  .scale = 1.0F,
                                  .slope = arguments->relu};
  run((struct variant){false, false, false}, &product, columns, weights->rows, arguments->accumulate);
}

const struct dense_kernels KERNEL(dense_kernels) = {.own_micro_kernel = &KERNEL(own_micro_kernel),
                                                    .forward = forward,
                                                    .input_gradient = input_gradient,
                                                    .weight_gradient = KERNEL(dense_weight_gradient)};
