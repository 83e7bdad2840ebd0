/* The kernels of dense and sparse layers on every instruction set that the machine has, against plain loops in double
 * precision, at random sizes around those of blocks, chunks and tiles. A step that is fused into a gradient must give
 * the bits of the gradient stored and then applied. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/float_mode.h"
#include "kernels/ahead.h"
#include "kernels/choice.h"
#include "kernels/dense.h"
#include "kernels/nonzero.h"
#include "kernels/sparse.h"
#include "kernels/update.h"
#include "unit/kernels/kernel_passes.h"

/* Higham 2002, section 3.1, any order of summation, with the roundings of scale and bias. */
static double bound_of(int64_t terms, double magnitude) {
  return (double)(terms + 6) * (double)FLT_EPSILON / 2 * magnitude + (double)FLT_MIN;
}

static void check_forward(const struct layer *layer, bool with_bias, bool relu) {
  const int64_t rows = layer->shape.rows, columns = layer->shape.columns, floats = layer->tiles * rows * BATCH_TILE;
  float *outputs = guarded(floats, NAN); /* what is there is not read */
  for (int64_t tile = 0; tile < layer->tiles; tile++)
    layer_forward(layer, with_bias ? layer->bias : NULL, tile, relu, outputs + tile * rows * BATCH_TILE);
  check_guard(outputs, floats, "forward");
  for (int64_t i = 0; i < layer->tiles * BATCH_TILE; i++)
    for (int64_t row = 0; row < rows; row++) {
      double sum = with_bias ? (double)layer->bias[row] : 0, magnitude = fabs(sum);
      for (int64_t j = 0; j < columns; j++) {
        const double product = layer->matrix[row * columns + j] * layer->inputs[i * columns + j];
        sum += product;
        magnitude += fabs(product);
      }
      if (relu && sum < 0) sum = 0;
      assert_within(layer, (double)outputs[(i / BATCH_TILE * rows + row) * BATCH_TILE + i % BATCH_TILE], sum,
                    bound_of(columns, magnitude), relu ? "forward with ReLU" : "forward", row, i);
    }
  free(outputs);
}

/* relu: through a ReLU whose outputs are the layer's inputs as floats. */
static void check_input_gradient(const struct layer *layer, bool accumulate, bool relu) {
  const int64_t rows = layer->shape.rows, columns = layer->shape.columns, floats = layer->tiles * columns * BATCH_TILE;
  float *gradient = guarded(floats, accumulate ? 0.75F : NAN);
  for (int64_t tile = 0; tile < layer->tiles; tile++)
    layer_input_gradient(layer, tile, accumulate, relu, gradient + tile * columns * BATCH_TILE,
                         (struct range){0, columns});
  check_guard(gradient, floats, "input gradient");
  for (int64_t i = 0; i < layer->tiles * BATCH_TILE; i++)
    for (int64_t column = 0; column < columns; column++) {
      double sum = accumulate ? 0.75 : 0, magnitude = sum;
      for (int64_t row = 0; row < rows; row++) {
        const double product = layer->matrix[row * columns + column] * layer->outputs[i * rows + row];
        sum += product;
        magnitude += fabs(product);
      }
      if (relu && !(layer->inputs[i * columns + column] > 0)) sum = magnitude = 0;
      assert_within(layer, (double)gradient[(i / BATCH_TILE * columns + column) * BATCH_TILE + i % BATCH_TILE], sum,
                    bound_of(rows, magnitude), "input gradient", column, i);
    }
  free(gradient);
}

struct stored {
  const struct layer *layer;
  const float *gradient;
};

static void check_stored(void *user, int64_t element, int64_t place) {
  const struct stored *stored = user;
  const struct layer *layer = stored->layer;
  const int64_t row = element / layer->shape.columns, column = element % layer->shape.columns;
  double sum = 0, magnitude = 0;
  for (int64_t i = 0; i < layer->shape.count; i++) {
    const double product =
        layer->outputs[i * layer->shape.rows + row] * layer->inputs[i * layer->shape.columns + column];
    sum += product;
    magnitude += fabs(product);
  }
  assert_within(layer, (double)stored->gradient[place], sum, bound_of(layer->shape.count, magnitude), "weight gradient",
                row, column);
}

static void check_equal(const struct layer *layer, const uint8_t *places, const float *fused, const float *apart,
                        const char *what) {
  if (fused == NULL) return;
  check_guard(fused, layer->floats, what);
  for (int64_t i = 0; i < layer->floats; i++) {
    if (memcmp(&fused[i], &apart[i], sizeof *fused) != 0)
      assert_within(layer, (double)fused[i], (double)apart[i], -1, what, 0, i);
    if (!places[i] && fused[i] != 0.0F) assert_within(layer, (double)fused[i], 0, 0, what, -1, i);
  }
}

static void check_fused(const struct layer *layer, const uint8_t *places, enum update_kind kind, int variant) {
  struct update fused = make_update(layer, kind, variant), apart = fused;
  const uint64_t seed = random_state;
  const bool momentum = kind == UPDATE_ADAM || variant > 0;
  give_arrays(layer, places, seed, momentum, &fused);
  give_arrays(layer, places, seed, momentum, &apart);
  layer_weight_gradient(layer, &fused);
  apart.kind = UPDATE_STORE;
  layer_weight_gradient(layer, &apart);
  apart.kind = kind;
  kernels->update->apply(&apart, (struct range){0, layer->floats});
  const char *name = kind == UPDATE_ADAM ? "Adam fused" : "SGD fused";
  check_equal(layer, places, fused.weights, apart.weights, name);
  check_equal(layer, places, fused.first, apart.first, name);
  check_equal(layer, places, fused.second, apart.second, name);
  release_arrays(&fused);
  release_arrays(&apart);
}

static void check_weight_gradient(const struct layer *layer) {
  uint8_t *places = layer_places(layer);
  struct update update = make_update(layer, UPDATE_STORE, 0);
  give_arrays(layer, places, random_state, true, &update);
  float *weights = flat_array(layer, places, 0);
  memcpy(weights, update.weights, (size_t)layer->floats * sizeof *weights);
  layer_weight_gradient(layer, &update);
  check_guard(update.gradient, layer->floats, "weight gradient");
  struct stored stored = {layer, update.gradient};
  for_each_survivor(layer, check_stored, &stored);
  for (int64_t i = 0; i < layer->floats; i++)
    if (!places[i]) assert_within(layer, (double)update.gradient[i], 0, 0, "gradient of what is no weight", -1, i);
  assert_memory_equal(weights, update.weights, (size_t)layer->floats * sizeof *weights);
  free(weights);
  release_arrays(&update);
  for (int variant = 0; variant < 4; variant++) check_fused(layer, places, UPDATE_SGD, variant);
  for (int variant = 0; variant < 2; variant++) check_fused(layer, places, UPDATE_ADAM, variant);
  free(places);
}

/* Of what a packed layer asks for ahead, half is asked for after the forward pass and all after the gradient. */
static void check_ahead(struct layer *layer) {
  enum { BYTES = 100, LINES = 2 };
  const int64_t count = layer->shape.count;
  int32_t *indices = room(count, sizeof *indices);
  char *rows = room(count, BYTES);
  for (int32_t i = 0; i < count; i++) indices[i] = i;
  struct ahead ahead = {.values = rows, .bytes = BYTES, .indices = indices, .count = count};
  layer->ahead = &ahead;
  check_forward(layer, true, false);
  assert_int_equal(ahead.asked, count * LINES / 2);
  uint8_t *places = layer_places(layer);
  struct update update = make_update(layer, UPDATE_STORE, 0);
  give_arrays(layer, places, random_state, true, &update);
  layer_weight_gradient(layer, &update);
  assert_int_equal(ahead.asked, count * LINES);
  layer->ahead = NULL;
  release_arrays(&update);
  free(places);
  free(rows);
  free(indices);
}

/* Going over the inputs that are not 0 alone gives the same values. */
static void check_same_values(struct layer *layer) {
  const int64_t rows = layer->shape.rows, floats = layer->tiles * rows * BATCH_TILE;
  float *outputs[2], *gradients[2];
  struct nonzeros *nonzeros = layer->nonzeros;
  for (int i = 0; i < 2; i++) {
    layer->nonzeros = i == 0 ? NULL : nonzeros;
    outputs[i] = guarded(floats, NAN);
    for (int64_t tile = 0; tile < layer->tiles; tile++)
      layer_forward(layer, layer->bias, tile, false, outputs[i] + tile * rows * BATCH_TILE);
    gradients[i] = guarded(layer->floats, NAN);
    struct update update = make_update(layer, UPDATE_STORE, 0);
    update.gradient = gradients[i];
    layer_weight_gradient(layer, &update);
  }
  for (int64_t i = 0; i < floats; i++) /* -0 is equal to 0: what underflows in the last term keeps its sign */
    if (outputs[0][i] != outputs[1][i])
      assert_within(layer, (double)outputs[1][i], (double)outputs[0][i], -1, "same values forward", i, 0);
  for (int64_t i = 0; i < layer->floats; i++)
    if (gradients[0][i] != gradients[1][i])
      assert_within(layer, (double)gradients[1][i], (double)gradients[0][i], -1, "same values of the gradient", i, 0);
  for (int i = 0; i < 2; i++) {
    free(outputs[i]);
    free(gradients[i]);
  }
}

/* Everything about one layer. */
static void check_layer(struct shape shape) {
  random_state += 1000003;
  struct layer layer = make_layer(shape);
  const bool relu = below(2) == 0;
  check_forward(&layer, true, relu);
  check_forward(&layer, false, !relu);
  check_input_gradient(&layer, below(2) == 0, below(2) == 0);
  check_weight_gradient(&layer);
  if (shape.sparse) check_ahead(&layer);
  if (over_nonzeros) check_same_values(&layer);
  release_layer(&layer);
}

static const double densities[] = {2, 1, 0.6, 0.3, 0.1, 0.02, 0};
enum { DENSITIES = sizeof densities / sizeof densities[0] };

static int64_t some_count(void) { return below(4) == 0 ? 1 + below(200) : 1 + below(BATCH_TILE); }

static void check_every_width(bool sparse) {
  for (int64_t columns = 1; columns <= 300; columns++)
    check_layer((struct shape){1 + below(20), columns, some_count(), densities[columns % DENSITIES], sparse,
                               below(2) == 0, below(2) == 0, DEAD_THIRD});
  for (int64_t rows = 1; rows <= 40; rows++)
    check_layer((struct shape){rows, 1 + below(40), some_count(), densities[rows % DENSITIES], sparse, below(2) == 0,
                               below(2) == 0, DEAD_THIRD});
}

/* Sizes around those that chunks of inputs have (112 dense, 160 sparse), and the counts around those of tiles. */
static void check_chunks(bool sparse) {
  static const int64_t widths[] = {111, 112, 113, 159, 160, 161, 224, 319, 320, 321, 480, 481, 784};
  static const int64_t counts[] = {1, 60, 63, 64, 65, 100, 128, 129, 200};
  for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
    for (int form = 0; form < 4; form++)
      check_layer((struct shape){1 + below(9), widths[i], counts[(i * 4 + (size_t)form) % 9],
                                 densities[(i + (size_t)form) % 4], sparse, form % 2 != 0, form / 2 != 0, DEAD_THIRD});
  check_layer((struct shape){100, 300, 60, 0.3, sparse, false, false, DEAD_THIRD});
}

/* Inputs that are dead or live at the ends of what there can be, rows up to the longest that a block of live entries
 * holds and short ones that share a block, several tiles; and more inputs than the table of live ones has. */
static void check_dead(bool sparse) {
  static const int64_t widths[] = {1, 15, 16, 40, 300, 784, 1023, 1024, 1025};
  static const double kept[] = {1, 0.6, 0.05};
  for (int dead = DEAD_NONE; dead <= DEAD_BUT_LAST; dead++)
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
      check_layer((struct shape){1 + below(12), widths[i], i % 3 == 0 ? 130 : 60, kept[(i + (size_t)dead) % 3], sparse,
                                 i % 2 == 0, true, dead});
  for (int i = 0; i < 6; i++)
    check_layer((struct shape){60, 1000, i < 3 ? 60 : 70, kept[i % 3], sparse, i % 2 == 0, true, DEAD_THIRD});
}

/* Rows up to those of several blocks, batches up to the largest whose inputs are listed. */
static void check_nonzeros(bool sparse) {
  over_nonzeros = true;
  for (int64_t rows = 1; rows <= 420; rows += rows < 40 ? 1 : 13)
    check_layer((struct shape){rows, 1 + below(60), rows % 5 == 0 ? 1 + below(256) : 1 + below(BATCH_TILE),
                               densities[rows % DENSITIES], sparse, true, below(2) == 0, DEAD_THIRD});
  for (int dead = DEAD_NONE; dead <= DEAD_BUT_LAST; dead++)
    check_layer((struct shape){30, 784, 60, 2, sparse, true, true, dead});
  check_layer((struct shape){2, 65536, 3, 2, sparse, true, false, DEAD_THIRD});
  over_nonzeros = false;
}

/* More inputs than 16-bit columns can name. */
static void check_wide(bool sparse) {
  for (int halves = 0; halves < 2; halves++) {
    check_layer((struct shape){2, 65534, 3, 0.01, sparse, halves != 0, false, DEAD_THIRD});
    check_layer((struct shape){2, 65535, 3, 0.01, sparse, halves != 0, false, DEAD_THIRD});
    check_layer((struct shape){3, 66000, 5, 0.3, sparse, halves != 0, true, DEAD_THIRD});
  }
}

static void test_dense(void **unused) {
  (void)unused;
  for_each_set(check_every_width, false);
  for_each_set(check_chunks, false);
  for_each_set(check_dead, false);
  for_each_set(check_nonzeros, false);
}

static void test_sparse(void **unused) {
  (void)unused;
  for_each_set(check_every_width, true);
  for_each_set(check_chunks, true);
  for_each_set(check_dead, true);
  for_each_set(check_wide, true);
}

/* NaN stays NaN through ReLU, and a pruned weight keeps out the NaN of its input's gradient. */
static void check_nan(bool sparse, bool live) {
  struct layer layer = make_layer((struct shape){9, 50, 10, 0.5, sparse, false, live, DEAD_NONE});
  for (int64_t row = 0; row < 9; row++) layer.output_tiles[row * BATCH_TILE + 3] = NAN;
  uint8_t *places = layer_places(&layer);
  struct update update = make_update(&layer, UPDATE_SGD, 1);
  give_arrays(&layer, places, 1, true, &update);
  layer_weight_gradient(&layer, &update);
  for (int64_t i = 0; i < layer.floats; i++)
    assert_true(places[i] ? isnan(update.weights[i]) : update.weights[i] == 0.0F && update.first[i] == 0.0F);
  release_arrays(&update);
  free(places);
  for (int64_t row = 0; row < 9; row++) layer.bias[row] = NAN;
  float *outputs = guarded(9 * BATCH_TILE, 0);
  layer_forward(&layer, layer.bias, 0, true, outputs);
  for (int64_t i = 0; i < 9 * BATCH_TILE; i++) assert_true(isnan(outputs[i]));
  free(outputs);
  release_layer(&layer);
}

static void check_not_a_number(bool sparse) {
  check_nan(sparse, false);
  check_nan(sparse, true);
}

/* An infinite input reaches the rows that have a weight for it alone. */
static void check_infinity(bool sparse) {
  for (int live = 0; live < 2; live++) {
    enum { ROWS = 60, COLUMNS = 50 };
    struct layer layer = make_layer((struct shape){ROWS, COLUMNS, 10, 0.1, sparse, false, live != 0, DEAD_THIRD});
    float *outputs = guarded(ROWS * BATCH_TILE, 0);
    for (int64_t column = 0; column < COLUMNS; column++) {
      float *input = &layer.input_tiles[column * BATCH_TILE + 5], before = *input;
      if (before == 0.0F) continue;
      *input = INFINITY;
      layer_forward(&layer, NULL, 0, false, outputs);
      for (int64_t row = 0; row < ROWS; row++)
        assert_int_equal(isfinite(outputs[row * BATCH_TILE + 5]), !layer.mask[row * COLUMNS + column]);
      *input = before;
    }
    free(outputs);
    release_layer(&layer);
  }
}

static void test_not_a_number(void **unused) {
  (void)unused;
  for_each_set(check_not_a_number, false);
  for_each_set(check_not_a_number, true);
  for_each_set(check_infinity, true);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_dense), cmocka_unit_test(test_sparse),
                                     cmocka_unit_test(test_not_a_number)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
