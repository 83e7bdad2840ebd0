/* Running out of memory: the n-th allocation of a whole scenario fails, once and for good, for every n. */
#include <string.h>

#include "scenario.h"

static char directory[PATH_CAPACITY], images[PATH_CAPACITY], labels[PATH_CAPACITY];

/* Every failure is MEMORY, created handles are NULL (the scenario looks), nothing leaks. */
static void test_every_allocation_fails(void **unused) {
  (void)unused;
  struct scenario scenario = {.images = images, .labels = labels};
  const int64_t descriptors = open_descriptors();
  const int64_t allocations = run_out_of_memory(scenario_run, &scenario);
  print_message("%lld allocations\n", (long long)allocations);
  assert_true(allocations > 200);
  assert_int_equal(open_descriptors(), descriptors);
}

/* What failed works when it is called again, and all that comes after gives the bits of a run without a failure. */
static void test_a_failure_leaves_no_trace(void **unused) {
  (void)unused;
  static struct scenario undisturbed, scenario;
  scenario.images = undisturbed.images = images;
  scenario.labels = undisturbed.labels = labels;
  scenario.retry = true;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  assert_ok(context, scenario_run(context, &undisturbed));
  assert_true(undisturbed.result_count > 40);
  for (int64_t n = 1;; n += support_stride()) {
    allocator_fail(&allocator, n, false);
    const int64_t blocks = allocator.live_blocks;
    assert_ok(context, scenario_run(context, &scenario));
    assert_int_equal(allocator.live_blocks, blocks);
    assert_int_equal(scenario.result_count, undisturbed.result_count);
    for (int i = 0; i < scenario.result_count; i++)
      if (scenario.results[i] != undisturbed.results[i])
        fail_msg("after allocation %lld failed, result %d differs", (long long)n, i);
    if (scenario.retries == 0) break; /* the scenario makes fewer than n allocations */
    assert_int_equal(scenario.retries, 1);
  }
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

/* Training and evaluation allocate nothing after the first call of their kind. */
static void test_training_allocates_once(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  lottery_dataset *dataset = support_dataset(context, 100, 8, 3, 0.2F, 1);
  lottery_network *network;
  assert_ok(context, lottery_network_preset(context, "mlp-8-6-3", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  for (int32_t optimiser = LOTTERY_OPTIMISER_SGD; optimiser <= LOTTERY_OPTIMISER_ADAM; optimiser++) {
    lottery_trainer *trainer;
    double loss;
    float inputs[8] = {1}, outputs[3];
    const int32_t label = 2;
    assert_ok(context, lottery_trainer_create(network, dataset, 1, &trainer));
    assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, optimiser));
    assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, 0.9));
    int64_t calls = 0;
    for (int i = 0; i < 3; i++) {
      assert_ok(context, lottery_trainer_run(trainer, 1 + 20 * i, NULL, NULL, NULL));
      assert_ok(context, lottery_trainer_step(trainer, 1, inputs, &label, NULL, NULL));
      assert_ok(context, lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL));
      assert_ok(context, lottery_trainer_apply(trainer));
      assert_ok(context, lottery_trainer_forward(trainer, 1, inputs, outputs));
      assert_ok(context, lottery_trainer_backward(trainer, 1, outputs));
      assert_ok(context, lottery_trainer_apply(trainer));
      assert_ok(context, lottery_trainer_evaluate(trainer, dataset, &loss, NULL));
      assert_ok(context, lottery_network_predict(network, 1, inputs, outputs));
      if (i == 0) calls = allocator.calls;
    }
    assert_int_equal(allocator.calls, calls);
    lottery_trainer_destroy(trainer);
  }
  lottery_network_destroy(network);
  lottery_dataset_destroy(dataset);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

int main(void) {
  temporary_directory(directory);
  scenario_files(directory, images, labels);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_allocation_fails),
      cmocka_unit_test(test_a_failure_leaves_no_trace),
      cmocka_unit_test(test_training_allocates_once),
  };
  const int failures = cmocka_run_group_tests(tests, NULL, NULL);
  remove_directory(directory);
  return failures;
}
