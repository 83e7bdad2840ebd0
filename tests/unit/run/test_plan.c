/* Compiling graphs: what is fused and in place, for training and for inference, and what is kept for a backward pass.
 */
#include "base/memory.h"
#include "model/layer/layer.h"
#include "run/plan.h"
#include "support.h"

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

static lottery_network *begin(lottery_context *context) {
  lottery_network *network;
  int32_t node;
  const int64_t inputs = 20;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, &inputs, &node));
  return network;
}

static int32_t dense(lottery_network *network, int32_t input, int64_t units) {
  int32_t node;
  assert_ok(NULL, lottery_network_dense(network, input, units, &node));
  return node;
}

static int32_t relu(lottery_network *network, int32_t input) {
  int32_t node;
  assert_ok(NULL, lottery_network_relu(network, input, &node));
  return node;
}

static int32_t tangent(lottery_network *network, int32_t input) {
  int32_t node;
  assert_ok(NULL, lottery_network_tanh(network, input, &node));
  return node;
}

static struct plan compiled(lottery_network *network, int32_t output, bool training) {
  struct plan plan;
  if (!network->finished) assert_ok(NULL, lottery_network_finish(network, output));
  assert_ok(NULL, plan_create(network, 2, training, &plan));
  return plan;
}

/* input - dense 30 - relu - dense 7: the first layer computes the ReLU, the second its slope. */
static void test_fused(void **state) {
  lottery_network *network = begin(*state);
  const int32_t first = dense(network, 0, 30), activation = relu(network, first), last = dense(network, activation, 7);
  struct plan plan = compiled(network, last, true);
  assert_true(plan.steps[first].relu && plan.steps[first].forward && plan.steps[first].backward);
  assert_false(plan.steps[activation].forward || plan.steps[activation].backward);
  assert_true(plan.steps[last].slope && !plan.steps[last].relu);
  assert_int_equal(plan.steps[first].output, plan.steps[last].inputs[0]);
  assert_int_equal(plan.steps[first].inputs[0], PLACE_INPUT);
  assert_int_equal(plan.steps[first].input_gradients[0], PLACE_NONE);
  assert_int_equal(plan.steps[first].output_gradient, plan.steps[last].input_gradients[0]);
  plan_release(*state, &plan);
  plan = compiled(network, last, false);
  assert_true(plan.steps[first].relu && !plan.steps[activation].forward);
  assert_false(plan.steps[first].backward || plan.steps[last].slope);
  assert_int_equal(plan.output_gradient, PLACE_NONE);
  assert_int_equal(plan.workspace, 0);
  plan_release(*state, &plan);
  lottery_network_destroy(network);
}

/* A ReLU with two readers is computed forwards by the layer before it, backwards by itself; the first of the readers to
 * come backwards writes its gradient, the other adds. */
static void test_two_readers(void **state) {
  lottery_network *network = begin(*state);
  const int32_t first = dense(network, 0, 30), activation = relu(network, first);
  const int32_t left = dense(network, activation, 7), right = dense(network, activation, 7);
  int32_t sum;
  assert_ok(*state, lottery_network_add(network, left, right, &sum));
  struct plan plan = compiled(network, sum, true);
  assert_true(plan.steps[first].relu && !plan.steps[activation].forward && plan.steps[activation].backward);
  assert_false(plan.steps[left].slope || plan.steps[right].slope);
  assert_true(plan.steps[left].accumulate[0]);
  assert_false(plan.steps[right].accumulate[0]);
  assert_int_not_equal(plan.steps[left].output, plan.steps[right].output);
  plan_release(*state, &plan);
  lottery_network_destroy(network);
}

/* In training a tanh's output must outlive the ReLU after it; in inference the ReLU may overwrite it. */
static void test_in_place(void **state) {
  lottery_network *network = begin(*state);
  const int32_t first = dense(network, 0, 30), curve = tangent(network, first), activation = relu(network, curve);
  const int32_t last = dense(network, activation, 7);
  struct plan plan = compiled(network, last, true);
  assert_int_equal(plan.steps[curve].output, plan.steps[first].output);
  assert_int_not_equal(plan.steps[activation].output, plan.steps[curve].output);
  plan_release(*state, &plan);
  plan = compiled(network, last, false);
  assert_int_equal(plan.steps[activation].output, plan.steps[curve].output);
  plan_release(*state, &plan);
  lottery_network_destroy(network);
}

/* Inference holds a layer and the next; training holds them all. */
static void test_memory(void **state) {
  enum { DEPTH = 50, WIDTH = 64 };
  lottery_network *network = begin(*state);
  int32_t node = 0;
  for (int i = 0; i < DEPTH; i++) node = relu(network, dense(network, node, WIDTH));
  struct plan training = compiled(network, node, true), inference = compiled(network, node, false);
  const int64_t layer = 2 * WIDTH * BATCH_TILE;
  assert_int_equal(inference.floats, 2 * layer);
  assert_in_range(training.floats, DEPTH * layer, (DEPTH + 2) * layer);
  plan_release(*state, &training);
  plan_release(*state, &inference);
  lottery_network_destroy(network);
}

static void test_only_an_input(void **state) {
  lottery_network *network = begin(*state);
  struct plan plan = compiled(network, 0, true);
  assert_int_equal(plan.output, PLACE_INPUT);
  assert_true(plan.output_gradient >= 0);
  assert_int_equal(plan.floats, 2 * 20 * BATCH_TILE);
  plan_release(*state, &plan);
  lottery_network_destroy(network);
}

/* A kind that keeps 48 floats a tile from its forward to its backward pass. */
static lottery_status same_shape(struct lottery_network *network, struct node *node) {
  const struct node *input = &network->nodes[node->inputs[0]];
  node->rank = input->rank;
  node->shape[0] = input->shape[0];
  node->features = input->features;
  return LOTTERY_OK;
}
static void keeps(const struct lottery_network *network, const struct node *node, int64_t count,
                  struct layer_needs *needs) {
  (void)network, (void)node, (void)count;
  needs->kept = 48;
}
static const struct layer_kind keeper = {
    .name = "keeper", .inputs_least = 1, .inputs_most = 1, .shape = same_shape, .needs = keeps};

static void test_kept(void **state) {
  lottery_network *network = begin(*state);
  int32_t first, second, node = dense(network, 0, 8);
  assert_ok(*state, network_add_layer(network, &keeper, 1, &node, NULL, &first));
  assert_ok(*state, network_add_layer(network, &keeper, 1, &first, NULL, &second));
  struct plan plan = compiled(network, second, true);
  assert_int_equal(plan.steps[node].kept, PLACE_NONE);
  assert_true(plan.steps[first].kept >= 0 && plan.steps[second].kept >= 0);
  assert_true(plan.steps[first].kept >= plan.steps[second].kept + 2 * 48 ||
              plan.steps[second].kept >= plan.steps[first].kept + 2 * 48);
  plan_release(*state, &plan);
  plan = compiled(network, second, false);
  assert_int_equal(plan.steps[first].kept, PLACE_NONE);
  plan_release(*state, &plan);
  lottery_network_destroy(network);
}

static lottery_status compile_once(lottery_context *context, void *user) {
  (void)user;
  lottery_network *network;
  lottery_status status = lottery_network_preset(context, "mlp-5-4-3", &network);
  if (status != LOTTERY_OK) return status;
  struct plan plan;
  status = plan_create(network, 1, true, &plan);
  if (status == LOTTERY_OK) plan_release(context, &plan);
  lottery_network_destroy(network);
  return status;
}

static void test_memory_runs_out(void **state) {
  (void)state;
  assert_true(run_out_of_memory(compile_once, NULL) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_fused),          cmocka_unit_test(test_two_readers),
                                     cmocka_unit_test(test_in_place),       cmocka_unit_test(test_memory),
                                     cmocka_unit_test(test_only_an_input),  cmocka_unit_test(test_kept),
                                     cmocka_unit_test(test_memory_runs_out)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
