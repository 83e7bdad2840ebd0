/* Snapshots through the public functions: what they hold, and every kind of bad argument. */
#include <string.h>

#include "support.h"

enum { TENSORS = 4, LARGEST = 65 };
static const int64_t counts[TENSORS] = {65, 13, 52, 4};

static struct counting_allocator allocator;
static lottery_context *context;
static lottery_network *network;
static lottery_trainer *trainer;

static int set_up(void **state) {
  (void)state;
  allocator_start(&allocator);
  context = allocator_context(&allocator);
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-4", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  lottery_dataset *dataset = support_dataset(context, 40, 5, 4, 0.2f, 3);
  assert_ok(context, lottery_trainer_create(network, dataset, 2, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 10));
  assert_ok(context, lottery_trainer_run(trainer, 3, NULL, NULL, NULL));
  lottery_dataset_destroy(dataset);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
  return 0;
}

/* Whether a slot of every tensor holds the network's weights, or something but zeros. */
static void check_slot(lottery_snapshot *snapshot, int32_t slot, bool weights) {
  for (int64_t i = 0; i < TENSORS; i++) {
    float values[LARGEST], expected[LARGEST];
    assert_ok(context, lottery_snapshot_read(snapshot, i, slot, values, counts[i]));
    if (weights) {
      assert_ok(context, lottery_network_read_tensor(network, i, expected, counts[i]));
      assert_memory_equal(values, expected, (size_t)counts[i] * sizeof *values);
    }
    bool something = false;
    for (int64_t j = 0; j < counts[i]; j++) something = something || values[j] != 0.0f;
    assert_true(something);
  }
}

static void holds_a_networks_weights(void **state) {
  (void)state;
  lottery_snapshot *snapshot;
  int32_t contents;
  int64_t iteration;
  float values[LARGEST];
  assert_ok(context, lottery_network_snapshot(network, &snapshot));
  assert_ok(context, lottery_snapshot_contents(snapshot, &contents));
  assert_int_equal(contents, LOTTERY_STATE_WEIGHTS);
  assert_ok(context, lottery_snapshot_iteration(snapshot, &iteration));
  assert_int_equal(iteration, 0);
  check_slot(snapshot, LOTTERY_SLOT_WEIGHT, true);
  assert_fails(context, lottery_snapshot_read(snapshot, 0, LOTTERY_SLOT_FIRST, values, 65), LOTTERY_ERROR_STATE,
               "slot: ");
  assert_fails(context, lottery_snapshot_read(snapshot, 0, LOTTERY_SLOT_SECOND, values, 65), LOTTERY_ERROR_STATE,
               "slot: ");
  lottery_snapshot_destroy(snapshot);
}

static void holds_a_trainers_state(void **state) {
  (void)state;
  lottery_snapshot *snapshot;
  int32_t contents;
  int64_t iteration;
  assert_ok(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &snapshot));
  assert_ok(context, lottery_snapshot_contents(snapshot, &contents));
  assert_int_equal(contents, LOTTERY_STATE_ALL);
  assert_ok(context, lottery_snapshot_iteration(snapshot, &iteration));
  assert_int_equal(iteration, 3);
  check_slot(snapshot, LOTTERY_SLOT_WEIGHT, true);
  check_slot(snapshot, LOTTERY_SLOT_FIRST, false);
  check_slot(snapshot, LOTTERY_SLOT_SECOND, false);
  lottery_snapshot_destroy(snapshot);
}

static void knows_all_tensors(void **state) {
  (void)state;
  static const char *const names[] = {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"};
  static const int64_t shapes[][2] = {{13, 5}, {13, 0}, {4, 13}, {4, 0}};
  lottery_snapshot *snapshot;
  int64_t count, needed, shape[2];
  int32_t rank;
  char name[32];
  assert_ok(context, lottery_network_snapshot(network, &snapshot));
  assert_ok(context, lottery_snapshot_tensor_count(snapshot, &count));
  assert_int_equal(count, TENSORS);
  for (int i = 0; i < TENSORS; i++) {
    assert_ok(context, lottery_snapshot_tensor_name(snapshot, i, name, sizeof name, &needed));
    assert_string_equal(name, names[i]);
    assert_int_equal(needed, strlen(names[i]) + 1);
    assert_ok(context, lottery_snapshot_tensor_shape(snapshot, i, 2, shape, &rank));
    assert_int_equal(rank, 2 - i % 2);
    assert_memory_equal(shape, shapes[i], (size_t)rank * sizeof *shape);
  }
  lottery_snapshot_destroy(snapshot);
}

static void outlives_everything_else(void **state) {
  (void)state;
  struct counting_allocator own;
  allocator_start(&own);
  lottery_context *other = allocator_context(&own);
  lottery_network *short_lived;
  lottery_snapshot *snapshot;
  float values[LARGEST];
  assert_ok(other, lottery_network_preset(other, "mlp-5-13-4", &short_lived));
  assert_ok(other, lottery_network_snapshot(short_lived, &snapshot));
  lottery_context_destroy(other);
  lottery_network_destroy(short_lived);
  assert_ok(NULL, lottery_snapshot_read(snapshot, 0, LOTTERY_SLOT_WEIGHT, values, 65));
  lottery_snapshot_destroy(snapshot);
  allocator_finish(&own);
}

static void bad_arguments(void **state) {
  (void)state;
  lottery_snapshot *snapshot, *const wrong[] = {NULL, (lottery_snapshot *)network};
  int32_t contents = 9, rank;
  int64_t number = 9, shape[2];
  float values[LARGEST + 1];
  const lottery_status argument = LOTTERY_ERROR_ARGUMENT;
  for (int i = 0; i < 2; i++) {
    assert_status(context, lottery_snapshot_contents(wrong[i], &contents), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_snapshot_iteration(wrong[i], &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_snapshot_tensor_count(wrong[i], &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_snapshot_tensor_name(wrong[i], 0, NULL, 0, &number), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_snapshot_tensor_shape(wrong[i], 0, 2, shape, &rank), LOTTERY_ERROR_HANDLE);
    assert_status(context, lottery_snapshot_read(wrong[i], 0, 0, values, 65), LOTTERY_ERROR_HANDLE);
  }
  lottery_snapshot_destroy(NULL);
  assert_ok(context, lottery_network_snapshot(network, &snapshot));
  assert_fails(context, lottery_snapshot_contents(snapshot, NULL), argument, "out: NULL");
  assert_fails(context, lottery_snapshot_iteration(snapshot, NULL), argument, "out: NULL");
  assert_fails(context, lottery_snapshot_tensor_count(snapshot, NULL), argument, "out: NULL");
  static const int64_t tensors[] = {-1, TENSORS, INT64_MAX};
  for (int i = 0; i < 3; i++) {
    const int64_t tensor = tensors[i];
    assert_fails(context, lottery_snapshot_tensor_name(snapshot, tensor, NULL, 0, &number), argument, "tensor: ");
    assert_fails(context, lottery_snapshot_tensor_shape(snapshot, tensor, 2, shape, &rank), argument, "tensor: ");
    assert_fails(context, lottery_snapshot_read(snapshot, tensor, 0, values, 65), argument, "tensor: ");
  }
  assert_fails(context, lottery_snapshot_tensor_name(snapshot, 0, NULL, -2, &number), argument, "capacity: -2");
  assert_fails(context, lottery_snapshot_tensor_name(snapshot, 0, NULL, 2, &number), argument, "buffer: NULL");
  assert_fails(context, lottery_snapshot_tensor_shape(snapshot, 0, 1, shape, &rank), argument, "capacity: 1");
  assert_fails(context, lottery_snapshot_tensor_shape(snapshot, 0, 2, NULL, &rank), argument, "shape: NULL");
  assert_fails(context, lottery_snapshot_tensor_shape(snapshot, 0, 2, shape, NULL), argument, "rank: NULL");
  assert_fails(context, lottery_snapshot_read(snapshot, 0, -1, values, 65), argument, "slot: -1");
  assert_fails(context, lottery_snapshot_read(snapshot, 0, 3, values, 65), argument, "slot: 3");
  assert_fails(context, lottery_snapshot_read(snapshot, 0, 0, NULL, 65), argument, "values: NULL");
  assert_fails(context, lottery_snapshot_read(snapshot, 0, 0, values, 64), LOTTERY_ERROR_SHAPE, "count: 64");
  assert_fails(context, lottery_snapshot_read(snapshot, 0, 0, values, 66), LOTTERY_ERROR_SHAPE, "fc1.weight has 65");
  assert_int_equal(contents, 9);
  assert_int_equal(number, 9);
  lottery_snapshot_destroy(snapshot);
}

static lottery_status make_snapshots(lottery_context *own, void *user) {
  (void)user;
  lottery_network *mine = NULL;
  lottery_trainer *my_trainer = NULL;
  lottery_snapshot *plain = NULL, *whole = NULL;
  lottery_status status = lottery_network_preset(own, "mlp-5-13-4", &mine);
  if (status == LOTTERY_OK) status = lottery_network_snapshot(mine, &plain);
  if (status == LOTTERY_OK) status = lottery_trainer_create(mine, NULL, 0, &my_trainer);
  if (status == LOTTERY_OK) status = lottery_trainer_snapshot(my_trainer, LOTTERY_STATE_ALL, &whole);
  if (status != LOTTERY_OK) assert_null(whole);
  lottery_snapshot_destroy(plain);
  lottery_snapshot_destroy(whole);
  lottery_trainer_destroy(my_trainer);
  lottery_network_destroy(mine);
  return status;
}

static void every_allocation_can_fail(void **state) {
  (void)state;
  assert_in_range((uintmax_t)run_out_of_memory(make_snapshots, NULL), 12, 200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(holds_a_networks_weights),
      cmocka_unit_test(holds_a_trainers_state),
      cmocka_unit_test(knows_all_tensors),
      cmocka_unit_test(outlives_everything_else),
      cmocka_unit_test(bad_arguments),
      cmocka_unit_test(every_allocation_can_fail),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
