/* The executor on parameters that are not the network's, and what every kind of layer does with lanes past the batch.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/layer/layer.h"
#include "run/executor.h"
#include "training.h"

enum { COUNT = 70, TILES = 2, INPUTS = 12 };

static lottery_context *context;
static uint64_t random_state;

static int setup(void **state) {
  (void)state;
  return lottery_context_create(&context);
}

static int teardown(void **state) {
  (void)state;
  lottery_context_destroy(context);
  return 0;
}

/* Two packed layers. */
static lottery_network *packed_network(void) {
  lottery_network *network;
  lottery_mask *ones, *mask;
  lottery_pruner *pruner;
  assert_ok(context, lottery_network_preset(context, "mlp-12-20-5", &network));
  assert_ok(context, lottery_network_set_real(network, LOTTERY_NETWORK_CROSSOVER, 1.0));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.7));
  assert_ok(context, lottery_mask_ones(network, &ones));
  assert_ok(context, lottery_pruner_apply(pruner, network, ones, &mask));
  assert_ok(context, lottery_network_set_mask(network, mask));
  lottery_mask_destroy(ones);
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  return network;
}

/* The same tensors, dense and unmasked, with values of their own. */
static struct parameters dense_parameters(const lottery_network *network, const struct values *values) {
  struct parameters made = {.layout = layout_create(context, network->kernels, network->tensors, network->parameter,
                                                    network->tensor_count, NULL, 0.0, NULL)};
  assert_non_null(made.layout);
  made.values = layout_allocate(made.layout);
  assert_non_null(made.values);
  int64_t at = 0;
  for (int64_t i = 0; i < network->tensor_count; at += network->tensors[i++].count)
    layout_write(made.layout, made.values, i, values->values + at);
  return made;
}

static void fill_input(float *tiles, int64_t features, float past) {
  for (int64_t tile = 0; tile < TILES; tile++)
    for (int64_t feature = 0; feature < features; feature++)
      for (int64_t lane = 0; lane < BATCH_TILE; lane++)
        tiles[(tile * features + feature) * BATCH_TILE + lane] =
            tile * BATCH_TILE + lane < COUNT ? support_random_float(&random_state) : past;
}

/* Runs both passes with output gradients of 1; the gradient of every parameter goes to `gradient`. */
static struct pass run(struct executor *executor, const struct parameters *parameters, float past, float *gradient) {
  struct input_feed *feed = executor_feed(executor);
  fill_input(feed->values, feed->input.features, past);
  const struct pass pass = {
      .parameters = parameters, .input = feed_floats(feed, parameters->layout, TILES), .count = COUNT};
  executor_forward(executor, &pass);
  const struct gradient_sink sink = {.update = {.kind = UPDATE_STORE, .gradient = gradient}};
  float *output_gradient = executor_output_gradient(executor);
  for (int64_t i = 0; i < TILES * 5 * BATCH_TILE; i++)
    output_gradient[i] = i / (5 * BATCH_TILE) * BATCH_TILE + i % BATCH_TILE < COUNT ? 1.0F : 0.0F;
  executor_backward(executor, &pass, &sink, false);
  return pass;
}

/* Outputs and gradients on |w| in a dense layout are those of a network that has these weights, the gradients of the
 * packed network's pruned weights among them; the network itself is not touched. */
static void test_other_parameters(void **state) {
  (void)state;
  lottery_network *network = packed_network(), *other;
  struct values before = network_values(network), absolute = network_values(network);
  for (int64_t i = 0; i < absolute.count; i++) absolute.values[i] = fabsf(absolute.values[i]);
  assert_ok(context, lottery_network_preset(context, "mlp-12-20-5", &other));
  set_network_values(other, absolute.values);
  struct parameters made = dense_parameters(network, &absolute);
  struct executor *here = executor_create(network, TILES, true, false);
  struct executor *there = executor_create(other, TILES, true, false);
  float *gradient = layout_allocate(made.layout), *expected = layout_allocate(made.layout);
  assert_true(here != NULL && there != NULL && gradient != NULL && expected != NULL);
  random_state = 1;
  run(here, &made, 0.0F, gradient);
  random_state = 1;
  run(there, &other->parameters, 0.0F, expected);
  assert_memory_equal(executor_output(here), executor_output(there), TILES * 5 * BATCH_TILE * sizeof(float));
  assert_memory_equal(gradient, expected, (size_t)made.layout->parameter_count * sizeof *gradient);
  int64_t of_pruned = 0;
  float values[12 * 20];
  layout_read(made.layout, gradient, 0, values);
  for (int64_t i = 0; i < 12 * 20; i++) of_pruned += before.values[i] == 0.0F && values[i] != 0.0F;
  assert_true(of_pruned > 50);
  assert_values_equal(network_values(network), before);
  /* The same executor goes back to the network's own, packed parameters. */
  float *packed = layout_allocate(network->parameters.layout);
  assert_non_null(packed);
  random_state = 1;
  run(here, &network->parameters, 0.0F, packed);
  assert_memory_not_equal(executor_output(here), executor_output(there), TILES * 5 * BATCH_TILE * sizeof(float));
  release_values(&absolute);
  parameters_release(&made);
  float *arrays[] = {gradient, expected, packed};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) memory_release(context, arrays[i]);
  object_release(here);
  object_release(there);
  lottery_network_destroy(network);
  lottery_network_destroy(other);
}

/* What each kind is tested with: its attributes. It reads layers of five units. */
static const struct {
  const struct layer_kind *kind;
  union attribute_value attributes[NODE_ATTRIBUTE_LIMIT];
} cases[] = {{.kind = &layer_dense, .attributes = {{.integer = 5}}},
             {.kind = &layer_relu},
             {.kind = &layer_tanh},
             {.kind = &layer_sigmoid},
             {.kind = &layer_add}};
enum { CASES = sizeof cases / sizeof cases[0] };

static int case_of(const struct layer_kind *kind) {
  for (int i = 0; i < CASES; i++)
    if (cases[i].kind == kind) return i;
  fail_msg("the kind %s has no case in this test", kind->name);
  return -1;
}

/* input - dense layers, one for each input of the kind - the kind. */
static lottery_network *network_of(int number) {
  lottery_network *network;
  const struct layer_kind *kind = cases[number].kind;
  const int64_t inputs = INPUTS;
  int32_t node, before[NODE_INPUT_LIMIT];
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &inputs, &node));
  for (int32_t i = 0; i < kind->inputs_most; i++) assert_ok(context, lottery_network_dense(network, 0, 5, &before[i]));
  assert_ok(context, network_add_layer(network, kind, kind->inputs_most, before, cases[number].attributes, &node));
  assert_int_equal(network->nodes[node].features, 5);
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 3));
  return network;
}

/* The input gradients that the kind under test made, which nothing overwrites before the pass ends, are 0 past the
 * batch. */
static void check_input_gradients(const lottery_network *network, struct executor *executor) {
  struct plan plan;
  assert_ok(context, plan_create(network, TILES, true, &plan));
  const float *buffers = executor_output_gradient(executor) - plan.output_gradient;
  const struct step *last = &plan.steps[network->output];
  for (int32_t i = 0; i < last->node->input_count; i++)
    for (int64_t feature = 0; feature < 5; feature++)
      for (int64_t example = COUNT; example < TILES * BATCH_TILE; example++)
        assert_true(buffers[last->input_gradients[i] + (example / BATCH_TILE * 5 + feature) * BATCH_TILE +
                            example % BATCH_TILE] == 0.0F);
  plan_release(context, &plan);
}

/* The rule of layer_call: whatever finite values stand in the inputs' lanes past the batch, gradients of parameters are
 * the same, and gradients of inputs are 0 there. */
static void test_lanes_past_the_batch(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int set_count = instruction_sets(sets);
  for (int set = 0; set < set_count; set++)
    for (int32_t i = 0; i < layer_kind_count; i++) {
      if (layer_kinds[i] == &layer_input) continue;
      assert_ok(context, lottery_context_set_instruction_set(context, sets[set]));
      lottery_network *network = network_of(case_of(layer_kinds[i]));
      struct executor *executor = executor_create(network, TILES, true, false);
      float *gradients[2];
      const float past[2] = {0.0F, 1000.0F};
      for (int j = 0; j < 2; j++) {
        gradients[j] = layout_allocate(network->parameters.layout);
        assert_true(executor != NULL && gradients[j] != NULL);
        random_state = 5;
        run(executor, &network->parameters, past[j], gradients[j]);
        check_input_gradients(network, executor);
      }
      assert_memory_equal(gradients[0], gradients[1],
                          (size_t)network->parameters.layout->parameter_count * sizeof **gradients);
      for (int j = 0; j < 2; j++) memory_release(context, gradients[j]);
      object_release(executor);
      lottery_network_destroy(network);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_other_parameters),
                                     cmocka_unit_test(test_lanes_past_the_batch)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
