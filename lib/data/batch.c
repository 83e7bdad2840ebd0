/* Gathering examples into batch-innermost tiles. */
#include "data/batch.h"

#include <string.h>

#include "base/arithmetic.h"
#include "kernels/kernels.h"

/* Features transposed at a time: 16 bytes of a row, one vector register. */
enum { BLOCK = 16, QUARTERS = BATCH_TILE / BLOCK };

int64_t batch_tiles(int64_t count) { return (count + BATCH_TILE - 1) / BATCH_TILE; }

/* out[0] = a[0], out[1] = b[0], out[2] = a[1] …: of a 16 x 16 matrix's two halves, a quarter of its transposition. */
static void interleave(const unsigned char *restrict in, unsigned char *restrict out) {
  for (int i = 0; i < BLOCK * BLOCK / 2; i++) {
    out[2 * i] = in[i];
    out[2 * i + 1] = in[i + BLOCK * BLOCK / 2];
  }
}

/* A perfect shuffle rotates the bits of an element's number by one; four of them swap row and column. */
static void transpose_bytes(unsigned char *matrix) {
  unsigned char other[BLOCK * BLOCK];
  interleave(matrix, other);
  interleave(other, matrix);
  interleave(matrix, other);
  interleave(other, matrix);
}

/* The float32 scaling of feature `feature`. */
static struct scaling scaling_of(const struct lottery_dataset *dataset, int64_t feature) {
  return dataset->scalings[feature / (dataset->features / dataset->groups)];
}

/* Rows of a random order come from memory: asked for one after another before they are transposed, a batch of MNIST
 * takes half the time. What is past the limit would be pushed out of the cache again. */
static void prefetch_row(const void *row, int64_t bytes) {
  enum { LINE = 64, LIMIT = 4096 };
  for (int64_t at = 0; at < bytes && at < LIMIT; at += LINE) __builtin_prefetch((const char *)row + at);
}

/* Each of the functions below fills one tile with `lanes` examples. */

static void gather_bytes(const struct lottery_dataset *dataset, const int32_t *indices, int64_t lanes, float *tile) {
  const unsigned char *values = dataset->inputs.storage->values;
  const int64_t width = dataset->features;
  const unsigned char *rows[BATCH_TILE];
  for (int64_t lane = 0; lane < lanes; lane++) {
    rows[lane] = values + rows_at(&dataset->inputs, indices[lane]) * width;
    prefetch_row(rows[lane], width);
  }
  unsigned char block[QUARTERS][BLOCK * BLOCK]; /* [quarter][lane][feature], then [quarter][feature][lane] */
  memset(block, 0, sizeof block);
  for (int64_t first = 0; first < width; first += BLOCK) {
    const int64_t features = arithmetic_minimum(BLOCK, width - first);
    if (features == BLOCK)
      for (int64_t lane = 0; lane < lanes; lane++)
        memcpy(block[lane / BLOCK] + lane % BLOCK * BLOCK, rows[lane] + first, BLOCK);
    else
      for (int64_t lane = 0; lane < lanes; lane++)
        memcpy(block[lane / BLOCK] + lane % BLOCK * BLOCK, rows[lane] + first, (size_t)features);
    for (int quarter = 0; quarter * BLOCK < lanes; quarter++) transpose_bytes(block[quarter]);
    for (int64_t feature = 0; feature < features; feature++) {
      const struct scaling scaling = scaling_of(dataset, first + feature);
      const float scale = (float)scaling.scale, shift = (float)scaling.shift;
      float *out = tile + (first + feature) * BATCH_TILE;
      for (int quarter = 0; quarter < QUARTERS; quarter++)
        for (int lane = 0; lane < BLOCK; lane++)
          out[quarter * BLOCK + lane] = (float)block[quarter][feature * BLOCK + lane] * scale + shift;
      for (int64_t lane = lanes; lane < BATCH_TILE; lane++) out[lane] = 0.0f;
    }
  }
}

/* Rows of floats as they are. A block of features at a time keeps its part of the tile in the first-level cache. */
static void transpose_rows(const float *const *rows, int64_t width, int64_t lanes, float *tile) {
  for (int64_t first = 0; first < width; first += BLOCK) {
    const int64_t end = arithmetic_minimum(first + BLOCK, width);
    for (int64_t lane = 0; lane < lanes; lane++)
      for (int64_t feature = first; feature < end; feature++) tile[feature * BATCH_TILE + lane] = rows[lane][feature];
    for (int64_t feature = first; feature < end; feature++)
      for (int64_t lane = lanes; lane < BATCH_TILE; lane++) tile[feature * BATCH_TILE + lane] = 0.0f;
  }
}

static void gather_floats(const struct rows *source, const int32_t *indices, int64_t lanes, float *tile) {
  const float *values = source->storage->values;
  const float *rows[BATCH_TILE];
  for (int64_t lane = 0; lane < lanes; lane++) {
    rows[lane] = values + rows_at(source, indices[lane]) * source->storage->width;
    prefetch_row(rows[lane], source->storage->width * (int64_t)sizeof(float));
  }
  transpose_rows(rows, source->storage->width, lanes, tile);
}

static void scale_tile(const struct lottery_dataset *dataset, int64_t lanes, float *tile) {
  for (int64_t feature = 0; feature < dataset->features; feature++) {
    const struct scaling scaling = scaling_of(dataset, feature);
    const float scale = (float)scaling.scale, shift = (float)scaling.shift;
    float *out = tile + feature * BATCH_TILE;
    for (int64_t lane = 0; lane < lanes; lane++) out[lane] = out[lane] * scale + shift;
  }
}

void dataset_gather(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count, float *tiles) {
  const bool bytes = dataset->inputs.storage->element == LOTTERY_ELEMENT_UINT8;
  const bool scaled = dataset->groups > 1 || dataset->scalings[0].scale != 1.0 || dataset->scalings[0].shift != 0.0;
  for (int64_t first = 0; first < count; first += BATCH_TILE) {
    const int64_t lanes = arithmetic_minimum(BATCH_TILE, count - first);
    float *tile = tiles + first * dataset->features;
    if (bytes) {
      gather_bytes(dataset, indices + first, lanes, tile);
      continue;
    }
    gather_floats(&dataset->inputs, indices + first, lanes, tile);
    if (scaled) scale_tile(dataset, lanes, tile);
  }
}

void dataset_gather_targets(const struct lottery_dataset *dataset, const int32_t *indices, int64_t count,
                            float *tiles) {
  for (int64_t first = 0; first < count; first += BATCH_TILE)
    gather_floats(&dataset->targets, indices + first, arithmetic_minimum(BATCH_TILE, count - first),
                  tiles + first * dataset->targets.storage->width);
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
    const struct scaling scaling = scaling_of(dataset, feature);
    const float scale = (float)scaling.scale, shift = (float)scaling.shift;
    const float element = storage->element == LOTTERY_ELEMENT_UINT8
                              ? (float)((const unsigned char *)storage->values)[start + feature]
                              : ((const float *)storage->values)[start + feature];
    inputs[feature] = element * scale + shift;
  }
}
