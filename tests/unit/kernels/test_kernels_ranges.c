/* Kernels that make a range of what there is to make (kernels/range.h), on every instruction set that the machine has:
 * random partitions give the bits of the whole, and no range touches what is another's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/bias.h"
#include "kernels/dense.h"
#include "kernels/elementwise.h"
#include "kernels/sparse.h"
#include "unit/kernels/kernel_passes.h"

/* A partition at random multiples of ROW_STEP, some parts empty, in ascending or descending order. */
enum { PARTS = 8 };
struct partition {
  int64_t count;
  struct range ranges[PARTS];
};

static struct partition cut(int64_t whole) {
  struct partition partition = {.count = 1 + below(PARTS)};
  const bool descending = below(2) == 0;
  int64_t first = 0;
  for (int64_t i = 0; i < partition.count; i++) {
    int64_t end = first + below(2 + whole / ROW_STEP * 2 / partition.count) * ROW_STEP;
    if (end > whole || i + 1 == partition.count) end = whole;
    partition.ranges[descending ? partition.count - 1 - i : i] = (struct range){first, end};
    first = end;
  }
  return partition;
}

static struct range times(struct range range, int64_t factor) {
  return (struct range){range.first * factor, range.end * factor};
}

/* Of `made`, the range is as the whole made it, and the rest as it was before, which then becomes as it is. */
static void check_made(const float *made, float *before, const float *whole, struct range range, int64_t count,
                       const char *what) {
  for (int64_t i = 0; i < count; i++) {
    const bool inside = i >= range.first && i < range.end;
    if (memcmp(&made[i], inside ? &whole[i] : &before[i], sizeof *made) != 0)
      fail_msg("%s, %s: a range of %lld to %lld gives %.9g at %lld of %lld; before %.9g, the whole %.9g", kernels->name,
               what, (long long)range.first, (long long)range.end, (double)made[i], (long long)i, (long long)count,
               (double)before[i], (double)whole[i]);
  }
  check_guard(made, count, what);
  if (range.first < range.end)
    memcpy(before + range.first, made + range.first, (size_t)(range.end - range.first) * sizeof *before);
}

static void check_updates(const struct update update[3], struct range range, int64_t count) {
  check_made(update[1].gradient, update[0].gradient, update[2].gradient, range, count, "gradient");
  check_made(update[1].weights, update[0].weights, update[2].weights, range, count, "weights");
  check_made(update[1].first, update[0].first, update[2].first, range, count, "first moments");
  check_made(update[1].second, update[0].second, update[2].second, range, count, "second moments");
}

/* --- Layers --- */

static void check_forward(const struct layer *layer) {
  const int64_t rows = layer->shape.rows, tile = layer->tiles - 1, floats = rows * BATCH_TILE;
  const bool relu = below(2) == 0;
  float *before = guarded(floats, 0.75F), *made = guarded(floats, 0.75F), *whole = guarded(floats, 0.75F);
  layer_forward(layer, layer->bias, tile, relu, whole);
  const struct partition partition = cut(rows);
  for (int64_t i = 0; i < partition.count; i++) {
    const struct range range = partition.ranges[i];
    layer_forward_range(layer, layer->bias, tile, relu, made, range);
    check_made(made, before, whole, times(range, BATCH_TILE), floats, "forward");
  }
  free(before);
  free(made);
  free(whole);
}

/* An index without the way back to rows sums the same in the same order, by another kernel. */
static void check_input_gradient(const struct layer *layer) {
  const bool without = layer->shape.sparse && below(2) == 0;
  struct sparse_index index = {0};
  struct layer parts = *layer;
  if (without) {
    index = *layer->index;
    index.transposed_row = index.transposed_entry = NULL;
    parts.weights.index = &index;
  }
  const int64_t columns = layer->shape.columns, tile = layer->tiles - 1, floats = columns * BATCH_TILE;
  const bool relu = below(2) == 0, accumulate = below(2) == 0;
  float *before = guarded(floats, 0.75F), *made = guarded(floats, 0.75F), *whole = guarded(floats, 0.75F);
  layer_input_gradient(layer, tile, accumulate, relu, whole, (struct range){0, columns});
  const struct partition partition = cut(columns);
  for (int64_t i = 0; i < partition.count; i++) {
    const struct range range = partition.ranges[i];
    layer_input_gradient(&parts, tile, accumulate, relu, made, range);
    check_made(made, before, whole, times(range, BATCH_TILE), floats, "input gradient");
  }
  free(before);
  free(made);
  free(whole);
}

/* The gradient stored, or used up by a step of an optimiser. */
static void check_weight_gradient(const struct layer *layer, enum update_kind kind) {
  uint8_t *places = layer_places(layer);
  const uint64_t seed = random_state;
  struct update update[3]; /* as it was, by ranges, whole */
  for (int i = 0; i < 3; i++) {
    update[i] = make_update(layer, kind, (int)(seed % 3));
    give_arrays(layer, places, seed, true, &update[i]);
  }
  const struct range all = layer_weight_range(layer);
  const int64_t floats = layer->floats, step = layer->shape.sparse ? 1 : layer->stride;
  layer_weight_gradient(layer, &update[2]);
  const struct partition partition = cut(all.end);
  for (int64_t i = 0; i < partition.count; i++) {
    const struct range range = partition.ranges[i];
    layer_weight_gradient_range(layer, &update[1], range);
    check_updates(update, times(range, step), floats);
  }
  for (int i = 0; i < 3; i++) release_arrays(&update[i]);
  free(places);
}

static void check_layer(struct shape shape) {
  random_state += 1000003;
  struct layer layer = make_layer(shape);
  check_forward(&layer);
  check_input_gradient(&layer);
  check_weight_gradient(&layer, (enum update_kind)below(3));
  release_layer(&layer);
}

/* Widths around those of vectors, of chunks (160 inputs) and of blocks of live entries (1,024), of one tile and more.
 */
static void check_shapes(bool sparse) {
  static const int64_t widths[] = {1, 15, 16, 17, 40, 100, 160, 161, 300, 481, 784, 1024, 1025};
  static const double densities[] = {2, 1, 0.6, 0.1, 0.02, 0};
  for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
    for (int64_t j = 0; j < 6; j++)
      check_layer((struct shape){1 + below(j % 3 == 0 ? 90 : 40), widths[i],
                                 j % 4 == 0 ? 70 + below(90) : 1 + below(64), densities[(i + (size_t)j) % 6], sparse,
                                 j % 2 != 0, below(2) == 0, j % 5 == 0 ? DEAD_NONE : DEAD_THIRD});
  for (int halves = 0; halves < 2; halves++)
    check_layer((struct shape){3, 65600, 5, 0.1, sparse, halves != 0, true, DEAD_THIRD}); /* wide columns */
}

static void check_nonzeros(bool sparse) {
  over_nonzeros = true;
  for (int64_t rows = 1; rows <= 420; rows += rows < 40 ? 3 : 29)
    check_layer((struct shape){rows, 1 + below(160), rows % 2 == 0 ? 70 + below(90) : 1 + below(64),
                               below(2) == 0 ? 2 : 0.3, sparse, true, below(2) == 0, DEAD_THIRD});
  over_nonzeros = false;
}

static void test_dense(void **unused) {
  (void)unused;
  for_each_set(check_shapes, false);
}

static void test_nonzeros(void **unused) {
  (void)unused;
  for_each_set(check_nonzeros, false);
}

static void test_sparse(void **unused) {
  (void)unused;
  for_each_set(check_shapes, true);
}

/* --- What goes element by element --- */

struct elements {
  float *a, *b; /* what is read */
};

static void activate(const struct elements *from, float *to, int kind, struct range range) {
  kernels->elementwise->activate((enum activation)kind, from->a, to, range);
}

static void activate_backward(const struct elements *from, float *to, int kind, struct range range) {
  kernels->elementwise->activate_backward((enum activation)kind, from->a, from->b, to, false, range);
}

static void accumulate_backward(const struct elements *from, float *to, int kind, struct range range) {
  kernels->elementwise->activate_backward((enum activation)kind, from->a, from->b, to, true, range);
}

static void add(const struct elements *from, float *to, int kind, struct range range) {
  (void)kind;
  kernels->elementwise->add(from->a, from->b, to, range);
}

static void check_elementwise(bool unused) {
  (void)unused;
  static void (*const makes[])(const struct elements *, float *, int, struct range) = {activate, activate_backward,
                                                                                       accumulate_backward, add};
  for (int round = 0; round < 60; round++) {
    const int64_t count = (1 + below(40)) * BATCH_TILE;
    float *a = guarded(count, 0), *b = guarded(count, 0);
    for (int64_t i = 0; i < count; i++) a[i] = (float)any(), b[i] = (float)any();
    const struct elements from = {.a = a, .b = b};
    for (size_t make = 0; make < sizeof makes / sizeof makes[0]; make++) {
      const int kind = round % 3;
      float *before = guarded(count, 0.75F), *made = guarded(count, 0.75F), *whole = guarded(count, 0.75F);
      makes[make](&from, whole, kind, (struct range){0, count});
      const struct partition partition = cut(count);
      for (int64_t i = 0; i < partition.count; i++) {
        const struct range range = partition.ranges[i];
        makes[make](&from, made, kind, range);
        check_made(made, before, whole, range, count, "elementwise");
      }
      free(before);
      free(made);
      free(whole);
    }
    free(a);
    free(b);
  }
}

static void test_elementwise(void **unused) {
  (void)unused;
  for_each_set(check_elementwise, true);
}

/* --- Biases and whole tensors --- */

static void bias_gradient(const float *lanes, int64_t rows, int64_t tiles, const struct update *update,
                          struct range range) {
  if (range.end == (rows + ROW_STEP - 1) / ROW_STEP * ROW_STEP) range.end = rows; /* what follows is padding */
  kernels->bias->gradient(lanes, rows, tiles, update, range);
}

static void apply(const float *lanes, int64_t rows, int64_t tiles, const struct update *update, struct range range) {
  (void)lanes, (void)rows, (void)tiles;
  kernels->update->apply(update, range);
}

static void check_parameters(bool unused) {
  (void)unused;
  static void (*const makes[])(const float *, int64_t, int64_t, const struct update *, struct range) = {bias_gradient,
                                                                                                        apply};
  for (int round = 0; round < 120; round++) {
    const int64_t rows = 1 + below(120), tiles = 1 + below(3), floats = (rows + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
    float *lanes = guarded(rows * tiles * BATCH_TILE, 0);
    for (int64_t i = 0; i < rows * tiles * BATCH_TILE; i++) lanes[i] = (float)any();
    const struct layer layer = {.shape = {.density = 2}, .floats = floats};
    uint8_t *places = room(floats, 1);
    memset(places, 1, (size_t)rows);
    for (size_t make = 0; make < 2; make++) {
      struct update update[3];
      for (int i = 0; i < 3; i++) {
        update[i] = make_update(&layer, (enum update_kind)(round % 3), round);
        give_arrays(&layer, places, (uint64_t)round, true, &update[i]);
        for (int64_t j = 0; j < rows; j++) update[i].gradient[j] = lanes[j];
      }
      makes[make](lanes, rows, tiles, &update[2], (struct range){0, floats});
      const struct partition partition = cut(floats);
      for (int64_t i = 0; i < partition.count; i++) {
        const struct range range = partition.ranges[i];
        if (range.first == range.end) continue;
        makes[make](lanes, rows, tiles, &update[1], range);
        check_updates(update, range, floats);
      }
      for (int i = 0; i < 3; i++) release_arrays(&update[i]);
    }
    free(places);
    free(lanes);
  }
}

static void test_parameters(void **unused) {
  (void)unused;
  for_each_set(check_parameters, true);
}

/* The parts cover the whole, each beginning where the last one ended, at a multiple of the step. */
static void test_parts(void **unused) {
  (void)unused;
  for (int64_t whole = 0; whole <= 100; whole++)
    for (int64_t parts = 1; parts <= 9; parts++) {
      int64_t end = 0, least = INT64_MAX, most = 0;
      for (int64_t part = 0; part < parts; part++) {
        const struct range range = range_part(whole, ROW_STEP, part, parts);
        assert_int_equal(range.first, end);
        assert_true(range.first % ROW_STEP == 0 || range.first == whole);
        end = range.end;
        const int64_t steps = (range.end - range.first + ROW_STEP - 1) / ROW_STEP;
        least = steps < least ? steps : least;
        most = steps > most ? steps : most;
      }
      assert_int_equal(end, whole);
      assert_true(most - least <= 1);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts),       cmocka_unit_test(test_dense),
                                     cmocka_unit_test(test_nonzeros),    cmocka_unit_test(test_sparse),
                                     cmocka_unit_test(test_elementwise), cmocka_unit_test(test_parameters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
