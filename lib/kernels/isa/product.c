/* Dense products: panels packed into the caller's workspace, a micro-kernel on each pair of panels. */
#include "base/arithmetic.h"
#include "kernels/isa/isa.h"
#include "kernels/vector.h"

/* A micro-kernel for sets that BLIS has none for: 4 rows of 8 columns. */
enum { OWN_NARROW = 4, OWN_WIDE = 8 };

static void own_run(int64_t rows, int64_t columns, int64_t depth, const float *narrow, const float *wide,
                    bool accumulate, float *c, int64_t row_stride) {
  float sums[OWN_NARROW][OWN_WIDE] = {{0}};
  for (int64_t k = 0; k < depth; k++)
    for (int row = 0; row < OWN_NARROW; row++)
      for (int column = 0; column < OWN_WIDE; column++)
        sums[row][column] += narrow[k * OWN_NARROW + row] * wide[k * OWN_WIDE + column];
  for (int64_t row = 0; row < rows; row++)
    for (int64_t column = 0; column < columns; column++) {
      float *element = &c[row * row_stride + column];
      *element = accumulate ? *element + sums[row][column] : sums[row][column];
    }
}

const struct micro_kernel KERNEL(own_micro_kernel) = {"own 4x8", OWN_NARROW, OWN_WIDE, own_run};

/* panel[k][j] = source(k, first + j) for j < count, 0 for the rest of the width. Lines along k have stride 1 or not;
 * what is contiguous in the source decides the order of the loops. */
static void pack_panel(struct matrix source, int64_t first, int64_t count, int64_t width, int64_t depth_first,
                       int64_t depth, float *panel) {
  const float *data = source.data + depth_first * source.row_stride + first * source.column_stride;
  if (source.column_stride == 1) {
    for (int64_t k = 0; k < depth; k++, panel += width, data += source.row_stride) {
      memcpy(panel, data, (size_t)count * sizeof *panel);
      for (int64_t j = count; j < width; j++) panel[j] = 0.0F;
    }
    return;
  }
  if (count < width) memset(panel, 0, (size_t)(depth * width) * sizeof *panel);
  enum { BLOCK = 16 }; /* of depth, so that the written part of the panel stays in the nearest cache */
  for (int64_t k0 = 0; k0 < depth; k0 += BLOCK) {
    const int64_t end = arithmetic_minimum(k0 + BLOCK, depth);
    for (int64_t j = 0; j < count; j++) {
      const float *line = data + j * source.column_stride;
      for (int64_t k = k0; k < end; k++) panel[k * width + j] = line[k * source.row_stride];
    }
  }
}

void KERNEL(product)(const struct micro_kernel *micro_kernel, int64_t rows, int64_t columns, int64_t depth,
                     struct matrix a, struct matrix b, bool accumulate, float *c, int64_t c_row_stride,
                     float *workspace) {
  const int64_t narrow_width = micro_kernel->narrow_width, wide_width = micro_kernel->wide_width;
  /* Panels run along depth: element (k, row) of the left factor is a's (row, k). */
  const struct matrix left = {a.data, a.column_stride, a.row_stride};
  for (int64_t k0 = 0; k0 < depth; k0 += PRODUCT_DEPTH) {
    const int64_t k_count = arithmetic_minimum(PRODUCT_DEPTH, depth - k0);
    float *wide = workspace;
    float *narrow = workspace + k_count * arithmetic_round_up(columns, wide_width);
    for (int64_t column = 0; column < columns; column += wide_width)
      pack_panel(b, column, arithmetic_minimum(wide_width, columns - column), wide_width, k0, k_count,
                 wide + column * k_count);
    for (int64_t row = 0; row < rows; row += narrow_width) {
      const int64_t row_count = arithmetic_minimum(narrow_width, rows - row);
      pack_panel(left, row, row_count, narrow_width, k0, k_count, narrow);
      for (int64_t column = 0; column < columns; column += wide_width)
        micro_kernel->run(row_count, arithmetic_minimum(wide_width, columns - column), k_count, narrow,
                          wide + column * k_count, accumulate || k0 > 0, c + row * c_row_stride + column, c_row_stride);
    }
  }
}
