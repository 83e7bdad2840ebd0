/* The pruner's options, every kind of bad argument, and memory that runs out. */
#include <math.h>
#include <string.h>

#include "pruning.h"

static void options_are_kept(void **state) {
  (void)state;
  int64_t integer;
  double real;
  assert_ok(context, lottery_pruner_get_real(pruner, LOTTERY_PRUNER_RATE, &real));
  assert_true(real == 0.2);
  assert_ok(context, lottery_pruner_get_real(pruner, LOTTERY_PRUNER_OUTPUT_FACTOR, &real));
  assert_true(real == 0.5);
  assert_ok(context, lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_CRITERION, &integer));
  assert_int_equal(integer, LOTTERY_CRITERION_MAGNITUDE);
  assert_ok(context, lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_SCOPE, &integer));
  assert_int_equal(integer, LOTTERY_SCOPE_LAYERWISE);
  assert_ok(context, lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_SEED, &integer));
  assert_int_equal(integer, 0);
  assert_fails(context, lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_COUNT, &integer), LOTTERY_ERROR_STATE,
               "count");
  assert_fails(context, lottery_pruner_get_real(pruner, LOTTERY_PRUNER_DENSITY, &real), LOTTERY_ERROR_STATE, "density");
  set_integer(LOTTERY_PRUNER_COUNT, INT64_C(1) << 53);
  set_real(LOTTERY_PRUNER_DENSITY, 0.25);
  set_real(LOTTERY_PRUNER_RATE, 0.75);
  assert_ok(context, lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_COUNT, &integer));
  assert_int_equal(integer, INT64_C(1) << 53);
  assert_ok(context, lottery_pruner_get_real(pruner, LOTTERY_PRUNER_DENSITY, &real));
  assert_true(real == 0.25);
  assert_ok(context, lottery_pruner_get_real(pruner, LOTTERY_PRUNER_RATE, &real));
  assert_true(real == 0.75);
}

static void bad_options(void **state) {
  (void)state;
  const lottery_status argument = LOTTERY_ERROR_ARGUMENT;
  int64_t integer = 3;
  double real = 3;
  static const int32_t reals[] = {LOTTERY_PRUNER_RATE, LOTTERY_PRUNER_OUTPUT_FACTOR, LOTTERY_PRUNER_DENSITY};
  const double bad[] = {-1e-300, 1.0000001, (double)NAN, (double)INFINITY, -(double)INFINITY};
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 5; j++)
      assert_fails(context, lottery_pruner_set_real(pruner, reals[i], bad[j]), argument, ": ");
    assert_fails(context, lottery_pruner_set_integer(pruner, reals[i], 0), argument, "real number");
    assert_fails(context, lottery_pruner_get_integer(pruner, reals[i], &integer), argument, "real number");
  }
  static const int32_t integers[] = {LOTTERY_PRUNER_CRITERION, LOTTERY_PRUNER_SCOPE, LOTTERY_PRUNER_COUNT,
                                     LOTTERY_PRUNER_SEED};
  static const int64_t highest[] = {1, 1, INT64_C(1) << 53, INT64_C(1) << 53};
  for (int i = 0; i < 4; i++) {
    assert_fails(context, lottery_pruner_set_integer(pruner, integers[i], -1), argument, ": -1 is outside 0 to");
    assert_fails(context, lottery_pruner_set_integer(pruner, integers[i], highest[i] + 1), argument,
                 " is outside 0 to");
    assert_status(context, lottery_pruner_set_real(pruner, integers[i], 0.5), argument);
    assert_status(context, lottery_pruner_get_real(pruner, integers[i], &real), argument);
  }
  static const int32_t keys[] = {0, -1, LOTTERY_TRAINER_LEARNING_RATE, LOTTERY_PRUNER_SEED + 1, INT32_MAX};
  for (int i = 0; i < 5; i++) {
    assert_fails(context, lottery_pruner_set_integer(pruner, keys[i], 0), argument, "key: ");
    assert_fails(context, lottery_pruner_get_integer(pruner, keys[i], &integer), argument, "key: ");
    assert_fails(context, lottery_pruner_set_real(pruner, keys[i], 0.0), argument, "key: ");
    assert_fails(context, lottery_pruner_get_real(pruner, keys[i], &real), argument, "key: ");
  }
  assert_fails(context, lottery_pruner_get_integer(pruner, LOTTERY_PRUNER_SEED, NULL), argument, "out: NULL");
  assert_fails(context, lottery_pruner_get_real(pruner, LOTTERY_PRUNER_RATE, NULL), argument, "out: NULL");
  for (int j = 0; j < 5; j++)
    assert_fails(context, lottery_pruner_set_tensor_rate(pruner, "fc1.weight", bad[j]), argument, "rate: ");
  assert_fails(context, lottery_pruner_set_tensor_rate(pruner, NULL, 0.5), argument, "name: NULL");
  char name[33];
  memset(name, 'x', 32);
  name[32] = '\0';
  assert_fails(context, lottery_pruner_set_tensor_rate(pruner, name, 0.5), argument, "name: 32 bytes");
  assert_int_equal(integer, 3);
  assert_true(real == 3);
  lottery_mask *next; /* none of this left a trace */
  assert_ok(context, lottery_pruner_apply(pruner, network, ones, &next));
  assert_int_equal(kept_of(next, 0), 52);
  lottery_mask_destroy(next);
}

static void bad_handles(void **state) {
  (void)state;
  lottery_pruner *const wrong[] = {NULL, (lottery_pruner *)network}, *made;
  lottery_network *const wrong_network[] = {NULL, (lottery_network *)ones};
  int64_t integer, kept[TENSORS] = {9, 9, 9};
  double real;
  lottery_mask *next;
  for (int i = 0; i < 2; i++) {
    made = pruner;
    assert_status(context, lottery_pruner_create((lottery_context *)wrong[i], &made), LOTTERY_ERROR_HANDLE);
    assert_null(made);
    assert_status(context, lottery_pruner_set_integer(wrong[i], LOTTERY_PRUNER_SEED, 1), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_pruner_get_integer(wrong[i], LOTTERY_PRUNER_SEED, &integer), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_pruner_set_real(wrong[i], LOTTERY_PRUNER_RATE, 1), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_pruner_get_real(wrong[i], LOTTERY_PRUNER_RATE, &real), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_pruner_set_tensor_rate(wrong[i], "fc1.weight", 1), LOTTERY_ERROR_HANDLE);
    next = ones;
    assert_status(context, lottery_pruner_apply(wrong[i], network, NULL, &next), LOTTERY_ERROR_HANDLE);
    assert_null(next);
    next = ones;
    assert_fails(context, lottery_pruner_apply(pruner, wrong_network[i], NULL, &next), LOTTERY_ERROR_HANDLE,
                 "network: ");
    assert_null(next);
    assert_status(context, lottery_pruner_preview(wrong[i], network, NULL, TENSORS, kept, NULL, NULL),
                  LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_pruner_preview(pruner, wrong_network[i], NULL, TENSORS, kept, NULL, NULL),
                  LOTTERY_ERROR_HANDLE);
  }
  next = ones;
  assert_fails(context, lottery_pruner_apply(pruner, network, (lottery_mask *)network, &next), LOTTERY_ERROR_HANDLE,
               "mask: ");
  assert_null(next);
  assert_fails(context, lottery_pruner_apply(pruner, network, NULL, NULL), LOTTERY_ERROR_ARGUMENT, "out: NULL");
  assert_fails(context, lottery_pruner_create(context, NULL), LOTTERY_ERROR_ARGUMENT, "out: NULL");
  assert_int_equal(kept[0], 9);
  lottery_pruner_destroy(NULL);
}

static void masks_and_networks_that_do_not_fit(void **state) {
  (void)state;
  lottery_network *other, *unfinished;
  lottery_mask *mask, *next = ones;
  int64_t kept[TENSORS + 1] = {9, 9, 9, 9};
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-6", &other));
  assert_ok(context, lottery_mask_ones(other, &mask));
  assert_ok(context, lottery_network_create(context, &unfinished));
  assert_fails(context, lottery_pruner_apply(pruner, network, mask, &next), LOTTERY_ERROR_SHAPE, "mask: covers 2");
  assert_null(next);
  assert_fails(context, lottery_pruner_apply(pruner, unfinished, NULL, &next), LOTTERY_ERROR_STATE, "network: ");
  assert_fails(context, lottery_pruner_preview(pruner, unfinished, NULL, TENSORS, kept, NULL, NULL),
               LOTTERY_ERROR_STATE, "network: ");
  static const int64_t wrong[] = {TENSORS - 1, TENSORS + 1, 0, -1, INT64_MAX};
  for (int i = 0; i < 5; i++)
    assert_fails(context, lottery_pruner_preview(pruner, network, NULL, wrong[i], kept, kept, NULL),
                 LOTTERY_ERROR_SHAPE, "count: ");
  for (int i = 0; i < 4; i++) assert_int_equal(kept[i], 9);
  assert_ok(context, lottery_pruner_preview(pruner, network, NULL, TENSORS, NULL, NULL, NULL));
  lottery_mask_destroy(mask);
  lottery_network_destroy(other);
  lottery_network_destroy(unfinished);
}

/* Network and mask may be of other contexts; mask and message are the pruner's. */
static void across_contexts(void **state) {
  (void)state;
  struct counting_allocator own;
  allocator_start(&own);
  lottery_context *other = allocator_context(&own);
  lottery_pruner *stranger;
  lottery_mask *next;
  int64_t kept;
  assert_ok(other, lottery_pruner_create(other, &stranger));
  lottery_context_destroy(other);
  assert_ok(NULL, lottery_pruner_apply(stranger, network, ones, &next));
  lottery_pruner_destroy(stranger);
  assert_ok(NULL, lottery_mask_kept(next, 0, &kept, NULL));
  assert_int_equal(kept, 52);
  lottery_mask_destroy(next);
  allocator_finish(&own);
}

/* Whatever fails, the network's weights and mask stay, and so do the pruner's rates. */
static lottery_status prune(lottery_context *own, void *user) {
  (void)user;
  lottery_network *mine = NULL;
  lottery_pruner *my_pruner = NULL;
  lottery_mask *first = NULL, *second = NULL;
  int64_t kept[TENSORS] = {9, 9, 9}, dead[TENSORS] = {9, 9, 9};
  char name[] = "fc1.weight";
  lottery_status status = lottery_network_preset(own, "mlp-5-13-8-6", &mine);
  if (status == LOTTERY_OK) status = lottery_network_initialise(mine, LOTTERY_INITIALISE_GLOROT_NORMAL, 1);
  if (status == LOTTERY_OK) status = lottery_pruner_create(own, &my_pruner);
  if (status == LOTTERY_OK) status = lottery_pruner_apply(my_pruner, mine, NULL, &first);
  if (status == LOTTERY_OK) status = lottery_network_set_mask(mine, first);
  if (status == LOTTERY_OK) status = lottery_pruner_set_integer(my_pruner, LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL);
  if (status == LOTTERY_OK) status = lottery_pruner_apply(my_pruner, mine, NULL, &second);
  if (status == LOTTERY_OK) {
    status = lottery_pruner_preview(my_pruner, mine, NULL, TENSORS, kept, dead, NULL);
    if (status != LOTTERY_OK) assert_int_equal(kept[0] + dead[0], 18);
  }
  for (int i = 0; status == LOTTERY_OK && i < 20; i++) {
    name[2] = (char)('1' + i);
    status = lottery_pruner_set_tensor_rate(my_pruner, name, 0.1);
  }
  lottery_mask_destroy(first);
  lottery_mask_destroy(second);
  lottery_pruner_destroy(my_pruner);
  lottery_network_destroy(mine);
  return status;
}

static void every_allocation_can_fail(void **state) {
  (void)state;
  assert_in_range((uintmax_t)run_out_of_memory(prune, NULL), 40, 400);
}

/* A pruning that ran out of memory is as good as none: the next one gives the same mask. */
static void failure_leaves_no_trace(void **state) {
  (void)state;
  lottery_mask *mask, *before, *after, *next = NULL;
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_mask_shuffle(ones, 1, &mask));
  assert_ok(context, lottery_pruner_apply(pruner, network, mask, &before));
  int failures = 0;
  for (lottery_status status = LOTTERY_ERROR_MEMORY; status == LOTTERY_ERROR_MEMORY; failures++) {
    next = ones;
    allocator_fail(&allocator, failures + 1, false);
    status = lottery_pruner_apply(pruner, network, mask, &next);
    allocator_fail(&allocator, 0, false);
    if (status == LOTTERY_OK) break;
    assert_int_equal(status, LOTTERY_ERROR_MEMORY);
    assert_null(next);
    assert_message(context, "memory: ");
  }
  assert_in_range((uintmax_t)failures, 10, 40);
  assert_ok(context, lottery_pruner_apply(pruner, network, mask, &after));
  int64_t hamming[3];
  assert_ok(context, lottery_mask_hamming(before, after, &hamming[0]));
  assert_ok(context, lottery_mask_hamming(before, next, &hamming[1]));
  assert_ok(context, lottery_mask_hamming(mask, ones, &hamming[2]));
  for (int i = 0; i < 3; i++) assert_int_equal(hamming[i], 0);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(before);
  lottery_mask_destroy(after);
  lottery_mask_destroy(next);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PRUNING_TEST(options_are_kept),
      PRUNING_TEST(bad_options),
      PRUNING_TEST(bad_handles),
      PRUNING_TEST(masks_and_networks_that_do_not_fit),
      PRUNING_TEST(across_contexts),
      PRUNING_TEST(every_allocation_can_fail),
      PRUNING_TEST(failure_leaves_no_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
