/* Statistics and normalised values against long double, near 0 and far from it, with features that are constant. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { COUNT = 1003, FEATURES = 130 }; /* more groups than the library sums at a time */

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

/* Elements of a dataset as long double, and the map that a test thinks of: element * scale + shift. */
struct elements {
  int32_t element;
  int64_t count, features;
  long double *values; /* [count][features] */
};

static struct elements elements_create(int32_t element, int64_t count, int64_t features) {
  struct elements elements = {element, count, features, calloc((size_t)(count * features), sizeof(long double))};
  assert_non_null(elements.values);
  return elements;
}

static lottery_dataset *dataset_of(lottery_context *context, const struct elements *elements, double scale,
                                   double shift) {
  const int64_t total = elements->count * elements->features;
  float *floats = calloc((size_t)total, sizeof *floats);
  assert_non_null(floats);
  uint8_t *bytes = (uint8_t *)floats;
  for (int64_t i = 0; i < total; i++) {
    if (elements->element == LOTTERY_ELEMENT_UINT8)
      bytes[i] = (uint8_t)elements->values[i];
    else
      floats[i] = (float)elements->values[i];
    assert_true(elements->element == LOTTERY_ELEMENT_UINT8 || (long double)floats[i] == elements->values[i]);
  }
  lottery_dataset *dataset;
  assert_ok(context, lottery_dataset_create(context, elements->count, 1, &elements->features, elements->element, floats,
                                            scale, shift, LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  free(floats);
  return dataset;
}

/* Of features first to first + width - 1 under a map. The elements are small whole numbers, or nearly: sums about the
 * first one are good to the last bits of long double. */
static void reference(const struct elements *elements, int64_t first, int64_t width, long double scale,
                      long double shift, long double *mean, long double *deviation) {
  const long double total = (long double)elements->count * (long double)width, centre = elements->values[first];
  long double sum = 0, squares = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int64_t i = 0; i < elements->count; i++)
      for (int64_t j = first; j < first + width; j++) {
        const long double value = elements->values[i * elements->features + j] - centre;
        if (pass == 0)
          sum += value / total;
        else
          squares += (value - sum) * (value - sum);
      }
  *mean = (centre + sum) * scale + shift;
  *deviation = fabsl(scale) * sqrtl(squares / total);
}

static void check_near(double got, long double expected, long double allowed, const char *what) {
  if (!(fabsl((long double)got - expected) <= allowed))
    fail_msg("%s: %.17g, expected %.17g within %.3g", what, got, (double)expected, (double)allowed);
}

static void check_statistics(lottery_context *context, const struct elements *elements, double scale, double shift) {
  lottery_dataset *dataset = dataset_of(context, elements, scale, shift);
  double mean[FEATURES], deviation[FEATURES];
  const int64_t groups[] = {1, elements->features};
  for (int i = 0; i < 2; i++) {
    const int64_t width = elements->features / groups[i];
    assert_ok(context, lottery_dataset_statistics(dataset, groups[i], mean, deviation));
    for (int64_t g = 0; g < groups[i]; g++) {
      long double expected_mean, expected_deviation;
      reference(elements, g * width, width, (long double)scale, (long double)shift, &expected_mean,
                &expected_deviation);
      const long double size = fabsl(expected_mean) + fabsl((long double)shift);
      check_near(mean[g], expected_mean, 4 * 0x1p-53L * size + expected_deviation * 1e-13L, "mean");
      check_near(deviation[g], expected_deviation, expected_deviation * 1e-13L, "deviation");
    }
  }
  lottery_dataset_destroy(dataset);
}

/* Feature j: bytes that are all equal, all but one, of two neighbours, or anything. */
static uint8_t byte_at(int64_t i, int64_t j, uint64_t *random) {
  const int64_t base = j * 37 % 255;
  switch (j % 4) {
    case 0: return (uint8_t)base;
    case 1: return (uint8_t)(i == j ? base : base + 1);
    case 2: return (uint8_t)(base + (support_random(random) & 1));
    default: return (uint8_t)(support_random(random) >> 24);
  }
}

static struct elements bytes_create(void) {
  struct elements elements = elements_create(LOTTERY_ELEMENT_UINT8, COUNT, FEATURES);
  uint64_t random = 3;
  for (int64_t i = 0; i < COUNT * FEATURES; i++)
    elements.values[i] = (long double)byte_at(i / FEATURES, i % FEATURES, &random);
  return elements;
}

static void test_statistics_of_bytes(void **state) {
  struct elements elements = bytes_create();
  check_statistics(*state, &elements, 1.0 / 255, 0.0);
  check_statistics(*state, &elements, 1.0, 0.0);
  check_statistics(*state, &elements, -3.7e-5, 12.0);
  check_statistics(*state, &elements, 1e-3, -1e9);
  free(elements.values);
}

static const double offsets[] = {0.0, 1e3, 1e6, -1.6e7, 1.6e7};
enum { OFFSETS = sizeof offsets / sizeof *offsets };

/* Whole numbers from the offset on, exact in float32; every fourth feature is constant. */
static struct elements floats_create(double offset) {
  struct elements elements = elements_create(LOTTERY_ELEMENT_FLOAT32, COUNT, FEATURES);
  uint64_t random = 4;
  for (int64_t i = 0; i < COUNT * FEATURES; i++)
    elements.values[i] = (long double)offset + (i % FEATURES % 4 == 0 ? 7 : support_random(&random) % 10);
  return elements;
}

static void test_statistics_of_floats(void **state) {
  for (int i = 0; i < OFFSETS; i++) {
    struct elements elements = floats_create(offsets[i]);
    check_statistics(*state, &elements, 1.0, 0.0);
    check_statistics(*state, &elements, 0.1, 0.0);
    check_statistics(*state, &elements, 1.0, -offsets[i]);
    free(elements.values);
  }
}

/* A deviation of exactly 0, whatever the value and the scale; alone, beside others, and together. */
static void test_constant(void **state) {
  lottery_context *context = *state;
  const float values[] = {0.0F, 0.1F, -0.1F, 7.0F, 1.0F / 3, 1.6e7F, 1e30F, 1e-30F, 1e-42F, 254.0F, 255.0F};
  const double scales[] = {1.0, 1.0 / 255, 0.1, -7e-5, 0.0}, shifts[] = {0.0, 0.1, -1e5};
  enum { EXAMPLES = 1001, WIDTH = 3 };
  const int64_t shape[] = {WIDTH, 5}, indices[] = {4, 4, 77, 1};
  float inputs[EXAMPLES * WIDTH * 5];
  uint8_t bytes[EXAMPLES * WIDTH * 5];
  for (int v = 0; v < 11; v++)
    for (int s = 0; s < 15; s++)
      for (int32_t element = 0; element < 2; element++) {
        for (int i = 0; i < EXAMPLES * WIDTH * 5; i++) inputs[i] = values[v];
        memset(bytes, v * 23, sizeof bytes);
        lottery_dataset *made[4];
        assert_ok(context,
                  lottery_dataset_create(context, EXAMPLES, 2, shape, element,
                                         element == LOTTERY_ELEMENT_UINT8 ? (void *)bytes : (void *)inputs,
                                         scales[s % 5], shifts[s / 5], LOTTERY_MEMORY_COPY, NULL, NULL, &made[0]));
        double mean[WIDTH] = {1, 1, 1}, deviation[WIDTH] = {3, 3, 3};
        assert_ok(context, lottery_dataset_subset(made[0], indices, 4, &made[1]));
        assert_ok(context, lottery_dataset_normalise(made[0], WIDTH, mean, deviation, &made[2]));
        assert_ok(context, lottery_dataset_normalise(made[2], 1, mean, deviation, &made[3]));
        for (int i = 0; i < 4; i++) {
          for (int64_t groups = 1; groups <= WIDTH; groups += WIDTH - 1) {
            assert_ok(context, lottery_dataset_statistics(made[i], groups, mean, deviation));
            for (int64_t g = 0; g < groups; g++) assert_true(deviation[g] == 0.0 && isfinite(mean[g]));
          }
          lottery_dataset_destroy(made[i]);
        }
      }
}

/* Three roundings to float32: the difference, the scale, their product. slack: means and shifts are rounded, too. */
static void check_rounded(float got, long double exact, long double slack) {
  if (!(fabsl((long double)got - exact) <= 3.01L * 0x1p-24L * fabsl(exact) + slack))
    fail_msg("%.9g, expected %.12g within %.3g", (double)got, (double)exact,
             (double)(3.01L * 0x1p-24L * fabsl(exact) + slack));
}

/* Normalises by the dataset's own statistics, once and, by other groups, once more. */
static void check_normalise(lottery_context *context, const struct elements *elements, double scale, double shift) {
  lottery_dataset *dataset = dataset_of(context, elements, scale, shift), *once, *twice;
  double mean[FEATURES], deviation[FEATURES], second_mean, second_deviation;
  const int64_t features = elements->features;
  float *read = calloc((size_t)(elements->count * features), sizeof *read);
  assert_non_null(read);
  assert_ok(context, lottery_dataset_statistics(dataset, features, mean, deviation));
  assert_ok(context, lottery_dataset_normalise(dataset, features, mean, deviation, &once));
  assert_ok(context, lottery_dataset_read(once, 0, elements->count, read, NULL));
  for (int64_t i = 0; i < elements->count * features; i++) {
    const int64_t j = i % features;
    const long double value = elements->values[i] * (long double)scale + (long double)shift - (long double)mean[j];
    const long double divisor = deviation[j] == 0.0 ? 1.0L : (long double)deviation[j],
                      size = fabsl((long double)mean[j]) + fabsl((long double)shift);
    check_rounded(read[i], value / divisor, 0x1p-51L * size / divisor);
  }
  /* Statistics agree with what is read. */
  struct elements normalised = elements_create(LOTTERY_ELEMENT_FLOAT32, elements->count, features);
  for (int64_t i = 0; i < elements->count * features; i++) normalised.values[i] = (long double)read[i];
  assert_ok(context, lottery_dataset_statistics(once, features, mean, deviation));
  for (int64_t j = 0; j < features; j++) {
    long double expected_mean, expected_deviation;
    reference(&normalised, j, 1, 1, 0, &expected_mean, &expected_deviation);
    check_near(mean[j], expected_mean, 0x1p-22L, "mean of what is read");
    check_near(deviation[j], expected_deviation, 0x1p-22L, "deviation of what is read");
  }
  assert_ok(context, lottery_dataset_statistics(once, 1, &second_mean, &second_deviation));
  assert_ok(context, lottery_dataset_normalise(once, 1, &second_mean, &second_deviation, &twice));
  assert_ok(context, lottery_dataset_read(twice, 0, elements->count, read, NULL));
  for (int64_t i = 0; i < elements->count * features; i++)
    check_near((double)read[i], (normalised.values[i] - (long double)second_mean) / (long double)second_deviation,
               1e-6L, "value normalised twice");
  free(normalised.values);
  free(read);
  lottery_dataset_destroy(dataset);
  lottery_dataset_destroy(once);
  lottery_dataset_destroy(twice);
}

static void test_values_of_floats(void **state) {
  for (int i = 0; i < OFFSETS; i++) {
    struct elements elements = floats_create(offsets[i]);
    check_normalise(*state, &elements, 1.0, 0.0);
    check_normalise(*state, &elements, 0.1, 0.0);
    check_normalise(*state, &elements, 1.0, 2.0 - offsets[i]);
    free(elements.values);
  }
}

static void test_values_of_bytes(void **state) {
  struct elements elements = bytes_create();
  check_normalise(*state, &elements, 1.0 / 255, 0.0);
  check_normalise(*state, &elements, 1.0, 0.0);
  check_normalise(*state, &elements, -30.0, 0.0);
  check_normalise(*state, &elements, 1.0 / 255, -0.5);
  free(elements.values);
}

/* A map given at the creation is as exact. */
static void test_shift_far_from_zero(void **state) {
  lottery_context *context = *state;
  for (int32_t element = 0; element < 2; element++) {
    struct elements elements = elements_create(element, 10, 1);
    const double offset = element == LOTTERY_ELEMENT_UINT8 ? 246 : 1.6e7, scale = 0.35, shift = -offset * 0.35 - 1;
    for (int i = 0; i < 10; i++) elements.values[i] = (long double)offset + i;
    lottery_dataset *dataset = dataset_of(context, &elements, scale, shift);
    float read[10];
    assert_ok(context, lottery_dataset_read(dataset, 0, 10, read, NULL));
    for (int i = 0; i < 10; i++)
      check_rounded(read[i], elements.values[i] * (long double)scale + (long double)shift, 0x1p-51L * 1.6e7L);
    lottery_dataset_destroy(dataset);
    free(elements.values);
  }
}

/* Elements near the limits of float32, and maps that lose them. */
static void test_extremes(void **state) {
  lottery_context *context = *state;
  const struct {
    long double base, step;
    double scale, shift;
  } cases[] = {{1.5e38L, 1e37L, 0.5, 0.0}, {-3e38L, 1e36L, 0.1, 0.0},  {3e38L, 1e36L, 1e-3, 1e30},
               {1e-37L, 1e-38L, 1.0, 0.0}, {1e-37L, 1e-38L, 1.0, 3.0}, {5.0L, 1.0L, 1e-30, 1e10},
               {5.0L, 1.0L, 0.0, -2.5},    {5.0L, 1.0L, 0.0, 0.0},     {5.0L, 1.0L, 1e-300, 1e30},
               {5e37L, 1e31L, 1.0, -5e37}};
  for (int c = 0; c < (int)(sizeof cases / sizeof *cases); c++) {
    struct elements elements = elements_create(LOTTERY_ELEMENT_FLOAT32, 10, 1);
    for (int i = 0; i < 10; i++) elements.values[i] = (long double)(float)(cases[c].base + cases[c].step * i);
    lottery_dataset *dataset = dataset_of(context, &elements, cases[c].scale, cases[c].shift), *normalised;
    double mean, deviation;
    float read[10], raw[10];
    assert_ok(context, lottery_dataset_statistics(dataset, 1, &mean, &deviation));
    assert_ok(context, lottery_dataset_normalise(dataset, 1, &mean, &deviation, &normalised));
    assert_ok(context, lottery_dataset_read(dataset, 0, 10, raw, NULL));
    assert_ok(context, lottery_dataset_read(normalised, 0, 10, read, NULL));
    const long double divisor = deviation == 0.0 ? 1.0L : (long double)deviation;
    for (int i = 0; i < 10; i++) {
      const long double shift = (long double)cases[c].shift,
                        value = elements.values[i] * (long double)cases[c].scale + shift;
      const long double size = fabsl((long double)mean) + fabsl(shift) + fabsl(value - shift);
      check_rounded(raw[i], value, 0x1p-51L * size + 1e-44L);
      check_rounded(read[i], (value - (long double)mean) / divisor, 0x1p-51L * size / divisor + 1e-44L);
    }
    lottery_dataset_destroy(dataset);
    lottery_dataset_destroy(normalised);
    free(elements.values);
  }
}

/* A deviation of 0 counts as 1. */
static void test_zero_deviation(void **state) {
  lottery_context *context = *state;
  const float inputs[] = {5.0F, 1.0F, 0.25F, 5.0F, 3.0F, 9.5F}, expected[] = {0.0F, -1.0F, 0.0F, 0.0F, 1.0F, 9.25F};
  const int64_t shape = 3;
  double mean[3], deviation[3];
  lottery_dataset *dataset, *normalised;
  assert_ok(context, lottery_dataset_create(context, 2, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1, 0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  assert_ok(context, lottery_dataset_statistics(dataset, 3, mean, deviation));
  assert_true(deviation[0] == 0.0);
  mean[2] = 0.25;
  deviation[2] = -0.0; /* given by a host */
  float read[6];
  assert_ok(context, lottery_dataset_normalise(dataset, 3, mean, deviation, &normalised));
  assert_ok(context, lottery_dataset_read(normalised, 0, 2, read, NULL));
  for (int i = 0; i < 6; i++) assert_true(read[i] == expected[i]);
  lottery_dataset_destroy(normalised);
  deviation[1] = -1e-9;
  assert_fails(context, lottery_dataset_normalise(dataset, 3, mean, deviation, &normalised), LOTTERY_ERROR_ARGUMENT,
               "deviation: -1e-09 of group 1 is below 0");
  lottery_dataset_destroy(dataset);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_statistics_of_bytes), TEST(test_statistics_of_floats), TEST(test_constant), TEST(test_values_of_floats),
      TEST(test_values_of_bytes),     TEST(test_shift_far_from_zero),  TEST(test_extremes), TEST(test_zero_deviation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
