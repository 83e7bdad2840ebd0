/* Kinds of layers as a list: what each says of itself, names of tensors by prefix, roles, attributes in files. */
#include <stdio.h>
#include <string.h>

#include "model/layer/layer.h"
#include "model/tensor_list.h"
#include "support.h"

static void test_what_kinds_say(void **state) {
  (void)state;
  int32_t names = 0;
  for (int32_t i = 0; i < layer_kind_count; i++) {
    const struct layer_kind *kind = layer_kinds[i];
    assert_ptr_equal(layer_find(kind->name), kind); /* so that no name appears twice */
    assert_true(kind->inputs_least <= kind->inputs_most && kind->inputs_most <= NODE_INPUT_LIMIT);
    assert_int_equal(kind->tensors != NULL, kind->prefix != NULL);
    assert_non_null(kind->shape);
    assert_in_range(kind->attribute_count, 0, NODE_ATTRIBUTE_LIMIT);
    for (int32_t j = 0; j < kind->attribute_count; j++) {
      const struct attribute *attribute = &kind->attributes[j];
      assert_true(attribute->least <= attribute->most);
      for (int32_t k = 0; k < layer_kind_count; k++) /* files read a name without knowing the kind yet */
        for (int32_t l = 0; l < layer_kinds[k]->attribute_count; l++)
          if (strcmp(layer_kinds[k]->attributes[l].name, attribute->name) == 0)
            assert_int_equal(layer_kinds[k]->attributes[l].real, attribute->real);
    }
    names += kind->attribute_count;
    if (kind == &layer_input) continue;
    assert_true(kind->inputs_least >= 1 && kind->forward != NULL && kind->backward != NULL);
  }
  assert_null(layer_find("no such layer"));
  assert_in_range(names, 1, 32 - 4); /* what the reader of graphs has room for */
}

/* A layer with a tensor of each role, whose prefix is not that of dense layers. */
static lottery_status shape(struct lottery_network *network, struct node *node) {
  (void)network;
  node->rank = 1;
  node->shape[0] = node->features = 4;
  return LOTTERY_OK;
}
static int32_t tensors(const struct lottery_network *network, const struct node *node, int32_t number,
                       struct tensor *tensor, struct parameter *parameters) {
  static const enum parameter_role roles[] = {PARAMETER_WEIGHT, PARAMETER_SCALE, PARAMETER_SHIFT, PARAMETER_STATISTIC};
  (void)network, (void)node;
  for (int i = 0; i < 4; i++) {
    tensor[i] = (struct tensor){.rank = 1, .shape = {4}, .count = 4};
    snprintf(tensor[i].name, sizeof tensor[i].name, "fc%d.%d", (int)number, i);
    parameters[i] = (struct parameter){.role = roles[i], .fan_in = 4, .fan_out = 4};
  }
  return 4;
}
static const struct layer_kind roles_kind = {
    .name = "roles", .prefix = "fc", .inputs_least = 1, .inputs_most = 1, .shape = shape, .tensors = tensors};

/* Layers of one prefix are counted together; initial values, masks and the packed gradient go by role. */
static void test_roles_and_numbers(void **state) {
  lottery_network *network;
  int32_t node;
  const int64_t inputs = 4;
  const union attribute_value units = {.integer = 4};
  assert_ok(*state, lottery_network_create(*state, &network));
  assert_ok(*state, lottery_network_input(network, 1, &inputs, &node));
  assert_ok(*state, network_add_layer(network, &layer_dense, 1, &node, &units, &node));
  assert_ok(*state, network_add_layer(network, &roles_kind, 1, &node, NULL, &node));
  assert_ok(*state, network_add_layer(network, &layer_dense, 1, &node, &units, &node));
  assert_ok(*state, lottery_network_finish(network, node));
  static const char *const names[] = {"fc1.weight", "fc1.bias", "fc2.0",      "fc2.1",
                                      "fc2.2",      "fc2.3",    "fc3.weight", "fc3.bias"};
  assert_int_equal(network->tensor_count, 8);
  for (int i = 0; i < 8; i++) assert_string_equal(network->tensors[i].name, names[i]);
  assert_int_equal(network->nodes[2].tensors[3], 5);
  assert_int_equal(network->nodes[3].tensors[2], -1);
  assert_int_equal(network->prunable_count, 3); /* by role, not by rank */
  assert_int_equal(network->parameter[2].mask_tensor, 1);
  assert_int_equal(network->parameter[3].mask_tensor, -1);
  assert_ok(*state, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  static const float expected[] = {1.0F, 0.0F, 0.0F};
  for (int i = 0; i < 3; i++) {
    float values[4];
    assert_ok(*state, lottery_network_read_tensor(network, 3 + i, values, 4));
    for (int j = 0; j < 4; j++) assert_true(values[j] == expected[i]);
  }
  /* 16 + 4 + 4 + 4 + 4 + 16 + 4: statistics have no gradient */
  lottery_trainer *trainer;
  int64_t count;
  assert_ok(*state, lottery_trainer_create(network, NULL, 1, &trainer));
  assert_ok(*state, lottery_trainer_gradient_count(trainer, &count));
  assert_int_equal(count, 52);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
}

static void test_attributes_out_of_range(void **state) {
  static const struct attribute attributes[] = {{.name = "size", .least = 1, .most = 9},
                                                {.name = "rate", .real = true, .least = 0.25, .most = 0.75}};
  const struct layer_kind kind = {.name = "two",
                                  .inputs_least = 1,
                                  .inputs_most = 1,
                                  .attribute_count = 2,
                                  .attributes = attributes,
                                  .shape = shape};
  lottery_network *network;
  int32_t node;
  const int64_t inputs = 4;
  assert_ok(*state, lottery_network_create(*state, &network));
  assert_ok(*state, lottery_network_input(network, 1, &inputs, &node));
  union attribute_value values[] = {{.integer = 9}, {.real = 0.25}};
  assert_ok(*state, network_add_layer(network, &kind, 1, &node, values, &node));
  assert_int_equal(network->nodes[node].attributes[0].integer, 9);
  assert_true(network->nodes[node].attributes[1].real == 0.25);
  values[0].integer = 10;
  assert_fails(*state, network_add_layer(network, &kind, 1, &node, values, &node), LOTTERY_ERROR_ARGUMENT,
               "size: 10 is outside 1 to 9");
  values[0].integer = 1;
  values[1].real = 0.8;
  assert_fails(*state, network_add_layer(network, &kind, 1, &node, values, &node), LOTTERY_ERROR_ARGUMENT,
               "rate: 0.8 is outside 0.25 to 0.75");
  lottery_network_destroy(network);
}

static int setup(void **state) { return lottery_context_create((lottery_context **)state); }
static int teardown(void **state) {
  lottery_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_kinds_say), cmocka_unit_test(test_roles_and_numbers),
                                     cmocka_unit_test(test_attributes_out_of_range)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
