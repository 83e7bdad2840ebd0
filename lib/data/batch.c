/* Gathering examples into batch-innermost tiles. */
#include "data/batch.h"

#include <string.h>

#include "base/arithmetic.h"
#include "kernels/gather.h"
#include "kernels/index/nonzeros.h"
#include "kernels/kernels.h"
#include "kernels/nonzero.h"

enum { BLOCK = 16 }; /* features transposed at a time: a cache line of floats */

int64_t batch_tiles(int64_t count) { return (count + BATCH_TILE - 1) / BATCH_TILE; }

/* Rows in random order come from memory, unless the step before has prefetched them. Past the limit, prefetched rows
 * would be pushed out of the cache again. */
static void prefetch_row(const void *row, int64_t bytes) {
  enum { LINE = 64, LIMIT = 4096 };
  for (int64_t at = 0; at < bytes && at < LIMIT; at += LINE) __builtin_prefetch((const char *)row + at);
}

/* The rows of one tile's examples; NULL past the batch. */
static void find_rows(const struct lottery_dataset *dataset, const int32_t *indices, int64_t lanes,
                      const uint8_t *rows[BATCH_TILE]) {
  const uint8_t *values = dataset->inputs.storage->values;
  for (int64_t lane = 0; lane < BATCH_TILE; lane++)
    rows[lane] = lane < lanes ? values + rows_at(&dataset->inputs, indices[lane]) * dataset->features : NULL;
}

/* Each of the functions below fills one tile with `lanes` examples. */

static void gather_bytes(const struct kernels *kernels, const struct lottery_dataset *dataset, const int32_t *indices,
                         int64_t lanes, float *tile) {
  const uint8_t *rows[BATCH_TILE];
  find_rows(dataset, indices, lanes, rows);
  const int64_t width = dataset->features / dataset->groups; /* of a group */
  for (int64_t group = 0; group < dataset->groups; group++)
    kernels->gather->bytes(rows, group * width, width, &dataset->scalings[group].affine,
                           tile + group * width * BATCH_TILE);
}

/* Features first to end - 1 of rows of floats, as they are; 0 in the lanes past them. */
static void transpose_block(const float *const *rows, int64_t first, int64_t end, int64_t lanes, float *tile) {
  for (int64_t lane = 0; lane < lanes; lane++)
    for (int64_t feature = first; feature < end; feature++) tile[feature * BATCH_TILE + lane] = rows[lane][feature];
  for (int64_t feature = first; feature < end; feature++)
    for (int64_t lane = lanes; lane < BATCH_TILE; lane++) tile[feature * BATCH_TILE + lane] = 0.0f;
}

/* A block of features at a time keeps its part of the tile in the first-level cache. */
static void transpose_rows(const float *const *rows, int64_t width, int64_t lanes, float *tile) {
  for (int64_t first = 0; first < width; first += BLOCK)
    transpose_block(rows, first, arithmetic_minimum(first + BLOCK, width), lanes, tile);
}

static void find_float_rows(const struct rows *source, const int32_t *indices, int64_t lanes,
                            const float *rows[BATCH_TILE]) {
  const float *values = source->storage->values;
  for (int64_t lane = 0; lane < lanes; lane++) {
    rows[lane] = values + rows_at(source, indices[lane]) * source->storage->width;
    prefetch_row(rows[lane], source->storage->width * (int64_t)sizeof(float));
  }
}

/* The same features scaled, group by group. */
static void scale_block(const struct kernels *kernels, const struct lottery_dataset *dataset, int64_t first,
                        int64_t end, int64_t lanes, float *tile) {
  const int64_t width = dataset->features / dataset->groups;
  for (int64_t next; first < end; first = next) {
    const int64_t group = first / width;
    next = arithmetic_minimum((group + 1) * width, end);
    kernels->gather->scale(tile + first * BATCH_TILE, next - first, lanes, &dataset->scalings[group].affine);
  }
}

static void gather_floats(const struct kernels *kernels, const struct lottery_dataset *dataset, const int32_t *indices,
                          int64_t lanes, float *tile) {
  const bool as_they_are =
      dataset->groups == 1 && scaling_is_factor(&dataset->scalings[0]) && dataset->scalings[0].scale == 1.0;
  const float *rows[BATCH_TILE];
  find_float_rows(&dataset->inputs, indices, lanes, rows);
  for (int64_t first = 0; first < dataset->features; first += BLOCK) {
    const int64_t end = arithmetic_minimum(first + BLOCK, dataset->features);
    transpose_block(rows, first, end, lanes, tile);
    if (!as_they_are) scale_block(kernels, dataset, first, end, lanes, tile);
  }
}

bool dataset_gather_halves(const struct kernels *kernels, const struct lottery_dataset *dataset, const int32_t *indices,
                           int64_t count, const struct gathered *to) {
  if (!dataset_is_whole_numbers(dataset)) return false;
  for (int64_t first = 0; first < count; first += BATCH_TILE) {
    const uint8_t *rows[BATCH_TILE];
    find_rows(dataset, indices + first, arithmetic_minimum(BATCH_TILE, count - first), rows);
    uint16_t *halves = to->halves + first * dataset->features;
    kernels->gather->halves(rows, dataset->features, halves, to->live_bits);
    struct nonzeros *nonzeros = to->nonzeros;
    if (nonzeros != NULL && nonzeros->count >= 0 && !kernels->nonzero->list(rows, halves, first / BATCH_TILE, nonzeros))
      nonzeros->count = -1;
  }
  return true;
}

bool dataset_is_whole_numbers(const struct lottery_dataset *dataset) {
  return dataset->inputs.storage->element == LOTTERY_ELEMENT_UINT8 && dataset->groups == 1 &&
         scaling_is_factor(&dataset->scalings[0]);
}

struct ahead dataset_ahead(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count) {
  const struct storage *storage = dataset->inputs.storage;
  return (struct ahead){.values = storage->values,
                        .bytes = storage->width * element_size(storage->element),
                        .indices = indices,
                        .map = dataset->inputs.order,
                        .count = count};
}

void dataset_gather(const struct kernels *kernels, const struct lottery_dataset *dataset, const int32_t *indices,
                    int64_t count, float *tiles) {
  const bool bytes = dataset->inputs.storage->element == LOTTERY_ELEMENT_UINT8;
  for (int64_t first = 0; first < count; first += BATCH_TILE) {
    const int64_t lanes = arithmetic_minimum(BATCH_TILE, count - first);
    float *tile = tiles + first * dataset->features;
    if (bytes)
      gather_bytes(kernels, dataset, indices + first, lanes, tile);
    else
      gather_floats(kernels, dataset, indices + first, lanes, tile);
  }
}

void dataset_gather_targets(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count,
                            float *tiles) {
  const int64_t width = dataset->targets.storage->width;
  const float *rows[BATCH_TILE];
  for (int64_t first = 0; first < count; first += BATCH_TILE) {
    const int64_t lanes = arithmetic_minimum(BATCH_TILE, count - first);
    find_float_rows(&dataset->targets, indices + first, lanes, rows);
    transpose_rows(rows, width, lanes, tiles + first * width);
  }
}

void dataset_gather_labels(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count,
                           int32_t *labels) {
  for (int64_t i = 0; i < count; i++) labels[i] = dataset->labels[indices[i]];
  for (int64_t i = count; i < batch_tiles(count) * BATCH_TILE; i++) labels[i] = -1;
}

void dataset_gather_rows(const float *rows, int64_t features, int64_t count, float *tiles) {
  for (int64_t first = 0; first < count; first += BATCH_TILE) {
    const int64_t lanes = arithmetic_minimum(BATCH_TILE, count - first);
    const float *pointers[BATCH_TILE];
    for (int64_t lane = 0; lane < lanes; lane++) pointers[lane] = rows + (first + lane) * features;
    transpose_rows(pointers, features, lanes, tiles + first * features);
  }
}

void dataset_pad_labels(const int32_t *given, int64_t count, int32_t *labels) {
  memcpy(labels, given, (size_t)count * sizeof *labels);
  for (int64_t i = count; i < batch_tiles(count) * BATCH_TILE; i++) labels[i] = -1;
}

void dataset_scatter_rows(const float *tiles, int64_t features, int64_t count, float *rows) {
  for (int64_t first = 0; first < features; first += BLOCK) {
    const int64_t end = arithmetic_minimum(first + BLOCK, features);
    for (int64_t i = 0; i < count; i++) {
      const float *tile = tiles + i / BATCH_TILE * BATCH_TILE * features;
      for (int64_t feature = first; feature < end; feature++)
        rows[i * features + feature] = tile[feature * BATCH_TILE + i % BATCH_TILE];
    }
  }
}

void dataset_one_hot(const int32_t *labels, int64_t count, int64_t classes, float *tiles) {
  const int64_t padded = batch_tiles(count) * BATCH_TILE;
  memset(tiles, 0, (size_t)(padded * classes) * sizeof *tiles);
  for (int64_t i = 0; i < padded; i++)
    if (labels[i] >= 0) tiles[(i / BATCH_TILE * classes + labels[i]) * BATCH_TILE + i % BATCH_TILE] = 1.0f;
}

void dataset_read_example(const struct lottery_dataset *dataset, int64_t example, float *inputs) {
  const struct storage *storage = dataset->inputs.storage;
  const int64_t width = storage->width, start = rows_at(&dataset->inputs, example) * width;
  for (int64_t feature = 0; feature < width; feature++) {
    const float element = storage->element == LOTTERY_ELEMENT_UINT8
                              ? (float)((const unsigned char *)storage->values)[start + feature]
                              : ((const float *)storage->values)[start + feature];
    inputs[feature] = affine_apply(&dataset->scalings[feature / (width / dataset->groups)].affine, element);
  }
}
