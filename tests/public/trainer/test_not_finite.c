/* Losses and gradients that are infinite or not a number are errors before anything changes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { EXAMPLES = 50, FEATURES = 6, CLASSES = 3, BATCH = 10, WEIGHTS = 6 * 5 + 5 + 5 * 3 + 3 };

struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

/* A dataset whose example number `bad` has inputs so large that its output is infinite; -1: none. */
static lottery_dataset *dataset_with(lottery_context *context, int64_t bad) {
  float inputs[EXAMPLES * FEATURES], targets[EXAMPLES * CLASSES];
  int32_t labels[EXAMPLES];
  uint64_t state = 4;
  for (int i = 0; i < EXAMPLES * FEATURES; i++) inputs[i] = support_random_float(&state);
  for (int i = 0; i < FEATURES && bad >= 0; i++) inputs[bad * FEATURES + i] = 1.5e38F;
  for (int i = 0; i < EXAMPLES * CLASSES; i++) targets[i] = support_random_float(&state);
  for (int i = 0; i < EXAMPLES; i++) labels[i] = i % CLASSES;
  const int64_t shape = FEATURES;
  lottery_dataset *plain, *targeted, *dataset;
  assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &plain));
  assert_ok(context, lottery_dataset_with_targets(plain, CLASSES, targets, EXAMPLES, &targeted));
  assert_ok(context, lottery_dataset_with_labels(targeted, CLASSES, labels, EXAMPLES, &dataset));
  lottery_dataset_destroy(plain);
  lottery_dataset_destroy(targeted);
  return dataset;
}

static struct bench bench_start(int32_t set, const struct optimiser_case *optimiser, int64_t loss, int64_t bad) {
  struct bench bench = {.context = context_on(set)};
  float weights[WEIGHTS];
  for (int i = 0; i < WEIGHTS; i++) weights[i] = 0.5F + 0.01F * (float)i; /* sums of 1.5e38 overflow */
  assert_ok(bench.context, lottery_network_preset(bench.context, "mlp-6-5-3", &bench.network));
  set_network_values(bench.network, weights);
  bench.dataset = dataset_with(bench.context, bad);
  assert_ok(bench.context, lottery_trainer_create(bench.network, bench.dataset, 2, &bench.trainer));
  set_optimiser(bench.trainer, optimiser);
  assert_ok(bench.context, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_LOSS, loss));
  assert_ok(bench.context, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  return bench;
}

static void bench_finish(struct bench *bench) {
  lottery_trainer_destroy(bench->trainer);
  lottery_network_destroy(bench->network);
  lottery_dataset_destroy(bench->dataset);
  lottery_context_destroy(bench->context);
}

/* run stops before the batch with the bad example; what was trained until then is as without it. */
static void check_run(int32_t set, const struct optimiser_case *optimiser, int64_t loss) {
  struct bench good = bench_start(set, optimiser, loss, -1), bad = bench_start(set, optimiser, loss, 17);
  int32_t *order = order_of_data(good.context, EXAMPLES, 2, 1);
  int64_t before = 0, done = -1, iteration;
  while (order[before] != 17) before++;
  before /= BATCH;
  assert_ok(NULL, lottery_trainer_run(good.trainer, before, NULL, NULL, NULL));
  assert_fails(bad.context, lottery_trainer_run(bad.trainer, 5, NULL, NULL, &done), LOTTERY_ERROR_NOT_FINITE, "loss");
  assert_int_equal(done, before);
  assert_values_equal(trainer_values(good.trainer), trainer_values(bad.trainer));
  double last = 0, same = 0; /* the loss that is not finite is not kept */
  const lottery_status had = before > 0 ? LOTTERY_OK : LOTTERY_ERROR_STATE;
  assert_status(NULL, lottery_trainer_loss(good.trainer, &last), had);
  assert_status(NULL, lottery_trainer_loss(bad.trainer, &same), had);
  assert_memory_equal(&last, &same, sizeof last);
  assert_ok(NULL, lottery_trainer_iteration(bad.trainer, &iteration));
  assert_int_equal(iteration, before);
  /* Again, and through the split form: still the same batch. */
  assert_status(NULL, lottery_trainer_run(bad.trainer, 5, NULL, NULL, &done), LOTTERY_ERROR_NOT_FINITE);
  assert_int_equal(done, 0);
  assert_status(NULL, lottery_trainer_gradient(bad.trainer, 0, NULL, NULL, NULL, NULL), LOTTERY_ERROR_NOT_FINITE);
  assert_status(NULL, lottery_trainer_apply(bad.trainer), LOTTERY_ERROR_STATE);
  assert_values_equal(trainer_values(good.trainer), trainer_values(bad.trainer));
  free(order);
  bench_finish(&good);
  bench_finish(&bad);
}

static void test_run(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < optimiser_case_count; j++)
      for (int64_t loss = LOTTERY_LOSS_CROSS_ENTROPY; loss <= LOTTERY_LOSS_MEAN_SQUARED_ERROR; loss++)
        check_run(sets[i], &optimiser_cases[j], loss);
}

/* One bad value anywhere in a host's batch. */
static void check_step(int32_t set, int64_t loss_kind) {
  const float bad[] = {NAN, INFINITY, -INFINITY};
  struct bench bench = bench_start(set, &optimiser_cases[5], loss_kind, -1);
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 3, NULL, NULL, NULL));
  struct values expected = trainer_values(bench.trainer);
  for (int i = 0; i < BATCH * 3; i++) {
    float inputs[BATCH * FEATURES], targets[BATCH * CLASSES];
    int32_t labels[BATCH] = {0};
    double loss = 42.0;
    for (int j = 0; j < BATCH * FEATURES; j++) inputs[j] = 0.25F;
    for (int j = 0; j < BATCH * CLASSES; j++) targets[j] = 0.5F;
    if (loss_kind == LOTTERY_LOSS_MEAN_SQUARED_ERROR && i % 2 == 0)
      targets[i / 3 * CLASSES + 1] = bad[i % 3];
    else
      inputs[i / 3 * FEATURES + i % FEATURES] = bad[i % 2]; /* minus infinity could end in a ReLU */
    assert_fails(bench.context, lottery_trainer_step(bench.trainer, BATCH, inputs, labels, targets, &loss),
                 LOTTERY_ERROR_NOT_FINITE, "s: element");
    assert_true(loss == 42.0); /* every argument is as it was */
    struct values found = trainer_values(bench.trainer),
                  copy = {calloc((size_t)expected.count, sizeof(float)), expected.count};
    memcpy(copy.values, expected.values, (size_t)expected.count * sizeof(float));
    assert_values_equal(copy, found);
  }
  release_values(&expected);
  bench_finish(&bench);
}

static void test_step(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int64_t loss = LOTTERY_LOSS_CROSS_ENTROPY; loss <= LOTTERY_LOSS_MEAN_SQUARED_ERROR; loss++)
      check_step(sets[i], loss);
}

/* A gradient written by the host, or made from the host's output gradient. */
static void test_gradient(void **state) {
  (void)state;
  struct bench bench = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[3], 0, -1),
               plain = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[3], 0, -1);
  float gradient[WEIGHTS], wrong[WEIGHTS], inputs[FEATURES] = {0.5F}, outputs[CLASSES];
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 4, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_run(plain.trainer, 4, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_gradient(bench.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_read_gradient(bench.trainer, gradient, WEIGHTS));
  for (int i = 0; i < WEIGHTS; i++) {
    memcpy(wrong, gradient, sizeof wrong);
    wrong[i] = i % 2 == 0 ? NAN : -INFINITY;
    assert_ok(NULL, lottery_trainer_write_gradient(bench.trainer, wrong, WEIGHTS));
    assert_fails(bench.context, lottery_trainer_apply(bench.trainer), LOTTERY_ERROR_NOT_FINITE, "fc");
    assert_values_equal(trainer_values(plain.trainer), trainer_values(bench.trainer));
  }
  /* Written right, it can still be applied. */
  assert_ok(NULL, lottery_trainer_write_gradient(bench.trainer, gradient, WEIGHTS));
  assert_ok(NULL, lottery_trainer_apply(bench.trainer));
  assert_ok(NULL, lottery_trainer_run(plain.trainer, 1, NULL, NULL, NULL));
  assert_values_equal(trainer_values(plain.trainer), trainer_values(bench.trainer));
  assert_ok(NULL, lottery_trainer_forward(bench.trainer, 1, inputs, outputs));
  outputs[2] = NAN;
  assert_status(NULL, lottery_trainer_backward(bench.trainer, 1, outputs), LOTTERY_ERROR_NOT_FINITE);
  assert_values_equal(trainer_values(plain.trainer), trainer_values(bench.trainer));
  bench_finish(&bench);
  bench_finish(&plain);
}

/* A step that overflows says so itself: with the run, a batch of the host's, or a written gradient. The next one says
 * that it found the weights so. */
static void check_overflow(int32_t set, const struct optimiser_case *optimiser, int way) {
  struct bench bench = bench_start(set, optimiser, LOTTERY_LOSS_CROSS_ENTROPY, -1);
  lottery_context *context = bench.context;
  const int64_t shape = FEATURES;
  const int32_t label = 1; /* not the class whose weights are largest */
  float inputs[FEATURES], gradient[WEIGHTS] = {0};
  int64_t done = -1, iteration;
  double loss = 42.0;
  for (int i = 0; i < FEATURES; i++) inputs[i] = 1e34F;
  gradient[2] = 3e38F;
  lottery_dataset *plain, *dataset;
  lottery_trainer *trainer;
  assert_ok(context, lottery_dataset_create(context, 1, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &plain));
  assert_ok(context, lottery_dataset_with_labels(plain, CLASSES, &label, 1, &dataset));
  assert_ok(context, lottery_trainer_create(bench.network, dataset, 2, &trainer));
  set_optimiser(trainer, optimiser);
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 1e6));
  if (way == 0) {
    assert_fails(context, lottery_trainer_run(trainer, 5, NULL, NULL, &done), LOTTERY_ERROR_NOT_FINITE,
                 "step: iteration 1 overflowed and left ");
    assert_int_equal(done, 1);
  } else if (way == 1) {
    assert_fails(context, lottery_trainer_step(trainer, 1, inputs, &label, NULL, &loss), LOTTERY_ERROR_NOT_FINITE,
                 "step: iteration 1 overflowed and left ");
  } else {
    assert_ok(context, lottery_trainer_gradient(trainer, 1, inputs, &label, NULL, NULL));
    assert_ok(context, lottery_trainer_write_gradient(trainer, gradient, WEIGHTS));
    assert_fails(context, lottery_trainer_apply(trainer), LOTTERY_ERROR_NOT_FINITE,
                 "step: iteration 1 overflowed and left ");
    assert_message(context, " of fc1.weight: restore a snapshot");
  }
  assert_true(loss == 42.0);
  assert_ok(context, lottery_trainer_iteration(trainer, &iteration));
  assert_int_equal(iteration, 1);
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(plain);
  lottery_dataset_destroy(dataset);
  bench_finish(&bench);
}

static void test_overflow(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < optimiser_case_count; j++)
      for (int way = 0; way < 3; way++) check_overflow(sets[i], &optimiser_cases[j], way);
}

/* A loss says whether the batch or the weights are at fault. */
static void test_loss_names_weights(void **state) {
  (void)state;
  struct bench bench = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[0], 0, -1);
  const float inputs[FEATURES] = {1, 1, 1, 1, 1, 1}, large[FEATURES] = {3e38F, 3e38F, 3e38F, 3e38F, 3e38F, 3e38F};
  const int32_t label = 1;
  assert_fails(bench.context, lottery_trainer_step(bench.trainer, 1, large, &label, NULL, NULL),
               LOTTERY_ERROR_NOT_FINITE, "no weight was changed");
  float gradient[WEIGHTS] = {0};
  gradient[WEIGHTS - 1] = -3e38F; /* a bias of the output */
  assert_ok(NULL, lottery_trainer_set_real(bench.trainer, LOTTERY_TRAINER_LEARNING_RATE, 100.0));
  assert_ok(NULL, lottery_trainer_gradient(bench.trainer, 1, inputs, &label, NULL, NULL));
  assert_ok(NULL, lottery_trainer_write_gradient(bench.trainer, gradient, WEIGHTS));
  assert_status(NULL, lottery_trainer_apply(bench.trainer), LOTTERY_ERROR_NOT_FINITE);
  assert_fails(bench.context, lottery_trainer_step(bench.trainer, 1, inputs, &label, NULL, NULL),
               LOTTERY_ERROR_NOT_FINITE, "an earlier step left inf in the weights of fc2.bias: restore a snapshot");
  bench_finish(&bench);
}

/* Evaluation returns such a loss as it is. */
static void test_evaluate(void **state) {
  (void)state;
  struct bench bench = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[0], 0, 17);
  double loss = 0.0;
  assert_ok(bench.context, lottery_trainer_evaluate(bench.trainer, bench.dataset, &loss, NULL));
  assert_true(loss - loss != 0.0);
  bench_finish(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run),
      cmocka_unit_test(test_step),
      cmocka_unit_test(test_gradient),
      cmocka_unit_test(test_overflow),
      cmocka_unit_test(test_loss_names_weights),
      cmocka_unit_test(test_evaluate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
