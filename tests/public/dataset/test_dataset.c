/* Datasets of host memory: values, checks, who owns what, and when borrowed memory is released. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { COUNT = 5, FEATURES = 6 };

static const int64_t shape[] = {2, 1, 3};
static const float floats[COUNT * FEATURES] = {0, 1,    2,  3,  4,   5,  -1, -2, 0.5f, 0.25f, 9, 8, 7, 6, 5,
                                               4, 1e5f, -3, -0, 1.5, 11, 12, 13, 14,   15,    1, 2, 3, 4, 5};
static const unsigned char bytes[COUNT * FEATURES] = {0,  255, 1, 2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
                                                      14, 200, 3, 50, 60, 70, 80, 90, 99, 98, 97, 96, 95, 94, 93};
static const int32_t labels[COUNT] = {0, 2, 1, 2, 0};

/* Each test gets a context whose allocator finds what the test leaves behind. */
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

static lottery_dataset *create(lottery_context *context, int32_t element, double scale, double shift, int32_t memory,
                               lottery_dataset_release release, void *user) {
  lottery_dataset *dataset = NULL;
  const void *inputs = element == LOTTERY_ELEMENT_UINT8 ? (const void *)bytes : (const void *)floats;
  assert_ok(context, lottery_dataset_create(context, COUNT, 3, shape, element, inputs, scale, shift, memory, release,
                                            user, &dataset));
  assert_non_null(dataset);
  return dataset;
}

static void count_release(void *user) { ++*(int *)user; }

static void test_values(void **state) {
  lottery_context *context = *state;
  const double scales[] = {1.0, 1.0 / 255, -2.5}, shifts[] = {0.0, 0.0, 0.75};
  for (int i = 0; i < 3; i++) {
    const float scale = (float)scales[i], shift = (float)shifts[i];
    for (int32_t element = 0; element <= 1; element++)
      for (int32_t memory = 0; memory <= 1; memory++) {
        lottery_dataset *dataset = create(context, element, scales[i], shifts[i], memory, NULL, NULL);
        float inputs[COUNT * FEATURES];
        assert_ok(context, lottery_dataset_read(dataset, 0, COUNT, inputs, NULL));
        for (int j = 0; j < COUNT * FEATURES; j++) {
          const float product = (element == LOTTERY_ELEMENT_UINT8 ? (float)bytes[j] : floats[j]) * scale;
          const float expected = product + shift;
          assert_true(inputs[j] == expected);
        }
        lottery_dataset_destroy(dataset);
      }
  }
}

static void test_sizes_and_shape(void **state) {
  lottery_context *context = *state;
  lottery_dataset *dataset = create(context, LOTTERY_ELEMENT_UINT8, 1, 0, LOTTERY_MEMORY_COPY, NULL, NULL);
  int64_t count, features, classes, sizes[4] = {-1, -1, -1, -1};
  int32_t rank;
  assert_ok(context, lottery_dataset_sizes(dataset, &count, &features, &classes));
  assert_int_equal(count, COUNT);
  assert_int_equal(features, FEATURES);
  assert_int_equal(classes, 0);
  assert_ok(context, lottery_dataset_sizes(dataset, NULL, NULL, NULL));
  assert_ok(context, lottery_dataset_shape(dataset, 4, sizes, &rank));
  assert_int_equal(rank, 3);
  assert_memory_equal(sizes, shape, sizeof shape);
  assert_int_equal(sizes[3], -1);
  assert_fails(context, lottery_dataset_shape(dataset, 2, sizes, &rank), LOTTERY_ERROR_ARGUMENT, "capacity: 2");
  assert_fails(context, lottery_dataset_shape(dataset, 3, NULL, &rank), LOTTERY_ERROR_ARGUMENT, "shape: NULL");
  assert_fails(context, lottery_dataset_shape(dataset, 3, sizes, NULL), LOTTERY_ERROR_ARGUMENT, "rank: NULL");
  assert_status(NULL, lottery_dataset_shape(NULL, 3, sizes, &rank), LOTTERY_ERROR_HANDLE);
  assert_status(NULL, lottery_dataset_sizes(NULL, &count, NULL, NULL), LOTTERY_ERROR_HANDLE);
  assert_status(NULL, lottery_dataset_sizes((lottery_dataset *)context, &count, NULL, NULL), LOTTERY_ERROR_HANDLE);
  lottery_dataset_destroy(dataset);
  lottery_dataset_destroy(NULL);
}

/* The arguments of lottery_dataset_create, all good until a test changes one. */
struct creation {
  int64_t count;
  int32_t rank;
  const int64_t *shape;
  int32_t element;
  const void *inputs;
  double scale, shift;
  int32_t memory;
};

static void refuse(lottery_context *context, struct creation with, lottery_status status, const char *text) {
  int released = 0;
  lottery_dataset *dataset = (lottery_dataset *)&released;
  assert_fails(context,
               lottery_dataset_create(context, with.count, with.rank, with.shape, with.element, with.inputs, with.scale,
                                      with.shift, with.memory, count_release, &released, &dataset),
               status, text);
  assert_null(dataset);
  assert_int_equal(released, 0);
}

#define REFUSE(member, value, status, text)     \
  do {                                          \
    struct creation changed = good;             \
    changed.member = (value);                   \
    refuse(context, changed, (status), (text)); \
  } while (0)

static void test_create_refuses(void **state) {
  lottery_context *context = *state;
  const struct creation good = {COUNT, 3, shape, LOTTERY_ELEMENT_FLOAT32, floats, 1, 0, LOTTERY_MEMORY_BORROW};
  REFUSE(count, 0, LOTTERY_ERROR_ARGUMENT, "count: 0 is outside 1 to 2147483647");
  REFUSE(count, -1, LOTTERY_ERROR_ARGUMENT, "count: -1");
  REFUSE(count, INT64_C(1) << 31, LOTTERY_ERROR_ARGUMENT, "count: 2147483648");
  REFUSE(count, INT64_MAX, LOTTERY_ERROR_ARGUMENT, "count:");
  REFUSE(rank, 0, LOTTERY_ERROR_ARGUMENT, "rank: 0 is outside 1 to 3");
  REFUSE(rank, 4, LOTTERY_ERROR_ARGUMENT, "rank: 4");
  REFUSE(rank, INT32_MIN, LOTTERY_ERROR_ARGUMENT, "rank:");
  REFUSE(shape, NULL, LOTTERY_ERROR_ARGUMENT, "shape: NULL");
  REFUSE(element, 2, LOTTERY_ERROR_ARGUMENT, "element: 2 is outside 0 to 1");
  REFUSE(element, -1, LOTTERY_ERROR_ARGUMENT, "element: -1");
  REFUSE(memory, 2, LOTTERY_ERROR_ARGUMENT, "memory: 2 is outside 0 to 1");
  REFUSE(memory, -1, LOTTERY_ERROR_ARGUMENT, "memory: -1");
  REFUSE(inputs, NULL, LOTTERY_ERROR_ARGUMENT, "inputs: NULL");
  REFUSE(inputs, (const char *)floats + 1, LOTTERY_ERROR_ARGUMENT, "inputs: not aligned to 4 bytes");
  REFUSE(scale, (double)INFINITY, LOTTERY_ERROR_NOT_FINITE, "scale:");
  REFUSE(scale, (double)NAN, LOTTERY_ERROR_NOT_FINITE, "scale:");
  REFUSE(shift, -(double)INFINITY, LOTTERY_ERROR_NOT_FINITE, "shift:");
  REFUSE(shift, (double)NAN, LOTTERY_ERROR_NOT_FINITE, "shift:");
  REFUSE(scale, 1e300, LOTTERY_ERROR_NOT_FINITE, "inputs up to 100000 times 1e+300");
  REFUSE(scale, 1e35, LOTTERY_ERROR_NOT_FINITE, "inputs up to 100000 times 1e+35");
  REFUSE(shift, 1e39, LOTTERY_ERROR_NOT_FINITE, "a shift of 1e+39");

  const int64_t zero[] = {2, 0, 3}, negative[] = {2, -1, 3}, large[] = {1 << 20, 1 << 12, 1};
  const int64_t larger[] = {INT64_MAX, 2, 2}, limit[] = {INT32_MAX, 1, 1};
  REFUSE(shape, zero, LOTTERY_ERROR_ARGUMENT, "shape: 0 is outside 1 to 2147483647");
  REFUSE(shape, negative, LOTTERY_ERROR_ARGUMENT, "shape: -1");
  REFUSE(shape, large, LOTTERY_ERROR_ARGUMENT, "shape: over 2147483647 features");
  REFUSE(shape, larger, LOTTERY_ERROR_ARGUMENT, "shape: 9223372036854775807");
  struct creation enormous = good;
  enormous.count = INT32_MAX;
  enormous.shape = limit;
  refuse(context, enormous, LOTTERY_ERROR_MEMORY, "do not fit in memory");
  enormous.element = LOTTERY_ELEMENT_UINT8; /* fits in an int64_t, not in a machine */
  enormous.memory = LOTTERY_MEMORY_COPY;
  refuse(context, enormous, LOTTERY_ERROR_MEMORY, "cannot allocate");

  lottery_dataset *dataset;
  assert_status(NULL, lottery_dataset_create(NULL, 1, 3, shape, 0, floats, 1, 0, 0, NULL, NULL, &dataset),
                LOTTERY_ERROR_HANDLE);
  assert_null(dataset);
  assert_fails(context, lottery_dataset_create(context, 1, 3, shape, 0, floats, 1, 0, 0, NULL, NULL, NULL),
               LOTTERY_ERROR_ARGUMENT, "out: NULL");
}

static void test_inputs_must_be_finite(void **state) {
  lottery_context *context = *state;
  const float bad[] = {INFINITY, -INFINITY, NAN};
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < COUNT * FEATURES; j++) {
      float inputs[COUNT * FEATURES];
      memcpy(inputs, floats, sizeof inputs);
      inputs[j] = bad[i];
      char text[64];
      snprintf(text, sizeof text, "inputs: example %d has a value that is not finite", j / FEATURES);
      for (int32_t memory = 0; memory <= 1; memory++)
        refuse(context, (struct creation){COUNT, 3, shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1, 0, memory},
               LOTTERY_ERROR_NOT_FINITE, text);
    }
}

static void test_copy_is_a_copy(void **state) {
  lottery_context *context = *state;
  float inputs[FEATURES] = {1, 2, 3, 4, 5, 6}, out[FEATURES];
  int released = 0;
  lottery_dataset *dataset;
  assert_ok(context, lottery_dataset_create(context, 1, 3, shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1, 0,
                                            LOTTERY_MEMORY_COPY, count_release, &released, &dataset));
  inputs[3] = 99;
  assert_ok(context, lottery_dataset_read(dataset, 0, 1, out, NULL));
  assert_true(out[3] == 4);
  lottery_dataset_destroy(dataset);
  assert_int_equal(released, 0);
}

/* A borrowed dataset and what is made of it: alone the last handle's end releases the memory, in every order. */
enum { FAMILY = 5 };

static void make_family(lottery_context *context, int *released, lottery_dataset *family[FAMILY]) {
  const double mean = 1, deviation = 2;
  family[0] = create(context, LOTTERY_ELEMENT_UINT8, 1, 0, LOTTERY_MEMORY_BORROW, count_release, released);
  assert_ok(context, lottery_dataset_with_labels(family[0], 3, labels, COUNT, &family[1]));
  assert_ok(context, lottery_dataset_split(family[1], 2, 7, &family[2], &family[3]));
  assert_ok(context, lottery_dataset_normalise(family[3], 1, &mean, &deviation, &family[4]));
}

static void test_release_once_in_every_order(void **state) {
  lottery_context *context = *state;
  int orders = 0;
  for (int code = 0; code < FAMILY * FAMILY * FAMILY * FAMILY * FAMILY; code++) {
    int order[FAMILY], seen = 0, rest = code;
    for (int i = 0; i < FAMILY; i++, rest /= FAMILY) seen |= 1 << (order[i] = rest % FAMILY);
    if (seen != (1 << FAMILY) - 1) continue; /* no permutation */
    orders++;
    int released = 0;
    lottery_dataset *family[FAMILY];
    make_family(context, &released, family);
    for (int i = 0; i < FAMILY; i++) {
      assert_int_equal(released, 0);
      float inputs[FEATURES];
      for (int j = i; j < FAMILY; j++) assert_ok(context, lottery_dataset_read(family[order[j]], 0, 1, inputs, NULL));
      lottery_dataset_destroy(family[order[i]]);
    }
    assert_int_equal(released, 1);
  }
  assert_int_equal(orders, 120);
}

static void *destroy_dataset(void *dataset) {
  lottery_dataset_destroy(dataset);
  return NULL;
}

static void test_release_from_other_threads(void **state) {
  lottery_context *context = *state;
  for (int round = 0; round < 20; round++) {
    int released = 0;
    lottery_dataset *family[FAMILY];
    make_family(context, &released, family);
    pthread_t threads[FAMILY];
    for (int i = 0; i < FAMILY; i++) assert_int_equal(pthread_create(&threads[i], NULL, destroy_dataset, family[i]), 0);
    for (int i = 0; i < FAMILY; i++) pthread_join(threads[i], NULL);
    assert_int_equal(released, 1);
  }
}

static void test_outlives_its_context(void **state) {
  (void)state;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  int released = 0;
  lottery_dataset *family[FAMILY];
  make_family(context, &released, family);
  lottery_context_destroy(context);
  float inputs[FEATURES];
  for (int i = 0; i < FAMILY; i++) {
    assert_ok(NULL, lottery_dataset_read(family[i], 0, 1, inputs, NULL));
    lottery_dataset_destroy(family[i]);
  }
  assert_int_equal(released, 1);
  allocator_finish(&allocator);
}

static void test_read(void **state) {
  lottery_context *context = *state;
  lottery_dataset *plain = create(context, LOTTERY_ELEMENT_FLOAT32, 1, 0, LOTTERY_MEMORY_COPY, NULL, NULL), *dataset;
  assert_ok(context, lottery_dataset_with_labels(plain, 3, labels, COUNT, &dataset));
  float inputs[3 * FEATURES + 1];
  int32_t found[4] = {-7, -7, -7, -7};
  inputs[3 * FEATURES] = -77;
  assert_ok(context, lottery_dataset_read(dataset, 1, 3, inputs, found));
  assert_memory_equal(inputs, floats + FEATURES, sizeof *inputs * 3 * FEATURES);
  assert_memory_equal(found, labels + 1, sizeof *found * 3);
  assert_true(inputs[3 * FEATURES] == -77);
  assert_int_equal(found[3], -7);
  assert_ok(context, lottery_dataset_read(dataset, 4, 1, NULL, found));
  assert_int_equal(found[0], labels[4]);
  assert_ok(context, lottery_dataset_read(dataset, COUNT, 0, inputs, found));
  assert_ok(context, lottery_dataset_read(plain, 0, 1, NULL, NULL));
  assert_fails(context, lottery_dataset_read(plain, 0, 1, inputs, found), LOTTERY_ERROR_STATE, "no labels");
  assert_fails(context, lottery_dataset_read(dataset, -1, 1, inputs, found), LOTTERY_ERROR_ARGUMENT, "first: -1");
  assert_fails(context, lottery_dataset_read(dataset, 6, 0, inputs, found), LOTTERY_ERROR_ARGUMENT, "first: 6");
  assert_fails(context, lottery_dataset_read(dataset, 2, 4, inputs, found), LOTTERY_ERROR_ARGUMENT,
               "count: 4 is outside 0 to 3");
  assert_fails(context, lottery_dataset_read(dataset, 2, -1, inputs, found), LOTTERY_ERROR_ARGUMENT, "count: -1");
  assert_fails(context, lottery_dataset_read(dataset, 2, INT64_MAX, inputs, found), LOTTERY_ERROR_ARGUMENT, "count:");
  assert_status(NULL, lottery_dataset_read(NULL, 0, 1, inputs, NULL), LOTTERY_ERROR_HANDLE);
  lottery_dataset_destroy(plain);
  lottery_dataset_destroy(dataset);
}

static lottery_status create_scenario(lottery_context *context, void *user) {
  int released = 0;
  lottery_dataset *dataset;
  const lottery_status status = lottery_dataset_create(context, COUNT, 3, shape, LOTTERY_ELEMENT_FLOAT32, floats, 1, 0,
                                                       *(int32_t *)user, count_release, &released, &dataset);
  assert_int_equal(released, 0);
  assert_true((status == LOTTERY_OK) == (dataset != NULL));
  lottery_dataset_destroy(dataset);
  assert_int_equal(released, status == LOTTERY_OK && *(int32_t *)user == LOTTERY_MEMORY_BORROW);
  return status;
}

static void test_create_out_of_memory(void **state) {
  (void)state;
  int32_t memory = LOTTERY_MEMORY_COPY;
  const int64_t copied = run_out_of_memory(create_scenario, &memory);
  memory = LOTTERY_MEMORY_BORROW;
  assert_int_equal(run_out_of_memory(create_scenario, &memory), copied - 1);
}

/* Many threads read one dataset and derive from it. */
static void *use_dataset(void *user) {
  lottery_dataset *dataset = user, *half, *other;
  for (int i = 0; i < 50; i++) {
    float inputs[COUNT * FEATURES];
    assert_ok(NULL, lottery_dataset_read(dataset, 0, COUNT, inputs, NULL));
    assert_ok(NULL, lottery_dataset_split(dataset, 3, (uint64_t)i, &half, &other));
    assert_ok(NULL, lottery_dataset_read(half, 0, 3, inputs, NULL));
    lottery_dataset_destroy(half);
    lottery_dataset_destroy(other);
  }
  return NULL;
}

static void test_threads_share(void **state) {
  int released = 0;
  lottery_dataset *dataset =
      create(*state, LOTTERY_ELEMENT_UINT8, 1, 0, LOTTERY_MEMORY_BORROW, count_release, &released);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, use_dataset, dataset), 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  assert_int_equal(released, 0);
  lottery_dataset_destroy(dataset);
  assert_int_equal(released, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_values),
      TEST(test_sizes_and_shape),
      TEST(test_create_refuses),
      TEST(test_inputs_must_be_finite),
      TEST(test_copy_is_a_copy),
      TEST(test_release_once_in_every_order),
      TEST(test_release_from_other_threads),
      TEST(test_outlives_its_context),
      TEST(test_read),
      TEST(test_create_out_of_memory),
      TEST(test_threads_share),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
