/* Making layers and batches. */
#include "unit/kernels/kernel_layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/gather.h"
#include "kernels/nonzero.h"

enum { GUARD = 16 };
static const float guard = 12345.0F;

const struct kernels *kernels;
lottery_context *context;
bool over_nonzeros;
uint64_t random_state;

double any(void) { return (double)support_random_float(&random_state); }
int64_t below(int64_t limit) { return support_random(&random_state) % limit; }

void *room(int64_t count, size_t size) {
  void *memory = aligned_alloc(64, ((size_t)count * size + 64) / 64 * 64);
  assert_non_null(memory);
  memset(memory, 0, (size_t)count * size);
  return memory;
}

float *guarded(int64_t count, float value) {
  float *values = room(count + GUARD, sizeof *values);
  for (int64_t i = 0; i < count; i++) values[i] = value;
  for (int64_t i = 0; i < GUARD; i++) values[count + i] = guard;
  return values;
}

void check_guard(const float *values, int64_t count, const char *what) {
  for (int64_t i = 0; i < GUARD; i++)
    if (values[count + i] != guard) fail_msg("%s, %s: wrote past the end", kernels->name, what);
}

void assert_within(const struct layer *layer, double got, double wanted, double bound, const char *what, int64_t row,
                   int64_t column) {
  if (fabs(got - wanted) <= bound) return;
  fail_msg("%s, %s, seed %llu: %lldx%lld of %lld examples, density %g, sparse %d, halves %d, live %d: [%lld][%lld] is "
           "%.9g, expected %.9g within %.3g",
           kernels->name, what, (unsigned long long)layer->seed, (long long)layer->shape.rows,
           (long long)layer->shape.columns, (long long)layer->shape.count, layer->shape.density,
           (int)layer->shape.sparse, (int)layer->shape.halves, (int)layer->shape.live, (long long)row,
           (long long)column, got, wanted, bound);
}

/* Weights and mask; some rows are empty. */
static void make_weights(struct layer *layer) {
  const int64_t rows = layer->shape.rows, columns = layer->shape.columns;
  layer->matrix = room(rows * columns, sizeof(double));
  layer->mask = room(rows * columns, 1);
  layer->bits = room((rows * columns + 63) / 64, sizeof(uint64_t));
  int64_t kept = 0;
  for (int64_t row = 0; row < rows; row++) {
    const bool empty = layer->shape.density < 1 && below(8) == 0;
    for (int64_t i = row * columns; i < (row + 1) * columns; i++) {
      layer->mask[i] = !empty && fabs(any()) < layer->shape.density;
      layer->matrix[i] = layer->mask[i] ? any() : 0.0;
      layer->bits[i / 64] |= (uint64_t)layer->mask[i] << (i % 64);
      kept += layer->mask[i];
    }
  }
  layer->weights = (struct weights){.rows = rows, .columns = columns};
  if (layer->shape.sparse) {
    layer->index = sparse_index_create(context, layer->bits, rows, columns, kept, 1);
    assert_non_null(layer->index);
    layer->floats = layer->index->entries;
    layer->weights.index = layer->index;
  } else {
    layer->stride = (rows + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
    layer->floats = columns * layer->stride;
    layer->weights.stride = layer->stride;
    layer->kept_bits = room(layer->floats / ROW_STEP, sizeof(uint16_t));
    for (int64_t i = 0; i < rows * columns; i++) {
      const int64_t at = i % columns * layer->stride + i / columns;
      if (layer->mask[i]) layer->kept_bits[at / ROW_STEP] |= (uint16_t)(1U << (at % ROW_STEP));
    }
  }
  layer->values = guarded(layer->floats, 0);
  layer->weights.values = layer->values;
  layer->bias = guarded(rows, 0);
  for (int64_t row = 0; row < rows; row++) layer->bias[row] = (float)any();
}

void for_each_survivor(const struct layer *layer, void (*visit)(void *user, int64_t element, int64_t place),
                       void *user) {
  const int64_t columns = layer->shape.columns;
  if (layer->index == NULL) {
    for (int64_t i = 0; i < layer->shape.rows * columns; i++)
      if (layer->mask[i]) visit(user, i, i % columns * layer->stride + i / columns);
    return;
  }
  const struct sparse_index *index = layer->index;
  for (int64_t line = 0; line < index->chunks * index->rows; line++)
    for (int64_t j = index->line_start[line]; j < index->line_start[line + 1]; j++)
      visit(user,
            index->line_row[line] * columns + (index->narrow != NULL ? index->narrow[j] : (int64_t)index->wide[j]), j);
}

static void put_weight(void *user, int64_t element, int64_t place) {
  struct layer *layer = user;
  layer->values[place] = (float)layer->matrix[element];
}

static bool is_dead(const struct layer *layer, int64_t column) {
  switch (layer->shape.dead) {
    case DEAD_NONE: return false;
    case DEAD_ALL: return true;
    case DEAD_BUT_FIRST: return column > 0;
    case DEAD_BUT_LAST: return column < layer->shape.columns - 1;
    default: return below(3) == 0;
  }
}

/* Inputs: bytes times a scale, or floats; some features are 0 everywhere. */
static void make_inputs(struct layer *layer) {
  const int64_t columns = layer->shape.columns, lanes = layer->tiles * BATCH_TILE;
  layer->inputs = room(lanes * columns, sizeof(double));
  layer->input_tiles = guarded(lanes * columns, 0);
  layer->half_tiles = room(lanes * columns, sizeof(uint16_t));
  layer->live = room(columns + 1, sizeof(int32_t));
  layer->live_bits = room((columns + LIVE_STEP - 1) / LIVE_STEP * LIVE_STEP / ROW_STEP, sizeof(uint16_t));
  uint8_t *bytes = room(lanes * columns, 1);
  int64_t live = 0;
  for (int64_t column = 0; column < columns; column++) {
    const bool dead = is_dead(layer, column);
    if (!dead) layer->live[live++] = (int32_t)column;
    if (!dead) layer->live_bits[column / ROW_STEP] |= (uint16_t)(1U << (column % ROW_STEP));
    for (int64_t i = 0; i < lanes && !dead; i++) {
      const bool zero = over_nonzeros ? below(4) != 0 : below(3) == 0;
      bytes[i * columns + column] = (uint8_t)(zero ? 0 : below(256));
      layer->inputs[i * columns + column] = layer->shape.halves ? bytes[i * columns + column] / 255.0 : any();
    }
  }
  if (over_nonzeros) {
    assert_true(nonzeros_create(context, columns, layer->tiles, true, &layer->nonzeros));
    layer->nonzeros->count = 0;
  }
  uint16_t *gathered = room((columns + ROW_STEP - 1) / ROW_STEP, sizeof *gathered);
  for (int64_t tile = 0; tile < layer->tiles; tile++) {
    const uint8_t *rows[BATCH_TILE];
    for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
      rows[lane] = bytes + (tile * BATCH_TILE + lane) * columns;
      for (int64_t column = 0; column < columns; column++)
        layer->input_tiles[(tile * columns + column) * BATCH_TILE + lane] =
            (float)layer->inputs[(tile * BATCH_TILE + lane) * columns + column];
    }
    uint16_t *halves = layer->half_tiles + tile * columns * BATCH_TILE;
    kernels->gather->halves(rows, columns, halves, gathered);
    if (layer->nonzeros != NULL) assert_true(kernels->nonzero->list(rows, halves, tile, layer->nonzeros));
  }
  free(bytes);
  assert_memory_equal(gathered, layer->live_bits, (size_t)(columns + ROW_STEP - 1) / ROW_STEP * sizeof *gathered);
  free(gathered);
  layer->input = (struct input){.scale = 1.0F, .features = columns, .nonzeros = layer->nonzeros};
  if (layer->shape.halves)
    layer->input.halves = layer->half_tiles, layer->input.scale = (float)(1.0 / 255);
  else
    layer->input.values = layer->input_tiles;
  if (layer->shape.live)
    layer->input.live_bits = layer->live_bits, layer->input.live = layer->live, layer->input.live_count = live;
}

struct layer make_layer(struct shape shape) {
  struct layer layer = {.shape = shape, .seed = random_state, .tiles = (shape.count + BATCH_TILE - 1) / BATCH_TILE};
  make_weights(&layer);
  for_each_survivor(&layer, put_weight, &layer);
  make_inputs(&layer);
  const int64_t rows = shape.rows, lanes = layer.tiles * BATCH_TILE;
  layer.outputs = room(lanes * rows, sizeof(double));
  layer.output_tiles = guarded(lanes * rows, 0);
  for (int64_t i = 0; i < shape.count; i++)
    for (int64_t row = 0; row < rows; row++) {
      layer.outputs[i * rows + row] = any();
      layer.output_tiles[(i / BATCH_TILE * rows + row) * BATCH_TILE + i % BATCH_TILE] =
          (float)layer.outputs[i * rows + row];
    }
  return layer;
}

void release_layer(struct layer *layer) {
  void *memory[] = {layer->matrix, layer->mask,         layer->bits,     layer->kept_bits,   layer->values,
                    layer->bias,   layer->inputs,       layer->outputs,  layer->input_tiles, layer->half_tiles,
                    layer->live,   layer->output_tiles, layer->live_bits};
  for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) free(memory[i]);
  sparse_index_destroy(context, layer->index);
  nonzeros_destroy(context, layer->nonzeros);
}
