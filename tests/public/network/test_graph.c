/* Reading a network's graph back, and copying networks. */
#include <string.h>

#include "training.h"

static void assert_kind(lottery_network *network, int32_t node, const char *expected) {
  const char *kind;
  assert_ok(NULL, lottery_network_node_kind(network, node, &kind));
  assert_string_equal(kind, expected);
}

static void assert_inputs(lottery_network *network, int32_t node, int64_t expected, int32_t first, int32_t second) {
  int32_t inputs[8] = {-1, -1};
  int64_t count;
  assert_ok(NULL, lottery_network_node_inputs(network, node, 8, inputs, &count));
  assert_int_equal(count, expected);
  assert_int_equal(inputs[0], first);
  assert_int_equal(inputs[1], second);
}

static void assert_tensors(lottery_network *network, int32_t node, int64_t expected, int64_t first, int64_t second) {
  int64_t tensors[8] = {-1, -1}, count;
  assert_ok(NULL, lottery_network_node_tensors(network, node, 8, tensors, &count));
  assert_int_equal(count, expected);
  assert_int_equal(tensors[0], first);
  assert_int_equal(tensors[1], second);
}

/* 0 input (1, 2, 3), 1 dense 4, 2 tanh, 3 dense 4 without bias, 4 add of 2 and 3, 5 relu, 6 sigmoid, 7 dense 2. */
static lottery_network *residual(lottery_context *context) {
  const int64_t shape[] = {1, 2, 3};
  lottery_network *network;
  int32_t node, block;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 3, shape, &node));
  assert_ok(context, lottery_network_dense(network, node, 4, &node));
  assert_ok(context, lottery_network_tanh(network, node, &block));
  assert_ok(context, lottery_network_dense(network, block, 4, &node));
  assert_ok(context, lottery_network_node_set_integer(network, node, LOTTERY_NODE_BIAS, 0));
  assert_ok(context, lottery_network_add(network, block, node, &node));
  assert_ok(context, lottery_network_relu(network, node, &node));
  assert_ok(context, lottery_network_sigmoid(network, node, &node));
  assert_ok(context, lottery_network_dense(network, node, 2, &node));
  return network;
}

static void check_graph(lottery_network *network) {
  static const char *const kinds[] = {"input", "dense", "tanh", "dense", "add", "relu", "sigmoid", "dense"};
  int64_t nodes, count;
  assert_ok(NULL, lottery_network_node_count(network, &nodes));
  assert_int_equal(nodes, 8);
  for (int32_t i = 0; i < nodes; i++) {
    const bool dense = strcmp(kinds[i], "dense") == 0;
    const char *name = NULL;
    double value;
    assert_kind(network, i, kinds[i]);
    assert_ok(NULL, lottery_network_node_attribute_count(network, i, &count));
    assert_int_equal(count, dense ? 1 : 0);
    if (!dense) continue;
    assert_ok(NULL, lottery_network_node_attribute(network, i, 0, &name, &value));
    assert_string_equal(name, "units");
    assert_true(value == (i == 7 ? 2.0 : 4.0));
    assert_ok(NULL, lottery_network_node_attribute(network, i, 0, NULL, NULL));
  }
  assert_inputs(network, 0, 0, -1, -1);
  assert_inputs(network, 1, 1, 0, -1);
  assert_inputs(network, 4, 2, 2, 3);
  assert_inputs(network, 7, 1, 6, -1);
}

static void test_graph(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network = residual(context);
  int32_t node, inputs[2];
  int64_t count, tensors[2];
  const char *kind;
  double value;
  check_graph(network); /* before finishing, too */
  assert_fails(context, lottery_network_output(network, &node), LOTTERY_ERROR_STATE, "not finished");
  assert_fails(context, lottery_network_node_tensors(network, 1, 2, tensors, &count), LOTTERY_ERROR_STATE,
               "not finished");
  assert_ok(context, lottery_network_finish(network, 7));
  check_graph(network);
  assert_ok(context, lottery_network_output(network, &node));
  assert_int_equal(node, 7);
  assert_tensors(network, 0, 0, -1, -1);
  assert_tensors(network, 1, 2, 0, 1);
  assert_tensors(network, 3, 1, 2, -1);
  assert_tensors(network, 7, 2, 3, 4);
  assert_fails(context, lottery_network_node_kind(network, 8, &kind), LOTTERY_ERROR_ARGUMENT, "node: 8");
  assert_fails(context, lottery_network_node_kind(network, -1, &kind), LOTTERY_ERROR_ARGUMENT, "node: -1");
  assert_fails(context, lottery_network_node_inputs(network, 4, 1, inputs, &count), LOTTERY_ERROR_ARGUMENT,
               "capacity: 1, but inputs has 2 elements");
  assert_fails(context, lottery_network_node_tensors(network, 1, 1, tensors, &count), LOTTERY_ERROR_ARGUMENT,
               "capacity: 1, but tensors has 2 elements");
  assert_ok(context, lottery_network_node_inputs(network, 4, 0, NULL, &count));
  assert_int_equal(count, 2);
  assert_ok(context, lottery_network_node_tensors(network, 7, 0, NULL, &count));
  assert_int_equal(count, 2);
  assert_fails(context, lottery_network_node_attribute(network, 1, 1, NULL, &value), LOTTERY_ERROR_ARGUMENT,
               "index: 1, but node 1 (dense) has 1 attributes");
  assert_fails(context, lottery_network_node_attribute(network, 2, 0, NULL, &value), LOTTERY_ERROR_ARGUMENT,
               "index: 0");
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

/* --- Copies --- */

static void train(lottery_network *network, lottery_dataset *dataset) {
  lottery_trainer *trainer;
  assert_ok(NULL, lottery_trainer_create(network, dataset, 3, &trainer));
  assert_ok(NULL, lottery_trainer_run(trainer, 20, NULL, NULL, NULL));
  lottery_trainer_destroy(trainer);
}

static lottery_mask *halved(lottery_network *network) {
  lottery_context *context;
  lottery_pruner *pruner;
  lottery_mask *mask;
  assert_ok(NULL, lottery_context_create(&context));
  assert_ok(NULL, lottery_pruner_create(context, &pruner));
  assert_ok(NULL, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, 0.4));
  assert_ok(NULL, lottery_pruner_apply(pruner, network, NULL, &mask));
  lottery_pruner_destroy(pruner);
  lottery_context_destroy(context);
  return mask;
}

/* On every instruction set, dense and packed: the copy has the same bits, learns the same, and shares no change. */
static void test_copy(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int set_count = instruction_sets(sets);
  for (int i = 0; i < set_count; i++)
    for (int packed = 0; packed < 2; packed++) {
      lottery_context *context = context_on(sets[i]);
      lottery_network *network = residual(context), *copy, *third;
      lottery_mask *mask, *own;
      double crossover;
      int32_t form;
      assert_ok(context, lottery_network_finish(network, 7));
      assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 4));
      lottery_dataset *dataset = support_dataset(context, 130, 6, 2, 0.5F, 9);
      assert_ok(context, lottery_network_set_real(network, LOTTERY_NETWORK_CROSSOVER, packed));
      mask = halved(network);
      assert_ok(context, lottery_network_set_mask(network, mask));
      train(network, dataset);
      /* The context's choice counts for new networks, not for copies. */
      assert_ok(context, lottery_context_set_instruction_set(context, LOTTERY_INSTRUCTION_SET_PORTABLE));
      assert_ok(context, lottery_network_copy(network, &copy));
      check_graph(copy);
      assert_values_equal(network_values(network), network_values(copy));
      assert_ok(context, lottery_network_get_real(copy, LOTTERY_NETWORK_CROSSOVER, &crossover));
      assert_true(crossover == packed);
      assert_ok(context, lottery_network_tensor_form(copy, 0, &form, NULL));
      assert_int_equal(form, packed ? LOTTERY_FORM_PACKED : LOTTERY_FORM_DENSE);
      assert_ok(context, lottery_network_get_mask(copy, &own));
      assert_ptr_equal(own, mask);
      assert_ok(context, lottery_network_copy(copy, &third));
      train(copy, dataset);
      assert_values_equal(network_values(network), network_values(third));
      assert_values_differ(network_values(network), network_values(copy));
      train(network, dataset);
      assert_values_equal(network_values(network), network_values(copy));
      lottery_network_destroy(network);
      train(third, dataset);
      assert_values_equal(network_values(third), network_values(copy));
      lottery_mask_destroy(own);
      lottery_mask_destroy(mask);
      lottery_network_destroy(third);
      lottery_network_destroy(copy);
      lottery_dataset_destroy(dataset);
      lottery_context_destroy(context);
    }
}

/* A copy of a network whose weights were never set does not train either; one of an open graph cannot be made. */
static void test_copy_of_little(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network = residual(context), *copy;
  assert_fails(context, lottery_network_copy(network, &copy), LOTTERY_ERROR_STATE, "not finished");
  assert_null(copy);
  assert_ok(context, lottery_network_finish(network, 7));
  assert_ok(context, lottery_network_copy(network, &copy));
  lottery_dataset *dataset = support_dataset(context, 10, 6, 2, 0.5F, 9);
  lottery_trainer *trainer;
  assert_ok(context, lottery_trainer_create(copy, dataset, 3, &trainer));
  assert_fails(context, lottery_trainer_run(trainer, 1, NULL, NULL, NULL), LOTTERY_ERROR_STATE, "never set");
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(dataset);
  lottery_network_destroy(copy);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_graph),
      cmocka_unit_test(test_copy),
      cmocka_unit_test(test_copy_of_little),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
