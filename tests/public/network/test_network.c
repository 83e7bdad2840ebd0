/* Networks: presets by name, building graphs and what can go wrong, tensors, initialisation, masks and sizes that do
 * not fit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct counting_allocator allocator;
static lottery_context *context;

static int set_up(void **unused) {
  (void)unused;
  allocator_start(&allocator);
  context = allocator_context(&allocator);
  return 0;
}

static int tear_down(void **unused) {
  (void)unused;
  lottery_context_destroy(context);
  allocator_finish(&allocator);
  return 0;
}

/* --- Presets --- */

static void test_good_presets(void **unused) {
  (void)unused;
  static const struct {
    const char *name;
    int64_t inputs, outputs, tensors;
  } presets[] = {
      {"lenet-300-100", 784, 10, 6}, {"mlp-784-300-100-10", 784, 10, 6},
      {"mlp-1-1", 1, 1, 2},          {"mlp-16777216-1", 16777216, 1, 2},
      {"mlp-0003-02", 3, 2, 2},      {"mlp-5-4-3-2-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16-17-18-19-20", 5, 20, 46}};
  for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
    lottery_network *network;
    int64_t inputs, outputs, tensors;
    assert_ok(context, lottery_network_preset(context, presets[i].name, &network));
    assert_ok(context, lottery_network_sizes(network, &inputs, &outputs));
    assert_ok(context, lottery_network_tensor_count(network, &tensors));
    assert_int_equal(inputs, presets[i].inputs);
    assert_int_equal(outputs, presets[i].outputs);
    assert_int_equal(tensors, presets[i].tensors);
    lottery_network_destroy(network);
  }
}

static void test_bad_presets(void **unused) {
  (void)unused;
  static const char *const names[] = {"",
                                      "lenet",
                                      "lenet-300-100x",
                                      "lenet-300-100 ",
                                      " lenet-300-100",
                                      "LENET-300-100",
                                      "lenet-300-10",
                                      "ml",
                                      "mlp",
                                      "mlp-",
                                      "mlp-3",
                                      "mlp-3-",
                                      "mlp--3-2",
                                      "mlp-3--2",
                                      "mlp3-2",
                                      "mlp-3-0-2",
                                      "mlp-0-2",
                                      "mlp-3-2-0",
                                      "mlp-3-16777217",
                                      "mlp-16777217-2",
                                      "mlp-99999999999999999999-2",
                                      "mlp-2-18446744073709551618",
                                      "mlp-3-x",
                                      "mlp-3-2x",
                                      "mlp-3x-2",
                                      "mlp-3-2 ",
                                      "mlp-3-+2",
                                      "mlp-3-2.0",
                                      "mlp-0x3-2",
                                      "mlp_3_2"};
  const int64_t blocks = allocator.live_blocks;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    lottery_network *network = (lottery_network *)(void *)&allocator;
    char text[80];
    snprintf(text, sizeof text, "'%s'", names[i]);
    const lottery_status status = lottery_network_preset(context, names[i], &network);
    if (status != LOTTERY_ERROR_ARGUMENT) fail_msg("'%s' gives %s", names[i], lottery_status_name(status));
    assert_message(context, "name: ");
    assert_message(context, text);
    assert_null(network);
    assert_int_equal(allocator.live_blocks, blocks);
  }
}

/* --- Building --- */

static lottery_network *empty_network(void) {
  lottery_network *network;
  assert_ok(context, lottery_network_create(context, &network));
  return network;
}

static lottery_network *network_with_input(int64_t features) {
  lottery_network *network = empty_network();
  int32_t node;
  assert_ok(context, lottery_network_input(network, 1, &features, &node));
  assert_int_equal(node, 0);
  return network;
}

static void test_input_errors(void **unused) {
  (void)unused;
  lottery_network *network = empty_network();
  static const struct {
    int32_t rank;
    int64_t shape[4];
    const char *text;
  } bad[] = {{0, {1}, "rank: 0 is neither 1 nor 3"},
             {2, {1, 1}, "rank: 2"},
             {4, {1, 1, 1, 1}, "rank: 4"},
             {-1, {1}, "rank: -1"},
             {INT32_MAX, {1}, "rank: 2147483647"},
             {1, {0}, "shape: size 0 at 0"},
             {1, {-5}, "shape: size -5 at 0"},
             {1, {INT64_C(2147483648)}, "shape: size 2147483648 at 0"},
             {1, {INT64_MAX}, "shape: size 9223372036854775807 at 0"},
             {1, {INT64_MIN}, "shape: size -9223372036854775808 at 0"},
             {3, {3, 0, 3}, "shape: size 0 at 1"},
             {3, {3, 3, -1}, "shape: size -1 at 2"},
             {3, {2048, 1024, 1024}, "shape: size 1024 at 2 is below 1 or makes more than 2147483647 features"},
             {3, {INT64_C(4294967296), INT64_C(4294967296), 1}, "shape: size 4294967296 at 0"}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int32_t node = -7;
    assert_fails(context, lottery_network_input(network, bad[i].rank, bad[i].shape, &node), LOTTERY_ERROR_ARGUMENT,
                 bad[i].text);
    assert_int_equal(node, -7);
  }
  /* Nothing was added, and a good one still can be. */
  int64_t shape[3] = {2047, 1024, 1024};
  int32_t node = -7, rank;
  assert_fails(context, lottery_network_node_shape(network, 0, 3, shape, &rank), LOTTERY_ERROR_ARGUMENT,
               "node: 0 is not a node; there are 0");
  assert_ok(context, lottery_network_input(network, 3, shape, &node));
  assert_int_equal(node, 0);
  assert_fails(context, lottery_network_input(network, 3, shape, &node), LOTTERY_ERROR_STATE,
               "input: the network already has one");
  lottery_network_destroy(network);
}

static void test_node_errors(void **unused) {
  (void)unused;
  lottery_network *network = empty_network();
  int32_t node = -7;
  assert_fails(context, lottery_network_dense(network, 0, 1, &node), LOTTERY_ERROR_ARGUMENT,
               "input: 0 is not a node; there are 0");
  assert_fails(context, lottery_network_finish(network, 0), LOTTERY_ERROR_ARGUMENT,
               "output: 0 is not a node; there are 0");
  const int64_t five = 5;
  assert_ok(context, lottery_network_input(network, 1, &five, &node));
  static const int32_t bad[] = {-1, 1, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    char text[64];
    snprintf(text, sizeof text, "%d is not a node; there are 1", (int)bad[i]);
    node = -7;
    int64_t shape[3], value = -7;
    int32_t rank = -7;
    assert_fails(context, lottery_network_dense(network, bad[i], 1, &node), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_relu(network, bad[i], &node), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_tanh(network, bad[i], &node), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_sigmoid(network, bad[i], &node), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_add(network, bad[i], 0, &node), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_add(network, 0, bad[i], &node), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_finish(network, bad[i]), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_node_shape(network, bad[i], 3, shape, &rank), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_node_set_integer(network, bad[i], LOTTERY_NODE_BIAS, 0),
                 LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_node_get_integer(network, bad[i], LOTTERY_NODE_BIAS, &value),
                 LOTTERY_ERROR_ARGUMENT, text);
    assert_int_equal(node, -7);
    assert_int_equal(rank, -7);
    assert_int_equal(value, -7);
  }
  static const int64_t units[] = {0, -1, 16777217, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 5; i++) {
    char text[80];
    snprintf(text, sizeof text, "units: %lld is outside 1 to 16777216", (long long)units[i]);
    assert_fails(context, lottery_network_dense(network, 0, units[i], &node), LOTTERY_ERROR_ARGUMENT, text);
  }
  int64_t shape[3] = {0}, value;
  int32_t rank;
  assert_fails(context, lottery_network_node_shape(network, 0, -1, shape, &rank), LOTTERY_ERROR_ARGUMENT,
               "capacity: -1 is below 0");
  assert_ok(context, lottery_network_node_shape(network, 0, 0, NULL, &rank)); /* the length alone */
  assert_int_equal(rank, 1);
  assert_fails(context, lottery_network_node_set_integer(network, 0, LOTTERY_NODE_BIAS, 0), LOTTERY_ERROR_ARGUMENT,
               "node: 0 (input) has no options");
  assert_ok(context, lottery_network_relu(network, 0, &node));
  assert_fails(context, lottery_network_node_get_integer(network, node, LOTTERY_NODE_BIAS, &value),
               LOTTERY_ERROR_ARGUMENT, "node: 1 (relu) has no options");
  lottery_network_destroy(network);
}

static void test_add_needs_one_shape(void **unused) {
  (void)unused;
  lottery_network *network = empty_network();
  const int64_t shape[] = {2, 3, 4};
  int32_t input, flat, five, node = -7;
  assert_ok(context, lottery_network_input(network, 3, shape, &input));
  assert_ok(context, lottery_network_dense(network, input, 24, &flat));
  assert_ok(context, lottery_network_dense(network, input, 5, &five));
  assert_fails(context, lottery_network_add(network, flat, five, &node), LOTTERY_ERROR_SHAPE,
               "add: the inputs differ in shape, with 24 and 5 features");
  /* As many features in another shape. */
  assert_fails(context, lottery_network_add(network, input, flat, &node), LOTTERY_ERROR_SHAPE, "add: ");
  assert_int_equal(node, -7);
  assert_ok(context, lottery_network_add(network, input, input, &node));
  int64_t got[3] = {0};
  int32_t rank;
  assert_fails(context, lottery_network_node_shape(network, node, 2, got, &rank), LOTTERY_ERROR_ARGUMENT,
               "capacity: 2, but shape has 3 elements");
  assert_ok(context, lottery_network_node_shape(network, node, 3, got, &rank));
  assert_int_equal(rank, 3);
  assert_memory_equal(got, shape, sizeof shape);
  lottery_network_destroy(network);
}

static void test_finishing(void **unused) {
  (void)unused;
  lottery_network *network = network_with_input(4);
  int32_t first, second, node;
  int64_t count = -7, value;
  assert_ok(context, lottery_network_dense(network, 0, 3, &first));
  assert_ok(context, lottery_network_dense(network, 0, 3, &second));
  assert_fails(context, lottery_network_finish(network, first), LOTTERY_ERROR_ARGUMENT,
               "output: node 2 (dense) does not lead to node 1");
  assert_fails(context, lottery_network_finish(network, 0), LOTTERY_ERROR_ARGUMENT, "does not lead to node 0");
  /* It can be changed and finished after that. */
  assert_fails(context, lottery_network_tensor_count(network, &count), LOTTERY_ERROR_STATE, "network: not finished");
  assert_ok(context, lottery_network_node_set_integer(network, second, LOTTERY_NODE_BIAS, 0));
  assert_ok(context, lottery_network_add(network, first, second, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_network_tensor_count(network, &count));
  assert_int_equal(count, 3);
  assert_ok(context, lottery_network_node_get_integer(network, second, LOTTERY_NODE_BIAS, &value));
  assert_int_equal(value, 0);
  /* And then no more. */
  int32_t untouched = -7;
  const int64_t four = 4;
  assert_fails(context, lottery_network_finish(network, node), LOTTERY_ERROR_STATE, "network: finished");
  assert_fails(context, lottery_network_input(network, 1, &four, &untouched), LOTTERY_ERROR_STATE, "finished");
  assert_fails(context, lottery_network_dense(network, 0, 3, &untouched), LOTTERY_ERROR_STATE, "finished");
  assert_fails(context, lottery_network_relu(network, 0, &untouched), LOTTERY_ERROR_STATE, "finished");
  assert_fails(context, lottery_network_tanh(network, 0, &untouched), LOTTERY_ERROR_STATE, "finished");
  assert_fails(context, lottery_network_sigmoid(network, 0, &untouched), LOTTERY_ERROR_STATE, "finished");
  assert_fails(context, lottery_network_add(network, 0, 0, &untouched), LOTTERY_ERROR_STATE, "finished");
  assert_fails(context, lottery_network_node_set_integer(network, first, LOTTERY_NODE_BIAS, 0), LOTTERY_ERROR_STATE,
               "network: finished, its options are fixed");
  assert_int_equal(untouched, -7);
  lottery_network_destroy(network);
}

static void test_calls_before_finishing(void **unused) {
  (void)unused;
  lottery_network *network = network_with_input(4), *finished;
  lottery_mask *mask = (lottery_mask *)(void *)&allocator, *ones;
  lottery_snapshot *snapshot = (lottery_snapshot *)(void *)&allocator, *saved;
  lottery_trainer *trainer = (lottery_trainer *)(void *)&allocator;
  lottery_pruner *pruner;
  int64_t a, b, shape[4];
  int32_t c;
  float values[4] = {0};
  char text[8];
  assert_ok(context, lottery_network_preset(context, "mlp-4-2", &finished));
  assert_ok(context, lottery_network_snapshot(finished, &saved));
  assert_ok(context, lottery_mask_ones(finished, &ones));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  lottery_dataset *dataset = support_dataset(context, 4, 4, 2, 0, 1);
#define NOT_FINISHED(call) assert_fails(context, call, LOTTERY_ERROR_STATE, "network: not finished")
  NOT_FINISHED(lottery_network_sizes(network, &a, &b));
  NOT_FINISHED(lottery_network_initialise(network, 0, 1));
  NOT_FINISHED(lottery_network_tensor_count(network, &a));
  NOT_FINISHED(lottery_network_tensor_name(network, 0, text, 8, &a));
  NOT_FINISHED(lottery_network_tensor_find(network, "fc1.weight", &a));
  NOT_FINISHED(lottery_network_tensor_shape(network, 0, 4, shape, &c));
  NOT_FINISHED(lottery_network_tensor_prunable(network, 0, &c));
  NOT_FINISHED(lottery_network_read_tensor(network, 0, values, 4));
  NOT_FINISHED(lottery_network_write_tensor(network, 0, values, 4));
  NOT_FINISHED(lottery_network_set_mask(network, NULL));
  NOT_FINISHED(lottery_network_get_mask(network, &mask));
  NOT_FINISHED(lottery_network_check_mask(network, NULL, &a, &b));
  NOT_FINISHED(lottery_network_predict(network, 1, values, values));
  NOT_FINISHED(lottery_network_evaluate(network, dataset, 0, NULL, NULL));
  NOT_FINISHED(lottery_network_snapshot(network, &snapshot));
  NOT_FINISHED(lottery_network_restore(network, saved));
  assert_null(mask);
  assert_null(snapshot);
  mask = (lottery_mask *)(void *)&allocator;
  NOT_FINISHED(lottery_mask_ones(network, &mask));
  assert_null(mask);
  mask = (lottery_mask *)(void *)&allocator;
  NOT_FINISHED(lottery_mask_transfer(ones, network, &mask));
  assert_null(mask);
  mask = (lottery_mask *)(void *)&allocator;
  NOT_FINISHED(lottery_pruner_apply(pruner, network, NULL, &mask));
  assert_null(mask);
  NOT_FINISHED(lottery_pruner_preview(pruner, network, NULL, 1, NULL, NULL, NULL));
  NOT_FINISHED(lottery_trainer_create(network, NULL, 1, &trainer));
  assert_null(trainer);
#undef NOT_FINISHED
  lottery_dataset_destroy(dataset);
  lottery_pruner_destroy(pruner);
  lottery_mask_destroy(ones);
  lottery_snapshot_destroy(saved);
  lottery_network_destroy(finished);
  lottery_network_destroy(network);
}

/* --- Sizes that do not fit --- */

static void test_parameters_that_do_not_fit(void **unused) {
  (void)unused;
  /* 2^31 - 1 inputs, 2^24 units: 2^55 weights a layer, more than any machine has. */
  lottery_network *network = network_with_input(INT32_MAX);
  int32_t sum, node;
  assert_ok(context, lottery_network_dense(network, 0, 1 << 24, &sum));
  const int64_t blocks = allocator.live_blocks;
  assert_fails(context, lottery_network_finish(network, sum), LOTTERY_ERROR_MEMORY, "memory: cannot allocate");
  assert_int_equal(allocator.live_blocks, blocks);
  /* 64 of those: 2^61 floats, whose bytes overflow 64 bits. */
  for (int i = 1; i < 64; i++) {
    assert_ok(context, lottery_network_dense(network, 0, 1 << 24, &node));
    assert_ok(context, lottery_network_add(network, sum, node, &sum));
  }
  const int64_t before = allocator.live_blocks;
  assert_fails(context, lottery_network_finish(network, sum), LOTTERY_ERROR_MEMORY,
               "network: its parameters do not fit a 64-bit size");
  assert_int_equal(allocator.live_blocks, before);
  assert_true(allocator.largest >= INT64_C(1) << 56);
  lottery_network_destroy(network);
}

static void test_activations_that_do_not_fit(void **unused) {
  (void)unused;
  /* No tensors, but 2^31 - 1 features in each of the largest batch: 2^49 bytes. */
  lottery_network *network = network_with_input(INT32_MAX);
  lottery_trainer *trainer;
  int32_t node;
  const float value = 0;
  float output;
  assert_ok(context, lottery_network_tanh(network, 0, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_trainer_create(network, NULL, 1, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, 65536));
  int64_t blocks[2];
  for (int i = 0; i < 2; i++) { /* the allocation fails before an array is read; the next attempt keeps no more */
    assert_fails(context, lottery_trainer_forward(trainer, 65536, &value, &output), LOTTERY_ERROR_MEMORY,
                 "memory: cannot allocate");
    blocks[i] = allocator.live_blocks;
  }
  assert_int_equal(blocks[0], blocks[1]);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

/* --- Tensors --- */

static void test_tensor_errors(void **unused) {
  (void)unused;
  lottery_network *network;
  float values[7] = {1, 2, 3, 4, 5, 6, 7};
  int64_t found = -7, shape[2] = {-7, -7};
  int32_t flag = -7;
  char text[64];
  assert_ok(context, lottery_network_preset(context, "mlp-3-2-1", &network));
  static const int64_t bad[] = {-1, 4, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 4; i++) {
    snprintf(text, sizeof text, "tensor: %lld is outside 0 to 3", (long long)bad[i]);
    assert_fails(context, lottery_network_tensor_name(network, bad[i], text, 0, &found), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_tensor_shape(network, bad[i], 2, shape, &flag), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_tensor_prunable(network, bad[i], &flag), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_read_tensor(network, bad[i], values, 6), LOTTERY_ERROR_ARGUMENT, text);
    assert_fails(context, lottery_network_write_tensor(network, bad[i], values, 6), LOTTERY_ERROR_ARGUMENT, text);
  }
  assert_fails(context, lottery_network_tensor_shape(network, 0, 1, shape, &flag), LOTTERY_ERROR_ARGUMENT,
               "capacity: 1, but shape has 2 elements");
  static const int64_t counts[] = {0, 5, 7, -1, INT64_MAX};
  for (int i = 0; i < 5; i++) {
    snprintf(text, sizeof text, "count: %lld, but fc1.weight has 6 elements", (long long)counts[i]);
    assert_fails(context, lottery_network_read_tensor(network, 0, values, counts[i]), LOTTERY_ERROR_SHAPE, text);
    assert_fails(context, lottery_network_write_tensor(network, 0, values, counts[i]), LOTTERY_ERROR_SHAPE, text);
  }
  static const char *const names[] = {"", "fc1", "fc3.weight", "fc1.weight ", "FC1.weight", "fc0.bias"};
  for (int i = 0; i < 6; i++) {
    snprintf(text, sizeof text, "name: no tensor is called '%s'", names[i]);
    assert_fails(context, lottery_network_tensor_find(network, names[i], &found), LOTTERY_ERROR_ARGUMENT, text);
  }
  assert_int_equal(found, -7);
  assert_int_equal(shape[0], -7);
  assert_int_equal(flag, -7);
  assert_float_equal(values[0], 1, 0);
  static const float not_finite[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++) {
    values[5] = not_finite[i];
    assert_fails(context, lottery_network_write_tensor(network, 0, values, 6), LOTTERY_ERROR_NOT_FINITE,
                 "values: element 5 is");
  }
  float read[6];
  assert_ok(context, lottery_network_read_tensor(network, 0, read, 6));
  for (int i = 0; i < 6; i++) assert_float_equal(read[i], 0, 0); /* as after finishing */
  assert_fails(context, lottery_network_predict(network, 0, values, read), LOTTERY_ERROR_ARGUMENT,
               "count: 0 is outside 1 to 2147483647");
  assert_fails(context, lottery_network_predict(network, INT64_C(2147483648), values, read), LOTTERY_ERROR_ARGUMENT,
               "count: 2147483648");
  lottery_network_destroy(network);
}

static void test_tensors_of_a_graph(void **unused) {
  (void)unused;
  static const struct {
    const char *name;
    int32_t rank;
    int64_t shape[2];
    int32_t prunable;
  } expected[] = {{"fc1.weight", 2, {7, 24}, 1},
                  {"fc1.bias", 1, {7}, 0},
                  {"fc2.weight", 2, {7, 7}, 1},
                  {"fc3.weight", 2, {3, 7}, 1},
                  {"fc3.bias", 1, {3}, 0}};
  lottery_network *network = empty_network();
  const int64_t image[] = {2, 3, 4};
  int32_t a, b;
  int64_t count;
  assert_ok(context, lottery_network_input(network, 3, image, &a));
  assert_ok(context, lottery_network_dense(network, a, 7, &a));
  assert_ok(context, lottery_network_tanh(network, a, &a));
  assert_ok(context, lottery_network_dense(network, a, 7, &b));
  assert_ok(context, lottery_network_node_set_integer(network, b, LOTTERY_NODE_BIAS, 0));
  assert_ok(context, lottery_network_add(network, a, b, &a));
  assert_ok(context, lottery_network_sigmoid(network, a, &a));
  assert_ok(context, lottery_network_dense(network, a, 3, &a));
  assert_ok(context, lottery_network_finish(network, a));
  assert_ok(context, lottery_network_tensor_count(network, &count));
  assert_int_equal(count, 5);
  for (int64_t i = 0; i < count; i++) {
    char name[32];
    int64_t shape[2] = {-7, -7}, found;
    int32_t rank, prunable;
    assert_ok(context, lottery_network_tensor_name(network, i, name, sizeof name, NULL));
    assert_string_equal(name, expected[i].name);
    assert_ok(context, lottery_network_tensor_find(network, name, &found));
    assert_int_equal(found, i);
    assert_ok(context, lottery_network_tensor_shape(network, i, 2, shape, &rank));
    assert_int_equal(rank, expected[i].rank);
    assert_memory_equal(shape, expected[i].shape, (size_t)rank * sizeof shape[0]);
    assert_ok(context, lottery_network_tensor_prunable(network, i, &prunable));
    assert_int_equal(prunable, expected[i].prunable);
  }
  lottery_network_destroy(network);
}

/* The input as output: nothing to train, and nothing that may go wrong. */
static void test_identity_network(void **unused) {
  (void)unused;
  lottery_network *network = network_with_input(3);
  lottery_trainer *trainer;
  const float inputs[] = {1, -2, 3, 4, 5, -6};
  float outputs[6];
  double loss;
  const int32_t labels[] = {2, 1};
  int64_t count = -1;
  assert_ok(context, lottery_network_finish(network, 0));
  assert_ok(context, lottery_network_initialise(network, 0, 1));
  assert_ok(context, lottery_network_tensor_count(network, &count));
  assert_int_equal(count, 0);
  assert_ok(context, lottery_network_predict(network, 2, inputs, outputs));
  assert_memory_equal(outputs, inputs, sizeof inputs);
  assert_ok(context, lottery_trainer_create(network, NULL, 1, &trainer));
  assert_ok(context, lottery_trainer_step(trainer, 2, inputs, labels, NULL, &loss));
  assert_true(loss > 0);
  assert_ok(context, lottery_trainer_forward(trainer, 2, inputs, outputs));
  assert_memory_equal(outputs, inputs, sizeof inputs);
  assert_ok(context, lottery_trainer_backward(trainer, 2, outputs));
  assert_ok(context, lottery_trainer_apply(trainer));
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

static void test_initialisation(void **unused) {
  (void)unused;
  lottery_network *network;
  enum { ROWS = 300, COLUMNS = 784, COUNT = ROWS * COLUMNS };
  static float weights[COUNT], again[COUNT];
  float bias[ROWS];
  assert_ok(context, lottery_network_preset(context, "lenet-300-100", &network));
  static const int32_t bad[] = {-1, 4, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    char text[64];
    snprintf(text, sizeof text, "scheme: %d is outside 0 to 3", (int)bad[i]);
    assert_fails(context, lottery_network_initialise(network, bad[i], 1), LOTTERY_ERROR_ARGUMENT, text);
  }
  for (int32_t scheme = 0; scheme < 4; scheme++) {
    const double fan = scheme < 2 ? COLUMNS + ROWS : COLUMNS;
    const bool uniform = scheme % 2 == 1;
    for (int i = 0; i < ROWS; i++) bias[i] = 1;
    assert_ok(context, lottery_network_write_tensor(network, 1, bias, ROWS));
    assert_ok(context, lottery_network_initialise(network, scheme, 12345));
    assert_ok(context, lottery_network_read_tensor(network, 1, bias, ROWS));
    for (int i = 0; i < ROWS; i++) assert_true(bias[i] == 0 && !signbit(bias[i]));
    assert_ok(context, lottery_network_read_tensor(network, 0, weights, COUNT));
    double sum = 0, squares = 0, fourth = 0, largest = 0;
    for (int i = 0; i < COUNT; i++) {
      const double w = (double)weights[i] / sqrt(2 / fan);
      sum += w;
      squares += w * w;
      fourth += w * w * w * w;
      largest = fmax(largest, fabs(w));
    }
    /* Variance 1; kurtosis 3 of a normal, 1.8 of a uniform distribution; bounds of 5 standard errors. */
    const double n = COUNT;
    assert_true(fabs(sum / n) < 5 / sqrt(n));
    assert_true(fabs(squares / n - 1) < 5 * sqrt(2 / n));
    assert_true(fabs(fourth / n - (uniform ? 1.8 : 3.0)) < 5 * sqrt(96 / n));
    if (uniform)
      assert_true(largest <= sqrt(3.0) * (1 + 1e-7));
    else
      assert_in_range((int)largest, 4, 7);
    assert_ok(context, lottery_network_initialise(network, scheme, 12346));
    assert_ok(context, lottery_network_read_tensor(network, 0, again, COUNT));
    int64_t equal = 0;
    for (int i = 0; i < COUNT; i++) equal += weights[i] == again[i];
    assert_true(equal < 100); /* another seed */
    assert_ok(context, lottery_network_initialise(network, scheme, 12345));
    assert_ok(context, lottery_network_read_tensor(network, 0, again, COUNT));
    assert_memory_equal(weights, again, sizeof weights);
  }
  lottery_network_destroy(network);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(test_good_presets),
      TEST(test_bad_presets),
      TEST(test_input_errors),
      TEST(test_node_errors),
      TEST(test_add_needs_one_shape),
      TEST(test_finishing),
      TEST(test_calls_before_finishing),
      TEST(test_parameters_that_do_not_fit),
      TEST(test_activations_that_do_not_fit),
      TEST(test_tensor_errors),
      TEST(test_tensors_of_a_graph),
      TEST(test_identity_network),
      TEST(test_initialisation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
