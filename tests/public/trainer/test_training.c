/* Training is repeatable: one seed, the same bits, however the iterations are cut up, saved and resumed. */
#include <stdlib.h>
#include <string.h>

#include "training.h"

/* 130 examples in batches of 60: the last of an epoch has 10. */
enum { EXAMPLES = 130, FEATURES = 20, CLASSES = 4, BATCH = 60 };
static const char *const preset = "mlp-20-16-12-4";

/* A context, a network, a dataset and a trainer. */
struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

static struct bench bench_start(int32_t set, const struct optimiser_case *optimiser, uint64_t weight_seed,
                                uint64_t order_seed) {
  struct bench bench = {.context = context_on(set)};
  bench.network = initialised_network(bench.context, preset, weight_seed);
  bench.dataset = support_dataset(bench.context, EXAMPLES, FEATURES, CLASSES, 1.5F, 3);
  assert_ok(bench.context, lottery_trainer_create(bench.network, bench.dataset, order_seed, &bench.trainer));
  set_optimiser(bench.trainer, optimiser);
  return bench;
}

static void bench_finish(struct bench *bench) {
  lottery_trainer_destroy(bench->trainer);
  lottery_network_destroy(bench->network);
  lottery_dataset_destroy(bench->dataset);
  lottery_context_destroy(bench->context);
}

static void run(struct bench *bench, int64_t iterations) {
  int64_t done = -1;
  assert_ok(bench->context, lottery_trainer_run(bench->trainer, iterations, NULL, NULL, &done));
  assert_int_equal(done, iterations);
}

static struct values trained(int32_t set, const struct optimiser_case *optimiser, uint64_t weight_seed,
                             uint64_t order_seed) {
  struct bench bench = bench_start(set, optimiser, weight_seed, order_seed);
  run(&bench, 40);
  struct values values = trainer_values(bench.trainer);
  bench_finish(&bench);
  return values;
}

/* Calls `check` for every instruction set and optimiser. */
static void for_all(void (*check)(int32_t set, const struct optimiser_case *optimiser)) {
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < optimiser_case_count; j++) check(sets[i], &optimiser_cases[j]);
}

static void check_same_seed(int32_t set, const struct optimiser_case *optimiser) {
  assert_values_equal(trained(set, optimiser, 1, 2), trained(set, optimiser, 1, 2));
  assert_values_differ(trained(set, optimiser, 1, 2), trained(set, optimiser, 1, 3));
  assert_values_differ(trained(set, optimiser, 1, 2), trained(set, optimiser, 4, 2));
}

static void test_same_seed(void **state) {
  (void)state;
  for_all(check_same_seed);
}

/* Reads batch number `batch` as the order of data has it; returns its size. */
static int64_t host_batch(lottery_dataset *dataset, const int32_t *order, int64_t batch, float *inputs,
                          int32_t *labels) {
  const int64_t batches = (EXAMPLES + BATCH - 1) / BATCH, first = batch % batches * BATCH;
  const int64_t count = EXAMPLES - first < BATCH ? EXAMPLES - first : BATCH;
  for (int64_t i = 0; i < count; i++)
    assert_ok(NULL, lottery_dataset_read(dataset, order[batch / batches * EXAMPLES + first + i], 1,
                                         inputs + i * FEATURES, labels + i));
  return count;
}

/* run, the split form, step and the split form with the host's batches all do the same. */
static void check_forms(int32_t set, const struct optimiser_case *optimiser) {
  enum { ITERATIONS = 10 };
  struct bench benches[4];
  for (int i = 0; i < 4; i++) benches[i] = bench_start(set, optimiser, 1, 2);
  int32_t *order = order_of_data(benches[0].context, EXAMPLES, 2, 4);
  double seen[4];
  assert_fails(benches[0].context, lottery_trainer_loss(benches[0].trainer, &seen[0]), LOTTERY_ERROR_STATE, "loss");
  run(&benches[0], ITERATIONS);
  assert_ok(NULL, lottery_trainer_loss(benches[0].trainer, &seen[0]));
  for (int64_t batch = 0; batch < ITERATIONS; batch++) {
    float inputs[BATCH * FEATURES];
    int32_t labels[BATCH];
    double losses[3];
    const int64_t count = host_batch(benches[2].dataset, order, batch, inputs, labels);
    assert_ok(NULL, lottery_trainer_gradient(benches[1].trainer, 0, NULL, NULL, NULL, &losses[0]));
    assert_ok(NULL, lottery_trainer_apply(benches[1].trainer));
    assert_ok(NULL, lottery_trainer_step(benches[2].trainer, count, inputs, labels, NULL, &losses[1]));
    assert_ok(NULL, lottery_trainer_gradient(benches[3].trainer, count, inputs, labels, NULL, &losses[2]));
    assert_ok(NULL, lottery_trainer_apply(benches[3].trainer));
    assert_memory_equal(&losses[0], &losses[1], sizeof losses[0]);
    assert_memory_equal(&losses[0], &losses[2], sizeof losses[0]);
    for (int i = 1; i < 4; i++) {
      assert_ok(NULL, lottery_trainer_loss(benches[i].trainer, &seen[i]));
      assert_memory_equal(&seen[i], &losses[0], sizeof losses[0]);
    }
    if (batch == ITERATIONS - 1) assert_memory_equal(&seen[0], &losses[0], sizeof losses[0]);
  }
  for (int i = 0; i < 4; i++) {
    int64_t iteration;
    assert_ok(NULL, lottery_trainer_iteration(benches[i].trainer, &iteration));
    assert_int_equal(iteration, ITERATIONS);
    if (i > 0) assert_values_equal(trainer_values(benches[0].trainer), trainer_values(benches[i].trainer));
  }
  for (int i = 0; i < 4; i++) bench_finish(&benches[i]);
  free(order);
}

static void test_forms(void **state) {
  (void)state;
  for_all(check_forms);
}

static void check_pieces(int32_t set, const struct optimiser_case *optimiser) {
  struct bench whole = bench_start(set, optimiser, 1, 2), pieces = bench_start(set, optimiser, 1, 2);
  run(&whole, 31);
  run(&pieces, 1);
  run(&pieces, 0);
  run(&pieces, 13);
  double loss;
  assert_ok(NULL, lottery_trainer_evaluate(pieces.trainer, pieces.dataset, &loss, NULL)); /* leaves no trace */
  run(&pieces, 17);
  assert_values_equal(trainer_values(whole.trainer), trainer_values(pieces.trainer));
  bench_finish(&whole);
  bench_finish(&pieces);
}

static void test_pieces(void **state) {
  (void)state;
  for_all(check_pieces);
}

/* A gradient that is taken but not applied leaves the order of data as it was; a batch of the host's too. */
static void test_gradients_not_applied(void **state) {
  (void)state;
  struct bench plain = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[5], 1, 2),
               other = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[5], 1, 2);
  float inputs[FEATURES] = {1.0F}, outputs[CLASSES];
  const int32_t label = 1;
  run(&plain, 9);
  run(&other, 4);
  assert_ok(NULL, lottery_trainer_gradient(other.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_gradient(other.trainer, 1, inputs, &label, NULL, NULL));
  assert_ok(NULL, lottery_trainer_forward(other.trainer, 1, inputs, outputs));
  assert_ok(NULL, lottery_trainer_backward(other.trainer, 1, outputs));
  run(&other, 5);
  assert_values_equal(trainer_values(plain.trainer), trainer_values(other.trainer));
  bench_finish(&plain);
  bench_finish(&other);
}

/* A step on a batch of the host's is an iteration, but takes nothing from the dataset. */
static void test_steps_between(void **state) {
  (void)state;
  struct bench mixed = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[3], 1, 2),
               by_hand = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[3], 1, 2);
  int32_t *order = order_of_data(mixed.context, EXAMPLES, 2, 3);
  float inputs[BATCH * FEATURES];
  int32_t labels[BATCH];
  run(&mixed, 2);
  int64_t count = host_batch(mixed.dataset, order, 0, inputs, labels);
  assert_ok(NULL, lottery_trainer_step(mixed.trainer, count, inputs, labels, NULL, NULL));
  run(&mixed, 3);
  static const int64_t batches[] = {0, 1, 0, 2, 3, 4};
  for (int i = 0; i < 6; i++) {
    count = host_batch(mixed.dataset, order, batches[i], inputs, labels);
    assert_ok(NULL, lottery_trainer_step(by_hand.trainer, count, inputs, labels, NULL, NULL));
  }
  assert_values_equal(trainer_values(mixed.trainer), trainer_values(by_hand.trainer));
  free(order);
  bench_finish(&mixed);
  bench_finish(&by_hand);
}

/* The batch size counts from the next batch: a gradient that is there stays good. */
static void test_batch_size_before_apply(void **state) {
  (void)state;
  struct bench plain = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[5], 1, 2),
               other = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[5], 1, 2);
  run(&plain, 4);
  run(&other, 3);
  assert_ok(NULL, lottery_trainer_gradient(other.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_set_integer(other.trainer, LOTTERY_TRAINER_BATCH_SIZE, 1000));
  struct values gradient = gradient_values(other.trainer, other.network);
  release_values(&gradient);
  assert_ok(NULL, lottery_trainer_apply(other.trainer));
  assert_values_equal(trainer_values(plain.trainer), trainer_values(other.trainer));
  bench_finish(&plain);
  bench_finish(&other);
}

static lottery_mask *random_mask(lottery_network *network) {
  lottery_pruner *pruner;
  lottery_mask *mask;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.5));
  assert_ok(context, lottery_pruner_apply(pruner, network, NULL, &mask));
  lottery_pruner_destroy(pruner);
  lottery_context_destroy(context);
  return mask;
}

/* A snapshot resumed equals training that was never interrupted: in the same trainer, and in a new one of another
 * context whose network and order of data were others. */
static void resume(int32_t set, const struct optimiser_case *optimiser, bool masked) {
  struct bench first = bench_start(set, optimiser, 1, 2), second = bench_start(set, optimiser, 8, 9);
  lottery_snapshot *snapshot;
  lottery_mask *mask = NULL;
  run(&first, 7);
  if (masked) {
    mask = random_mask(first.network);
    assert_ok(NULL, lottery_network_set_mask(first.network, mask));
  }
  run(&first, 11);
  assert_ok(NULL, lottery_trainer_snapshot(first.trainer, LOTTERY_STATE_ALL, &snapshot));
  run(&first, 23);
  struct values expected = trainer_values(first.trainer);
  run(&second, 5);
  assert_ok(NULL, lottery_trainer_rewind(second.trainer, snapshot, mask, LOTTERY_STATE_ALL));
  run(&second, 23);
  assert_values_equal(expected, trainer_values(second.trainer));
  run(&first, 3);
  assert_ok(NULL, lottery_trainer_rewind(first.trainer, snapshot, NULL, LOTTERY_STATE_ALL));
  int64_t iteration;
  assert_ok(NULL, lottery_trainer_iteration(first.trainer, &iteration));
  assert_int_equal(iteration, 18);
  run(&first, 23);
  assert_values_equal(trainer_values(first.trainer), trainer_values(second.trainer));
  lottery_snapshot_destroy(snapshot);
  lottery_mask_destroy(mask);
  bench_finish(&first);
  bench_finish(&second);
}

static void check_resume(int32_t set, const struct optimiser_case *optimiser) {
  resume(set, optimiser, false);
  resume(set, optimiser, true);
}

static void test_resume(void **state) {
  (void)state;
  for_all(check_resume);
}

/* Two networks of different sizes side by side in one thread do not disturb each other, nor does the batch size of
 * the calls before. */
static void test_neighbours(void **state) {
  (void)state;
  struct bench alone = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[6], 1, 2),
               one = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[6], 1, 2),
               two = bench_start(LOTTERY_INSTRUCTION_SET_AUTOMATIC, &optimiser_cases[2], 5, 6);
  run(&alone, 12);
  for (int i = 0; i < 12; i++) {
    run(&one, 1);
    assert_ok(NULL, lottery_trainer_set_integer(two.trainer, LOTTERY_TRAINER_BATCH_SIZE, 1 + 40 * i));
    run(&two, 2);
  }
  assert_values_equal(trainer_values(alone.trainer), trainer_values(one.trainer));
  bench_finish(&alone);
  bench_finish(&one);
  bench_finish(&two);
}

/* It must do what it is for as well: the loss falls and the answers become right. */
static void check_learning(int32_t set, const struct optimiser_case *optimiser) {
  struct bench bench = bench_start(set, optimiser, 1, 2);
  double before, after;
  int64_t correct;
  assert_ok(NULL, lottery_trainer_evaluate(bench.trainer, bench.dataset, &before, NULL));
  run(&bench, 150);
  assert_ok(NULL, lottery_trainer_evaluate(bench.trainer, bench.dataset, &after, &correct));
  assert_true(after < 0.6 * before);
  assert_true(correct > EXAMPLES * 8 / 10);
  bench_finish(&bench);
}

static void test_learning(void **state) {
  (void)state;
  for_all(check_learning);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_seed),
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_gradients_not_applied),
      cmocka_unit_test(test_batch_size_before_apply),
      cmocka_unit_test(test_steps_between),
      cmocka_unit_test(test_resume),
      cmocka_unit_test(test_neighbours),
      cmocka_unit_test(test_learning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
