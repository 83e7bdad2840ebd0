/* Datasets made from datasets: labels, targets, split, subset, shuffled and new labels, statistics, normalisation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { COUNT = 40, CHANNELS = 3, FEATURES = 12, CLASSES = 4 };

static const int64_t shape[] = {CHANNELS, 2, 2};

static struct counting_allocator memory_of_test;

struct fixture {
  lottery_context *context;
  lottery_dataset *plain, *dataset; /* without and with labels */
  unsigned char bytes[COUNT * FEATURES];
  int32_t labels[COUNT];
};

static struct fixture fixture;

static int setup(void **state) {
  struct fixture *f = *state = &fixture;
  allocator_start(&memory_of_test);
  f->context = allocator_context(&memory_of_test);
  uint64_t random = 11;
  for (int i = 0; i < COUNT * FEATURES; i++) f->bytes[i] = (unsigned char)(support_random(&random) >> 24);
  for (int i = 0; i < COUNT; i++) f->bytes[i * FEATURES] = (unsigned char)i; /* its number: tells examples apart */
  for (int i = 0; i < COUNT; i++) f->labels[i] = (int32_t)(support_random(&random) % CLASSES);
  assert_ok(f->context, lottery_dataset_create(f->context, COUNT, 3, shape, LOTTERY_ELEMENT_UINT8, f->bytes, 1, 0,
                                               LOTTERY_MEMORY_BORROW, NULL, NULL, &f->plain));
  assert_ok(f->context, lottery_dataset_with_labels(f->plain, CLASSES, f->labels, COUNT, &f->dataset));
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  lottery_dataset_destroy(f->plain);
  lottery_dataset_destroy(f->dataset);
  lottery_context_destroy(f->context);
  allocator_finish(&memory_of_test);
  return 0;
}

static int64_t count_of(lottery_dataset *dataset) {
  int64_t count;
  assert_ok(NULL, lottery_dataset_sizes(dataset, &count, NULL, NULL));
  return count;
}

static int64_t classes_of(lottery_dataset *dataset) {
  int64_t classes;
  assert_ok(NULL, lottery_dataset_sizes(dataset, NULL, NULL, &classes));
  return classes;
}

/* Checks that example `i` of a dataset has the inputs of example `number` of the fixture, and returns its label. */
static int32_t check_example(const struct fixture *f, lottery_dataset *dataset, int64_t i, int64_t number) {
  float inputs[FEATURES];
  int32_t label;
  assert_ok(f->context, lottery_dataset_read(dataset, i, 1, inputs, &label));
  for (int j = 0; j < FEATURES; j++) assert_true(inputs[j] == (float)f->bytes[number * FEATURES + j]);
  return label;
}

static int64_t number_of(lottery_dataset *dataset, int64_t i) {
  float inputs[FEATURES];
  assert_ok(NULL, lottery_dataset_read(dataset, i, 1, inputs, NULL));
  return (int64_t)inputs[0];
}

static void test_with_labels(void **state) {
  struct fixture *f = *state;
  lottery_dataset *out = (lottery_dataset *)f;
  for (int i = 0; i < COUNT; i++) assert_int_equal(check_example(f, f->dataset, i, i), f->labels[i]);
  assert_int_equal(classes_of(f->dataset), CLASSES);
  assert_int_equal(classes_of(f->plain), 0);

  int32_t other[COUNT] = {0};
  other[3] = (1 << 24) - 1;
  assert_ok(f->context, lottery_dataset_with_labels(f->dataset, 1 << 24, other, COUNT, &out)); /* replaces */
  assert_int_equal(check_example(f, out, 3, 3), other[3]);
  lottery_dataset_destroy(out);

  other[3] = 1;
  assert_fails(f->context, lottery_dataset_with_labels(f->plain, 1, other, COUNT, &out), LOTTERY_ERROR_ARGUMENT,
               "label 1 of example 3 is outside 0 to 0");
  assert_null(out);
  other[3] = -1;
  assert_fails(f->context, lottery_dataset_with_labels(f->plain, 5, other, COUNT, &out), LOTTERY_ERROR_ARGUMENT,
               "label -1 of example 3");
  const int32_t bad_classes[] = {0, -1, (1 << 24) + 1};
  for (int i = 0; i < 3; i++)
    assert_fails(f->context, lottery_dataset_with_labels(f->plain, bad_classes[i], f->labels, COUNT, &out),
                 LOTTERY_ERROR_ARGUMENT, "classes:");
  const int64_t bad_counts[] = {COUNT - 1, COUNT + 1, 0, -1, INT64_MAX};
  for (int i = 0; i < 5; i++)
    assert_fails(f->context, lottery_dataset_with_labels(f->plain, CLASSES, f->labels, bad_counts[i], &out),
                 LOTTERY_ERROR_SHAPE, "the dataset has 40 examples");
  assert_fails(f->context, lottery_dataset_with_labels(f->plain, CLASSES, NULL, COUNT, &out), LOTTERY_ERROR_ARGUMENT,
               "labels: NULL");
  assert_fails(f->context, lottery_dataset_with_labels(f->plain, CLASSES, f->labels, COUNT, NULL),
               LOTTERY_ERROR_ARGUMENT, "out: NULL");
  out = f->plain;
  assert_status(NULL, lottery_dataset_with_labels(NULL, CLASSES, f->labels, COUNT, &out), LOTTERY_ERROR_HANDLE);
  assert_null(out);
}

static void test_with_targets(void **state) {
  struct fixture *f = *state;
  lottery_dataset *out, *again;
  float targets[COUNT * 2] = {0};
  assert_ok(f->context, lottery_dataset_with_targets(f->dataset, 2, targets, COUNT, &out));
  assert_int_equal(check_example(f, out, 5, 5), f->labels[5]); /* keeps the labels */
  assert_ok(f->context, lottery_dataset_with_targets(out, 1, targets, COUNT, &again));
  lottery_dataset_destroy(out);
  lottery_dataset_destroy(again);
  targets[7] = NAN;
  assert_fails(f->context, lottery_dataset_with_targets(f->plain, 2, targets, COUNT, &out), LOTTERY_ERROR_NOT_FINITE,
               "targets: example 3");
  assert_null(out);
  targets[7] = 0;
  const int64_t bad_widths[] = {0, -1, (1 << 24) + 1, INT64_MAX};
  for (int i = 0; i < 4; i++)
    assert_fails(f->context, lottery_dataset_with_targets(f->plain, bad_widths[i], targets, COUNT, &out),
                 LOTTERY_ERROR_ARGUMENT, "width:");
  assert_fails(f->context, lottery_dataset_with_targets(f->plain, 2, targets, COUNT - 1, &out), LOTTERY_ERROR_SHAPE,
               "count: 39");
  assert_fails(f->context, lottery_dataset_with_targets(f->plain, 2, NULL, COUNT, &out), LOTTERY_ERROR_ARGUMENT,
               "targets: NULL");
  assert_fails(f->context, lottery_dataset_with_targets(f->plain, 2, targets, COUNT, NULL), LOTTERY_ERROR_ARGUMENT,
               "out: NULL");
  assert_status(NULL, lottery_dataset_with_targets(NULL, 2, targets, COUNT, &out), LOTTERY_ERROR_HANDLE);
}

static void test_split(void **state) {
  struct fixture *f = *state;
  lottery_dataset *first, *second;
  int64_t previous[COUNT] = {0};
  int same = 0;
  for (uint64_t seed = 1; seed <= 2; seed++)
    for (int64_t count = 1; count < COUNT; count += 6) {
      assert_ok(f->context, lottery_dataset_split(f->dataset, count, seed, &first, &second));
      assert_int_equal(count_of(first), count);
      assert_int_equal(count_of(second), COUNT - count);
      bool seen[COUNT] = {false};
      int in_place = 0;
      for (int64_t i = 0; i < COUNT; i++) {
        lottery_dataset *half = i < count ? first : second;
        const int64_t number = number_of(half, i < count ? i : i - count);
        assert_false(seen[number]);
        seen[number] = true;
        assert_int_equal(check_example(f, half, i < count ? i : i - count, number), f->labels[number]);
        in_place += number == i;
        /* The permutation is a function of the seed, whatever the count. */
        if (count > 1) assert_true(seed != 1 || previous[i] == number);
        if (seed == 2 && count == 1) same += previous[i] == number;
        previous[i] = number;
      }
      assert_in_range(in_place, 0, 8); /* 1 is expected of a random permutation */
      lottery_dataset_destroy(first);
      lottery_dataset_destroy(second);
    }
  assert_in_range(same, 0, 8);

  const int64_t bad[] = {0, -1, COUNT, COUNT + 1, INT64_MIN, INT64_MAX};
  for (int i = 0; i < 6; i++) {
    first = second = f->plain;
    assert_fails(f->context, lottery_dataset_split(f->dataset, bad[i], 1, &first, &second), LOTTERY_ERROR_ARGUMENT,
                 "is outside 1 to 39");
    assert_null(first);
    assert_null(second);
  }
  const int64_t index = 0;
  lottery_dataset *one;
  assert_ok(f->context, lottery_dataset_subset(f->dataset, &index, 1, &one));
  assert_fails(f->context, lottery_dataset_split(one, 1, 1, &first, &second), LOTTERY_ERROR_ARGUMENT,
               "cannot be split");
  lottery_dataset_destroy(one);
  assert_fails(f->context, lottery_dataset_split(f->dataset, 1, 1, NULL, &second), LOTTERY_ERROR_ARGUMENT,
               "first: NULL");
  assert_fails(f->context, lottery_dataset_split(f->dataset, 1, 1, &first, NULL), LOTTERY_ERROR_ARGUMENT,
               "second: NULL");
  assert_fails(f->context, lottery_dataset_split(f->dataset, 1, 1, &first, &first), LOTTERY_ERROR_ARGUMENT,
               "the same pointer");
  first = second = f->plain;
  assert_status(NULL, lottery_dataset_split(NULL, 1, 1, &first, &second), LOTTERY_ERROR_HANDLE);
  assert_null(first);
  assert_null(second);
}

static void test_subset(void **state) {
  struct fixture *f = *state;
  const int64_t indices[] = {7, 3, 3, 39, 0}, nested[] = {3, 2, 0, 3};
  lottery_dataset *subset, *inner, *out;
  assert_ok(f->context, lottery_dataset_subset(f->dataset, indices, 5, &subset));
  assert_int_equal(count_of(subset), 5);
  for (int i = 0; i < 5; i++) assert_int_equal(check_example(f, subset, i, indices[i]), f->labels[indices[i]]);
  assert_ok(f->context, lottery_dataset_subset(subset, nested, 4, &inner));
  lottery_dataset_destroy(subset);
  for (int i = 0; i < 4; i++)
    assert_int_equal(check_example(f, inner, i, indices[nested[i]]), f->labels[indices[nested[i]]]);
  /* Labels given to a subset are in the subset's order. */
  const int32_t labels[] = {3, 1, 0, 2};
  assert_ok(f->context, lottery_dataset_with_labels(inner, 4, labels, 4, &out));
  for (int i = 0; i < 4; i++) assert_int_equal(check_example(f, out, i, indices[nested[i]]), labels[i]);
  lottery_dataset_destroy(out);

  const int64_t bad[] = {-1, 4, INT64_MAX, INT64_C(1) << 32};
  for (int i = 0; i < 4; i++) {
    const int64_t with_bad[] = {0, bad[i]};
    assert_fails(f->context, lottery_dataset_subset(inner, with_bad, 2, &out), LOTTERY_ERROR_ARGUMENT,
                 "at 1 is outside 0 to 3");
    assert_null(out);
  }
  assert_fails(f->context, lottery_dataset_subset(inner, indices, 0, &out), LOTTERY_ERROR_ARGUMENT, "count: 0");
  assert_fails(f->context, lottery_dataset_subset(inner, indices, INT64_C(1) << 31, &out), LOTTERY_ERROR_ARGUMENT,
               "count: 2147483648");
  assert_fails(f->context, lottery_dataset_subset(inner, NULL, 1, &out), LOTTERY_ERROR_ARGUMENT, "indices: NULL");
  assert_fails(f->context, lottery_dataset_subset(inner, nested, 1, NULL), LOTTERY_ERROR_ARGUMENT, "out: NULL");
  assert_status(NULL, lottery_dataset_subset(NULL, nested, 1, &out), LOTTERY_ERROR_HANDLE);
  lottery_dataset_destroy(inner);
}

static void test_shuffle_labels(void **state) {
  struct fixture *f = *state;
  lottery_dataset *out, *again, *other;
  assert_ok(f->context, lottery_dataset_shuffle_labels(f->dataset, 5, &out));
  assert_ok(f->context, lottery_dataset_shuffle_labels(f->dataset, 5, &again));
  assert_ok(f->context, lottery_dataset_shuffle_labels(f->dataset, 6, &other));
  int before[CLASSES] = {0}, after[CLASSES] = {0}, moved = 0, differ = 0;
  for (int i = 0; i < COUNT; i++) {
    const int32_t label = check_example(f, out, i, i);
    assert_int_equal(check_example(f, again, i, i), label);
    before[f->labels[i]]++;
    after[label]++;
    moved += label != f->labels[i];
    differ += label != check_example(f, other, i, i);
  }
  assert_memory_equal(before, after, sizeof before);
  assert_true(moved > COUNT / 3);
  assert_true(differ > COUNT / 3);
  assert_int_equal(classes_of(out), CLASSES);
  lottery_dataset_destroy(out);
  lottery_dataset_destroy(again);
  lottery_dataset_destroy(other);
  assert_fails(f->context, lottery_dataset_shuffle_labels(f->plain, 5, &out), LOTTERY_ERROR_STATE, "no labels");
  assert_null(out);
  assert_fails(f->context, lottery_dataset_shuffle_labels(f->dataset, 5, NULL), LOTTERY_ERROR_ARGUMENT, "out: NULL");
  assert_status(NULL, lottery_dataset_shuffle_labels(NULL, 5, &out), LOTTERY_ERROR_HANDLE);
}

static void test_relabel(void **state) {
  struct fixture *f = *state;
  const int32_t map[CLASSES] = {1, 0, 1, 1}, high[CLASSES] = {0, 1, 2, 0}, low[CLASSES] = {0, 1, -1, 0};
  lottery_dataset *out;
  assert_ok(f->context, lottery_dataset_relabel(f->dataset, 2, map, CLASSES, &out));
  for (int i = 0; i < COUNT; i++) assert_int_equal(check_example(f, out, i, i), map[f->labels[i]]);
  assert_int_equal(classes_of(out), 2);
  lottery_dataset_destroy(out);
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, 2, high, CLASSES, &out), LOTTERY_ERROR_ARGUMENT,
               "map: entry 2 of class 2 is outside 0 to 1");
  assert_null(out);
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, 2, low, CLASSES, &out), LOTTERY_ERROR_ARGUMENT,
               "map: entry -1");
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, 0, map, CLASSES, &out), LOTTERY_ERROR_ARGUMENT,
               "classes: 0");
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, (1 << 24) + 1, map, CLASSES, &out),
               LOTTERY_ERROR_ARGUMENT, "classes:");
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, 2, map, CLASSES - 1, &out), LOTTERY_ERROR_SHAPE,
               "the dataset has 4 classes");
  assert_fails(f->context, lottery_dataset_relabel(f->plain, 2, map, CLASSES, &out), LOTTERY_ERROR_STATE, "no labels");
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, 2, NULL, CLASSES, &out), LOTTERY_ERROR_ARGUMENT,
               "map: NULL");
  assert_fails(f->context, lottery_dataset_relabel(f->dataset, 2, map, CLASSES, NULL), LOTTERY_ERROR_ARGUMENT,
               "out: NULL");
  assert_status(NULL, lottery_dataset_relabel(NULL, 2, map, CLASSES, &out), LOTTERY_ERROR_HANDLE);
}

/* Statistics of the values that lottery_dataset_read gives. */
static void naive_statistics(lottery_dataset *dataset, int64_t groups, double *mean, double *deviation) {
  const int64_t count = count_of(dataset), width = FEATURES / groups;
  float *values = calloc((size_t)(count * FEATURES), sizeof *values);
  assert_non_null(values);
  assert_ok(NULL, lottery_dataset_read(dataset, 0, count, values, NULL));
  for (int64_t g = 0; g < groups; g++)
    for (int pass = 0; pass < 2; pass++) {
      double sum = 0;
      for (int64_t i = 0; i < count; i++)
        for (int64_t j = g * width; j < (g + 1) * width; j++) {
          const double value = (double)values[i * FEATURES + j];
          sum += pass == 0 ? value : (value - mean[g]) * (value - mean[g]);
        }
      if (pass == 0)
        mean[g] = sum / (double)(count * width);
      else
        deviation[g] = sqrt(sum / (double)(count * width));
    }
  free(values);
}

static void check_statistics(const struct fixture *f, lottery_dataset *dataset, int64_t groups, double *mean,
                             double *deviation) {
  double expected_mean[CHANNELS], expected_deviation[CHANNELS];
  assert_ok(f->context, lottery_dataset_statistics(dataset, groups, mean, deviation));
  naive_statistics(dataset, groups, expected_mean, expected_deviation);
  for (int64_t g = 0; g < groups; g++) {
    assert_true(fabs(mean[g] - expected_mean[g]) <= 1e-6 * (1 + fabs(mean[g])));
    assert_true(fabs(deviation[g] - expected_deviation[g]) <= 1e-6 * deviation[g]);
  }
}

static void test_normalise(void **state) {
  struct fixture *f = *state;
  const int64_t indices[] = {1, 1, 30, 8, 22};
  lottery_dataset *subset;
  assert_ok(f->context, lottery_dataset_subset(f->dataset, indices, 5, &subset));
  lottery_dataset *datasets[] = {f->dataset, subset};
  const int64_t groups[] = {1, CHANNELS};
  for (int i = 0; i < 2; i++)
    for (int first = 0; first < 2; first++)
      for (int then = 0; then < 2; then++) {
        double mean[CHANNELS], deviation[CHANNELS];
        lottery_dataset *once, *twice;
        check_statistics(f, datasets[i], groups[first], mean, deviation);
        assert_ok(f->context, lottery_dataset_normalise(datasets[i], groups[first], mean, deviation, &once));
        float raw[FEATURES], normalised[FEATURES];
        int32_t label, same;
        assert_ok(f->context, lottery_dataset_read(datasets[i], 3, 1, raw, &label));
        assert_ok(f->context, lottery_dataset_read(once, 3, 1, normalised, &same));
        assert_int_equal(label, same);
        for (int j = 0; j < FEATURES; j++) {
          const int g = first == 0 ? 0 : j / (FEATURES / CHANNELS);
          assert_true(fabs((double)normalised[j] - ((double)raw[j] - mean[g]) / deviation[g]) < 1e-6);
        }
        /* Normalised data have mean 0 and deviation 1; and can be normalised again, by other groups. */
        check_statistics(f, once, groups[first], mean, deviation);
        for (int64_t g = 0; g < groups[first]; g++) {
          assert_true(fabs(mean[g]) < 1e-12);
          assert_true(fabs(deviation[g] - 1) < 1e-12);
        }
        check_statistics(f, once, groups[then], mean, deviation);
        assert_ok(f->context, lottery_dataset_normalise(once, groups[then], mean, deviation, &twice));
        check_statistics(f, twice, groups[then], mean, deviation);
        for (int64_t g = 0; g < groups[then]; g++) assert_true(fabs(mean[g]) < 1e-12 && fabs(deviation[g] - 1) < 1e-12);
        check_statistics(f, twice, groups[1 - then], mean, deviation);
        lottery_dataset_destroy(once);
        lottery_dataset_destroy(twice);
      }
  lottery_dataset_destroy(subset);
}

static void test_normalise_refuses(void **state) {
  struct fixture *f = *state;
  const double mean[CHANNELS] = {1, 2, 3}, deviation[CHANNELS] = {1, 2, 3};
  double out_mean[FEATURES], out_deviation[FEATURES];
  lottery_dataset *out;
  const int64_t bad_groups[] = {0, -1, 2, FEATURES, INT64_MAX};
  for (int i = 0; i < 5; i++) {
    assert_fails(f->context, lottery_dataset_normalise(f->dataset, bad_groups[i], mean, deviation, &out),
                 LOTTERY_ERROR_ARGUMENT, "is neither 1 nor 3");
    assert_fails(f->context, lottery_dataset_statistics(f->dataset, bad_groups[i], out_mean, out_deviation),
                 LOTTERY_ERROR_ARGUMENT, "groups:");
  }
  const double bad_deviation[] = {-1, -1e-300, (double)NAN, (double)INFINITY, 1e-300, 1e-40};
  for (int i = 0; i < 6; i++) {
    const double with_bad[CHANNELS] = {1, 1, bad_deviation[i]};
    assert_fails(f->context, lottery_dataset_normalise(f->dataset, CHANNELS, mean, with_bad, &out),
                 i < 2 ? LOTTERY_ERROR_ARGUMENT : LOTTERY_ERROR_NOT_FINITE, "deviation");
    assert_null(out);
  }
  const double bad_mean[] = {(double)NAN, -(double)INFINITY, 1e300};
  for (int i = 0; i < 3; i++)
    assert_fails(f->context, lottery_dataset_normalise(f->dataset, 1, &bad_mean[i], deviation, &out),
                 LOTTERY_ERROR_NOT_FINITE, "mean");
  assert_fails(f->context, lottery_dataset_normalise(f->dataset, 1, NULL, deviation, &out), LOTTERY_ERROR_ARGUMENT,
               "mean: NULL");
  assert_fails(f->context, lottery_dataset_normalise(f->dataset, 1, mean, NULL, &out), LOTTERY_ERROR_ARGUMENT,
               "deviation: NULL");
  assert_fails(f->context, lottery_dataset_normalise(f->dataset, 1, mean, deviation, NULL), LOTTERY_ERROR_ARGUMENT,
               "out: NULL");
  assert_fails(f->context, lottery_dataset_statistics(f->dataset, 1, NULL, out_deviation), LOTTERY_ERROR_ARGUMENT,
               "mean: NULL");
  assert_fails(f->context, lottery_dataset_statistics(f->dataset, 1, out_mean, NULL), LOTTERY_ERROR_ARGUMENT,
               "deviation: NULL");
  assert_status(NULL, lottery_dataset_statistics(NULL, 1, out_mean, out_deviation), LOTTERY_ERROR_HANDLE);
  assert_status(NULL, lottery_dataset_normalise(NULL, 1, mean, deviation, &out), LOTTERY_ERROR_HANDLE);
}

/* Far from 0 a single pass would lose the deviation. */
static void test_statistics_far_from_zero(void **state) {
  struct fixture *f = *state;
  const float values[] = {9999.0f, 10001.0f, 9999.0f, 10001.0f};
  const int64_t one = 1;
  lottery_dataset *dataset;
  double mean, deviation;
  assert_ok(f->context, lottery_dataset_create(f->context, 4, 1, &one, LOTTERY_ELEMENT_FLOAT32, values, 1, 1e8,
                                               LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  assert_ok(f->context, lottery_dataset_statistics(dataset, 1, &mean, &deviation));
  assert_true(mean == 100010000.0);
  assert_true(deviation == 1.0);
  lottery_dataset_destroy(dataset);
}

/* Every function that makes a dataset, one after the other, under failing allocations. */
static lottery_status derive_scenario(lottery_context *context, void *user) {
  const struct fixture *f = user;
  const double mean[CHANNELS] = {1, 2, 3}, deviation[CHANNELS] = {1, 2, 3};
  const float targets[COUNT] = {1};
  const int32_t map[CLASSES] = {0, 1, 0, 1};
  const int64_t indices[] = {3, 1};
  lottery_dataset *made[9] = {NULL};
  lottery_status status = lottery_dataset_create(context, COUNT, 3, shape, LOTTERY_ELEMENT_UINT8, f->bytes, 1, 0,
                                                 LOTTERY_MEMORY_BORROW, NULL, NULL, &made[0]);
  if (status == LOTTERY_OK) status = lottery_dataset_with_labels(made[0], CLASSES, f->labels, COUNT, &made[1]);
  if (status == LOTTERY_OK) status = lottery_dataset_with_targets(made[1], 1, targets, COUNT, &made[2]);
  if (status == LOTTERY_OK) status = lottery_dataset_split(made[2], 30, 1, &made[3], &made[4]);
  if (status != LOTTERY_OK) assert_true(made[3] == NULL && made[4] == NULL);
  if (status == LOTTERY_OK) status = lottery_dataset_subset(made[3], indices, 2, &made[5]);
  if (status == LOTTERY_OK) status = lottery_dataset_shuffle_labels(made[3], 2, &made[6]);
  if (status == LOTTERY_OK) status = lottery_dataset_relabel(made[6], 2, map, CLASSES, &made[7]);
  if (status == LOTTERY_OK) status = lottery_dataset_normalise(made[7], CHANNELS, mean, deviation, &made[8]);
  for (int i = 0; i < 9; i++) lottery_dataset_destroy(made[i]);
  return status;
}

static void test_out_of_memory(void **state) { assert_true(run_out_of_memory(derive_scenario, *state) > 30); }

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_with_labels),   TEST(test_with_targets),      TEST(test_split),
      TEST(test_subset),        TEST(test_shuffle_labels),    TEST(test_relabel),
      TEST(test_normalise),     TEST(test_normalise_refuses), TEST(test_statistics_far_from_zero),
      TEST(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
