/* The gradient of dense weights: G[row][column] = sum over examples of output_gradient[row] * input[column].
 *
 * Both factors are transposed into panels for a micro-kernel (BLIS's, where it has one), which makes a block of rows of
 * G at a time; columns that are 0 in the whole batch are left out, and their gradient is put back as 0 on the way to
 * the update, which follows at once, while the rows are in the nearest cache. */
#include "base/arithmetic.h"
#include "kernels/isa/isa.h"
#include "kernels/isa/lanes.h"
#include "kernels/isa/update.h"

static void own_run(int64_t depth, const float *narrow, const float *wide, bool accumulate, float *c, int64_t stride) {
  vector sums[ROW_BLOCK][LANE_VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < ROW_BLOCK; i++)
#pragma GCC unroll 4
    for (int j = 0; j < LANE_VECTORS; j++)
      sums[i][j] = accumulate ? vector_load(c + i * stride + j * VECTOR_LANES) : vector_broadcast(0.0F);
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

/* Where a transposed matrix goes: element (example, column) at data[column / width * panel + example * width + column %
 * width], so that a panel of `width` columns is contiguous. */
struct panels {
  float *data;
  int64_t width, panel;
};

/* Transposes the lanes of `count` features, list[i] or i, of a tile into examples `first` on; 0 from `count` up to
 * `end`, a multiple of the panels' width. A multiple of VECTOR_LANES is no boundary within a panel. */
VECTOR_INLINE void transpose(const bool halves, struct tile tile, const int32_t *list, int64_t count, int64_t end,
                             const struct panels *to, int64_t first_example) {
  for (int64_t first = 0; first < end; first += VECTOR_LANES) {
    float *base = to->data + first / to->width * to->panel + first % to->width + first_example * to->width;
    for (int lane = 0; lane < BATCH_TILE; lane += 2 * VECTOR_LANES) {
      vector low[VECTOR_LANES], high[VECTOR_LANES]; /* two vectors of lanes: what a bfloat16 word holds */
      for (int i = 0; i < VECTOR_LANES; i++) {
        if (first + i >= count) {
          low[i] = high[i] = vector_broadcast(0.0F);
          continue;
        }
        const int64_t feature = list == NULL ? first + i : list[first + i];
        if (halves) {
          load_halves(tile.halves + feature * BATCH_TILE + lane, &low[i], &high[i]);
        } else {
          low[i] = vector_load(tile.values + feature * BATCH_TILE + lane);
          high[i] = vector_load(tile.values + feature * BATCH_TILE + lane + VECTOR_LANES);
        }
      }
      vector_transpose(low);
      vector_transpose(high);
      for (int i = 0; i < VECTOR_LANES; i++) {
        vector_store(base + (lane + i) * to->width, low[i]);
        vector_store(base + (lane + VECTOR_LANES + i) * to->width, high[i]);
      }
    }
  }
}

/* A row of G in its full width: compact columns spread to their places, pruned ones cleared. */
static void spread(const float *compact, float scale, const uint16_t *live, const uint16_t *kept, int64_t stride,
                   float *row) {
  const vector factor = vector_broadcast(scale);
  int64_t taken = 0;
  for (int64_t column = 0; column < stride; column += VECTOR_LANES) {
    const int shift = (int)(column % ROW_STEP);
    vector g;
    if (live == NULL) {
      g = vector_load(compact + column);
    } else {
      const uint32_t bits = ((uint32_t)live[column / ROW_STEP] >> shift) & ((1U << (VECTOR_LANES - 1) << 1) - 1);
      g = vector_expand(bits, compact + taken);
      taken += __builtin_popcount(bits);
    }
    g *= factor;
    if (kept != NULL) g = vector_keep((uint32_t)kept[column / ROW_STEP] >> shift, g);
    vector_store(row + column, g);
  }
}

/* One row of G handed on. */
static void hand_on(const struct update *update, const struct update_vectors *v, const float *row, int64_t at,
                    int64_t stride) {
  if (update->kind == UPDATE_ADAM)
    for (int64_t i = 0; i < stride; i += VECTOR_LANES) update_adam(update, v, at + i, vector_load(row + i));
  else
    for (int64_t i = 0; i < stride; i += VECTOR_LANES) update_sgd(update, v, at + i, vector_load(row + i));
}

/* What making G needs, cut out of the workspace. */
struct plan {
  const struct micro_kernel *micro_kernel;
  int64_t count, columns, padded; /* examples; live columns, and those with padding */
  struct panels inputs;           /* [column panel][example][column] */
  float *outputs;                 /* [example][row] */
  int64_t output_stride;
  float *narrow; /* [example][row of the block] */
  float *rows;   /* [row of the block][padded]: a block of G */
};

/* The block of rows of G that begins at `row`. */
static void make_rows(const struct plan *plan, int64_t row) {
  const int64_t height = plan->micro_kernel->narrow_width, width = plan->micro_kernel->wide_width;
  for (int64_t first = 0; first < plan->count; first += PANEL_DEPTH) {
    const int64_t depth = arithmetic_minimum(PANEL_DEPTH, plan->count - first);
    for (int64_t k = 0; k < depth; k++)
      memcpy(plan->narrow + k * height, plan->outputs + (first + k) * plan->output_stride + row,
             (size_t)height * sizeof(float));
    for (int64_t column = 0; column < plan->padded; column += width)
      plan->micro_kernel->run(depth, plan->narrow,
                              plan->inputs.data + column / width * plan->inputs.panel + first * width, first > 0,
                              plan->rows + column, plan->padded);
  }
}

static void transpose_factors(const struct plan *plan, const struct weights *weights, const struct panel *input,
                              const float *output_gradient) {
  const struct panels outputs = {plan->outputs, plan->output_stride, 0};
  for (int64_t tile = 0; tile * BATCH_TILE < plan->count; tile++) {
    const struct tile from = tile_of(input, tile);
    const struct tile gradient = {output_gradient + tile * weights->rows * BATCH_TILE, NULL};
    const int64_t first = tile * BATCH_TILE;
    if (from.halves != NULL)
      transpose(true, from, input->live, plan->columns, plan->padded, &plan->inputs, first);
    else
      transpose(false, from, input->live, plan->columns, plan->padded, &plan->inputs, first);
    transpose(false, gradient, NULL, weights->rows, plan->output_stride, &outputs, first);
  }
}

void KERNEL(dense_weight_gradient)(const struct micro_kernel *micro_kernel, const struct weights *weights,
                                   const struct panel *input, const float *output_gradient, int64_t count,
                                   const struct update *update, float *workspace) {
  const int64_t stride = weights->stride, examples = arithmetic_round_up(count, BATCH_TILE);
  struct plan plan = {.micro_kernel = micro_kernel, .count = count};
  plan.columns = input->live != NULL ? input->live_count : weights->columns;
  plan.padded = arithmetic_round_up(plan.columns, PANEL_STEP);
  plan.output_stride = arithmetic_round_up(weights->rows + micro_kernel->narrow_width, PANEL_STEP);
  float *line = workspace;
  plan.narrow = line + stride;
  plan.rows = plan.narrow + PANEL_DEPTH * PANEL_STEP;
  plan.outputs = plan.rows + (PANEL_STEP + 1) * plan.padded; /* expanding reads a vector past the last row */
  plan.inputs = (struct panels){plan.outputs + examples * plan.output_stride, micro_kernel->wide_width,
                                examples * micro_kernel->wide_width};
  transpose_factors(&plan, weights, input, output_gradient);
  const struct update_vectors v = update_vectors_of(update);
  for (int64_t row = 0; row < weights->rows; row++) {
    const int64_t in_block = row % micro_kernel->narrow_width;
    if (in_block == 0) make_rows(&plan, row);
    const uint16_t *kept = update->kept == NULL ? NULL : update->kept + row * (stride / ROW_STEP);
    const int64_t at = row * stride;
    float *to = update->kind == UPDATE_STORE ? update->gradient + at : line;
    spread(plan.rows + in_block * plan.padded, input->scale, input->live == NULL ? NULL : input->live_bits, kept,
           stride, to);
    if (update->kind != UPDATE_STORE) hand_on(update, &v, line, at, stride);
  }
}
