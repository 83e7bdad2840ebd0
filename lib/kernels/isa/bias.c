/* The gradient of biases: the sum of a row over a batch. */
#include "kernels/bias.h"

#include "kernels/isa/set.h"
#include "kernels/isa/update_vector.h"

/* The sum of a row's lanes over all tiles, as a vector of partial sums: a tile's first, so that a batch of one tile
 * adds to no 0. */
VECTOR_INLINE vector sum_row(const float *output_gradient, int64_t row, int64_t rows, int64_t tiles) {
  vector sum = vector_broadcast(0.0F);
  for (int64_t tile = 0; tile < tiles; tile++) {
    const float *lanes = output_gradient + (tile * rows + row) * BATCH_TILE;
    vector part = vector_load(lanes);
    for (int lane = VECTOR_LANES; lane < BATCH_TILE; lane += VECTOR_LANES) part += vector_load(lanes + lane);
    sum = tile == 0 ? part : sum + part;
  }
  return sum;
}

static void gradient(const float *output_gradient, int64_t rows, int64_t tiles, const struct update *update,
                     struct range range) {
  /* gradient [row] = sum over tiles and lanes of output_gradient [tile][row][lane], four rows at a time */
  for (int64_t row = range.first; row < range.end; row += 4) {
    vector sums[4];
    for (int i = 0; i < 4; i++) /* the last row again where there are fewer */
      sums[i] = sum_row(output_gradient, row + i < range.end ? row + i : range.end - 1, rows, tiles);
    float four[4];
    vector_store_sums(four, sums[0], sums[1], sums[2], sums[3]);
    for (int i = 0; i < 4 && row + i < range.end; i++) update->gradient[row + i] = four[i];
  }
  const struct update_vectors v = update_vectors_of(update);
  update_range(update, &v, range.first, (range.end + ROW_STEP - 1) / ROW_STEP * ROW_STEP);
}

const struct bias_kernels KERNEL(bias_kernels) = {.gradient = gradient};
