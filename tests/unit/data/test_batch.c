/* Batches in tiles against a naive reference, at sizes around those of tile and block. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data/batch.h"
#include "kernels/kernels.h"
#include "kernels/tile.h"

enum { EXAMPLES = 150 };

static const int64_t widths[] = {1, 2, 15, 16, 17, 33, 48, 784, 1000};
static const int64_t counts[] = {1, 2, 15, 16, 17, 60, 63, 64, 65, 128, 129, 200};
enum { WIDTHS = sizeof widths / sizeof *widths, COUNTS = sizeof counts / sizeof *counts };

static struct counting_allocator memory_of_test;

static int setup(void **state) {
  allocator_start(&memory_of_test);
  *state = allocator_context(&memory_of_test);
  return 0;
}

static int teardown(void **state) {
  lottery_context_destroy(*state);
  allocator_finish(&memory_of_test);
  return 0;
}

static float *room(int64_t count) {
  float *memory = aligned_alloc(64, ((size_t)count * sizeof *memory + 63) / 64 * 64);
  assert_non_null(memory);
  for (int64_t i = 0; i < count; i++) memory[i] = -777.0f; /* what a gather must overwrite */
  return memory;
}

/* Tiles hold `rows` where there are examples, 0 elsewhere, and nothing is written past them. */
static void check_tiles(const float *tiles, const float *rows, int64_t width, int64_t count) {
  const int64_t padded = (count + 63) / 64 * 64;
  assert_int_equal(batch_tiles(count) * BATCH_TILE, padded);
  for (int64_t i = 0; i < padded; i++)
    for (int64_t j = 0; j < width; j++) {
      const float expected = i < count ? rows[i * width + j] : 0.0f;
      assert_true(tiles[i / 64 * 64 * width + j * 64 + i % 64] == expected);
    }
  assert_true(tiles[padded * width] == -777.0f);
}

static int32_t *random_indices(int64_t count, int64_t limit, uint64_t *random) {
  int32_t *indices = calloc((size_t)count, sizeof *indices);
  assert_non_null(indices);
  for (int64_t i = 0; i < count; i++) indices[i] = (int32_t)(support_random(random) % (uint64_t)limit);
  return indices;
}

/* What is asked for ahead are the examples' rows, one after another. */
static void check_ahead(const lottery_dataset *dataset, const int32_t *indices, int64_t count) {
  const struct storage *storage = dataset->inputs.storage;
  struct ahead ahead = dataset_ahead(dataset, indices, count);
  assert_int_equal(ahead.bytes, storage->width * element_size(storage->element));
  for (int64_t i = 0; i < count; i++) {
    ahead_reach(&ahead, i + 1, count);
    assert_int_equal(ahead.rows, i + 1);
    assert_ptr_equal(ahead.row, (const char *)storage->values + rows_at(&dataset->inputs, indices[i]) * ahead.bytes);
  }
}

/* Gathers batches of a dataset and compares with what lottery_dataset_read says. */
static void check_gather(lottery_dataset *dataset, uint64_t *random) {
  const int64_t width = dataset->features;
  for (int i = 0; i < COUNTS; i++) {
    const int64_t count = counts[i], padded = batch_tiles(count) * BATCH_TILE;
    int32_t *indices = random_indices(count, dataset->count, random);
    float *tiles = room(padded * width + 1), *rows = room(count * width);
    for (int64_t j = 0; j < count; j++)
      assert_ok(NULL, lottery_dataset_read(dataset, indices[j], 1, rows + j * width, NULL));
    dataset_gather(kernels_for(LOTTERY_INSTRUCTION_SET_AUTOMATIC), dataset, indices, count, tiles);
    check_tiles(tiles, rows, width, count);
    check_ahead(dataset, indices, count);
    free(indices);
    free(tiles);
    free(rows);
  }
}

/* Every way that a dataset can hold inputs: element, scaling by 1 or many groups, all rows or some. */
static void test_gather(void **state) {
  lottery_context *context = *state;
  uint64_t random = 5;
  for (int w = 0; w < WIDTHS; w++)
    for (int32_t element = 0; element <= 1; element++) {
      const int64_t width = widths[w];
      unsigned char *bytes = calloc((size_t)(EXAMPLES * width), sizeof(float));
      double *mean = calloc((size_t)width, sizeof *mean), *deviation = calloc((size_t)width, sizeof *deviation);
      assert_true(bytes != NULL && mean != NULL && deviation != NULL);
      if (element == LOTTERY_ELEMENT_FLOAT32) {
        float *floats = (float *)(void *)bytes;
        for (int64_t i = 0; i < EXAMPLES * width; i++) floats[i] = support_random_float(&random);
      } else {
        for (int64_t i = 0; i < EXAMPLES * width; i++) bytes[i] = (unsigned char)(support_random(&random) >> 24);
      }
      for (int64_t i = 0; i < width; i++) {
        mean[i] = (double)support_random_float(&random);
        deviation[i] = 1.5 + (double)support_random_float(&random);
      }
      const int64_t indices[] = {7, 3, 3, 149, 0};
      lottery_dataset *raw, *scaled, *grouped, *subset, *first_as_it_is;
      assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, &width, element, bytes, 1, 0, LOTTERY_MEMORY_COPY,
                                                NULL, NULL, &raw));
      assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, &width, element, bytes, 1.0 / 255, 0.1,
                                                LOTTERY_MEMORY_BORROW, NULL, NULL, &scaled));
      assert_ok(context, lottery_dataset_normalise(scaled, width, mean, deviation, &grouped));
      assert_ok(context, lottery_dataset_subset(grouped, indices, 5, &subset));
      mean[0] = 0.0;
      deviation[0] = 1.0;
      assert_ok(context, lottery_dataset_normalise(raw, width, mean, deviation, &first_as_it_is));
      lottery_dataset *all[] = {raw, scaled, grouped, subset, first_as_it_is};
      for (int i = 0; i < 5; i++) {
        check_gather(all[i], &random);
        lottery_dataset_destroy(all[i]);
      }
      free(bytes);
      free(mean);
      free(deviation);
    }
}

static void test_rows(void **state) {
  (void)state;
  uint64_t random = 6;
  for (int w = 0; w < WIDTHS; w++)
    for (int i = 0; i < COUNTS; i++) {
      const int64_t width = widths[w], count = counts[i], padded = batch_tiles(count) * BATCH_TILE;
      float *rows = room(count * width), *tiles = room(padded * width + 1), *back = room(count * width + 1);
      for (int64_t j = 0; j < count * width; j++) rows[j] = support_random_float(&random);
      dataset_gather_rows(rows, width, count, tiles);
      check_tiles(tiles, rows, width, count);
      dataset_scatter_rows(tiles, width, count, back);
      assert_memory_equal(back, rows, (size_t)(count * width) * sizeof *rows);
      assert_true(back[count * width] == -777.0f);
      free(rows);
      free(tiles);
      free(back);
    }
}

/* Targets and labels follow their example through subsets, whatever order either was given in. */
static void test_targets_and_labels(void **state) {
  lottery_context *context = *state;
  enum { WIDTH = 3, SOME = 70 };
  uint64_t random = 7;
  float targets[SOME * WIDTH];
  int32_t labels[SOME];
  int64_t indices[SOME], again[SOME];
  for (int i = 0; i < SOME; i++) {
    labels[i] = (int32_t)(support_random(&random) % 9);
    indices[i] = support_random(&random) % EXAMPLES;
    again[i] = support_random(&random) % SOME;
    for (int j = 0; j < WIDTH; j++) targets[i * WIDTH + j] = support_random_float(&random);
  }
  lottery_dataset *all = support_dataset(context, EXAMPLES, 2, 5, 0.1f, 3), *subset, *labelled, *targeted, *nested;
  assert_ok(context, lottery_dataset_subset(all, indices, SOME, &subset));
  assert_ok(context, lottery_dataset_with_labels(subset, 9, labels, SOME, &labelled));
  assert_ok(context, lottery_dataset_with_targets(labelled, WIDTH, targets, SOME, &targeted));
  assert_ok(context, lottery_dataset_subset(targeted, again, SOME, &nested));
  for (int i = 0; i < COUNTS; i++) {
    const int64_t count = counts[i], padded = batch_tiles(count) * BATCH_TILE;
    int32_t *batch = random_indices(count, SOME, &random), *found = random_indices(padded + 1, 1, &random);
    float *tiles = room(padded * WIDTH + 1), *rows = room(count * WIDTH);
    for (int64_t j = 0; j < count; j++)
      memcpy(rows + j * WIDTH, targets + again[batch[j]] * WIDTH, WIDTH * sizeof *rows);
    dataset_gather_targets(nested, batch, count, tiles);
    check_tiles(tiles, rows, WIDTH, count);
    found[padded] = -77;
    dataset_gather_labels(nested, batch, count, found);
    for (int64_t j = 0; j < padded; j++) assert_int_equal(found[j], j < count ? labels[again[batch[j]]] : -1);
    assert_int_equal(found[padded], -77);
    free(batch);
    free(found);
    free(tiles);
    free(rows);
  }
  lottery_dataset_destroy(all);
  lottery_dataset_destroy(subset);
  lottery_dataset_destroy(labelled);
  lottery_dataset_destroy(targeted);
  lottery_dataset_destroy(nested);
}

static void test_host_labels(void **state) {
  (void)state;
  enum { CLASSES = 7 };
  uint64_t random = 8;
  for (int i = 0; i < COUNTS; i++) {
    const int64_t count = counts[i], padded = batch_tiles(count) * BATCH_TILE;
    int32_t *given = random_indices(count, CLASSES, &random), *labels = random_indices(padded + 1, 1, &random);
    float *tiles = room(padded * CLASSES + 1), *rows = room(count * CLASSES);
    labels[padded] = -77;
    dataset_pad_labels(given, count, labels);
    for (int64_t j = 0; j < padded; j++) assert_int_equal(labels[j], j < count ? given[j] : -1);
    assert_int_equal(labels[padded], -77);
    for (int64_t j = 0; j < count * CLASSES; j++) rows[j] = j % CLASSES == given[j / CLASSES] ? 1.0f : 0.0f;
    dataset_one_hot(labels, count, CLASSES, tiles);
    check_tiles(tiles, rows, CLASSES, count);
    free(given);
    free(labels);
    free(tiles);
    free(rows);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(test_gather), TEST(test_rows), TEST(test_targets_and_labels),
                                     TEST(test_host_labels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
