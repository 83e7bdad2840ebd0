/* The gradient of dense weights: G[column][row] = sum over examples of input[column] * output_gradient[row].
 *
 * Both factors are transposed into panels for a micro-kernel (BLIS's, where it has one), which makes a block of columns
 * of G at a time; those that are 0 in the whole batch are left out. The update follows at once, while a column is in
 * the nearest cache. */
#include "kernels/isa/dense_gradient.h"

#include "base/arithmetic.h"
#include "kernels/isa/lanes.h"
#include "kernels/isa/transpose.h"
#include "kernels/isa/update_vector.h"

static void own_run(int64_t depth, const float *narrow, const float *wide, bool accumulate, float *c, int64_t stride) {
  vector sums[ROW_BLOCK][LANE_VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < ROW_BLOCK; i++)
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++)
      sums[i][j] = accumulate ? vector_load(c + i * stride + j * VECTOR_LANES) : vector_broadcast(0.0F);
  /* c [narrow i][wide j] += narrow [depth k][i] * wide [depth k][j] */
  for (int64_t k = 0; k < depth; k++) {
    vector x[LANE_VECTORS];
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++) x[j] = vector_load(wide + k * LANE_GROUP + j * VECTOR_LANES);
#pragma GCC unroll 8
    for (int i = 0; i < ROW_BLOCK; i++) {
      const vector f = vector_broadcast(narrow[k * ROW_BLOCK + i]);
#pragma GCC unroll 4
      for (int j = 0; j < LANE_VECTORS; j++) sums[i][j] = vector_fma(f, x[j], sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < ROW_BLOCK; i++)
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++) vector_store(c + i * stride + j * VECTOR_LANES, sums[i][j]);
}

const struct micro_kernel KERNEL(own_micro_kernel) = {"own", ROW_BLOCK, LANE_GROUP, own_run};

/* What is left of the rows after whole wide panels, if it is one vector: EDGE_COLUMNS columns of it. Of ten rows a
 * panel of 32 would be wasted on most. */
enum { EDGE_COLUMNS = 12 };
static void edge_run(int64_t depth, const float *narrow, const float *wide, int64_t width, bool accumulate, float *c,
                     int64_t stride) {
  vector sums[EDGE_COLUMNS];
#pragma GCC unroll 12
  for (int i = 0; i < EDGE_COLUMNS; i++) sums[i] = accumulate ? vector_load(c + i * stride) : vector_broadcast(0.0F);
  for (int64_t k = 0; k < depth; k++) {
    const vector x = vector_load(wide + k * width);
#pragma GCC unroll 12
    for (int i = 0; i < EDGE_COLUMNS; i++)
      sums[i] = vector_fma(vector_broadcast(narrow[k * EDGE_COLUMNS + i]), x, sums[i]);
  }
#pragma GCC unroll 12
  for (int i = 0; i < EDGE_COLUMNS; i++) vector_store(c + i * stride, sums[i]);
}

/* One column of G, its rows side by side, handed on. */
static void hand_on(const struct update *update, const struct update_vectors *v, const float *column, float scale,
                    int64_t at, int64_t stride) {
  const vector factor = vector_broadcast(scale);
  for (int64_t i = 0; i < stride; i += VECTOR_LANES) update_vector(update, v, at + i, vector_load(column + i) * factor);
}

/* What making columns of G needs, cut out of the workspace. */
struct plan {
  const struct micro_kernel *micro_kernel;
  int64_t count, columns; /* examples; columns that are made: */
  const int32_t *live;    /* those of this list, or NULL: */
  int64_t first_column;   /* from this one on */
  int64_t rows, padded;   /* to vectors, and to panels */
  struct panels outputs;  /* [row panel][example][row] */
  float *inputs;          /* [example][column] */
  int64_t input_stride;
  float *narrow; /* [example][column of the block] */
  float *block;  /* [column of the block][padded]: a part of G */
};

/* The factors of a block of columns side by side. Writes whole vectors, each over the end of the one before. */
static void pack_narrow(const float *from, int64_t stride, int64_t depth, int64_t height, float *narrow) {
  for (int64_t k = 0; k < depth; k++)
    for (int64_t i = 0; i < height; i += VECTOR_LANES)
      vector_store_unaligned(narrow + k * height + i, vector_load_unaligned(from + k * stride + i));
}

/* The block of columns of G that begins with number `first_column` of those that are made. */
static void make_columns(const struct plan *plan, int64_t first_column) {
  const int64_t height = plan->micro_kernel->narrow_width, width = plan->micro_kernel->wide_width;
  /* block [column][row] += inputs [example][column] * outputs [example][row], PANEL_DEPTH examples at a time */
  for (int64_t first = 0; first < plan->count; first += PANEL_DEPTH) {
    const int64_t depth = arithmetic_minimum(PANEL_DEPTH, plan->count - first);
    pack_narrow(plan->inputs + first * plan->input_stride + first_column, plan->input_stride, depth, height,
                plan->narrow);
    for (int64_t row = 0; row < plan->rows; row += width) {
      const float *wide = plan->outputs.data + row / width * plan->outputs.panel + first * width;
      if (plan->rows - row == VECTOR_LANES && width > VECTOR_LANES && height == EDGE_COLUMNS)
        edge_run(depth, plan->narrow, wide, width, first > 0, plan->block + row, plan->padded);
      else
        plan->micro_kernel->run(depth, plan->narrow, wide, first > 0, plan->block + row, plan->padded);
    }
  }
}

/* The columns of a range that are made: all, or those that are live. */
static void choose_columns(struct plan *plan, const struct input *input, struct range columns) {
  plan->first_column = columns.first;
  plan->columns = columns.end - columns.first;
  if (input->live == NULL) return;
  int64_t first = 0, end;
  while (first < input->live_count && input->live[first] < columns.first) first++;
  for (end = first; end < input->live_count && input->live[end] < columns.end;) end++;
  plan->live = input->live + first;
  plan->columns = end - first;
}

static void transpose_factors(const struct plan *plan, const struct weights *weights, const struct input *input,
                              const float *output_gradient) {
  const struct panels inputs = {plan->inputs, plan->input_stride, 0};
  for (int64_t tile = 0; tile * BATCH_TILE < plan->count; tile++) {
    const struct tile from = tile_from(tile_of(input, tile), plan->live == NULL ? plan->first_column : 0);
    const struct tile gradient = {output_gradient + tile * weights->rows * BATCH_TILE, NULL};
    const int64_t first = tile * BATCH_TILE;
    if (from.halves != NULL)
      transpose_lanes(true, from, plan->live, plan->columns, plan->input_stride, &inputs, first);
    else
      transpose_lanes(false, from, plan->live, plan->columns, plan->input_stride, &inputs, first);
    transpose_lanes(false, gradient, NULL, weights->rows, plan->padded, &plan->outputs, first);
  }
}

void KERNEL(dense_weight_gradient)(const struct weight_gradient_arguments *arguments, struct range columns) {
  const struct micro_kernel *micro_kernel = arguments->micro_kernel;
  const struct weights *weights = arguments->weights;
  const struct input *input = arguments->input;
  const int64_t count = arguments->count, stride = weights->stride, examples = arithmetic_round_up(count, BATCH_TILE);
  struct plan plan = {.micro_kernel = micro_kernel, .count = count};
  choose_columns(&plan, input, columns);
  plan.rows = stride;
  plan.padded = arithmetic_round_up(stride, micro_kernel->wide_width);
  plan.input_stride = arithmetic_round_up(plan.columns + micro_kernel->narrow_width, PANEL_STEP);
  float *zeros = arguments->workspace;
  plan.narrow = zeros + arithmetic_round_up(stride, PANEL_STEP);
  plan.block = plan.narrow + PANEL_DEPTH * PANEL_STEP;
  plan.inputs = plan.block + PANEL_STEP * plan.padded;
  plan.outputs = (struct panels){plan.inputs + examples * plan.input_stride, micro_kernel->wide_width,
                                 examples * micro_kernel->wide_width};
  transpose_factors(&plan, weights, input, arguments->output_gradient);
  memset(zeros, 0, (size_t)stride * sizeof *zeros);
  const struct update_vectors v = update_vectors_of(arguments->update);
  int64_t made = 0; /* columns of G that were handed on, less those of zeros */
  for (int64_t column = columns.first; column < columns.end; column++) {
    const float *from = zeros;
    if (plan.live == NULL || (made < plan.columns && plan.live[made] == column)) {
      const int64_t in_block = made % micro_kernel->narrow_width;
      if (in_block == 0) make_columns(&plan, made);
      from = plan.block + in_block * plan.padded;
      made++;
    }
    hand_on(arguments->update, &v, from, input->scale, column * stride, stride);
  }
}
