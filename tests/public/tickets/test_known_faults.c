/* Faults that other implementations of lottery tickets are known for, each looked for from the outside. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { WEIGHTS = 20 * 12 + 12 * 4, FIRST = 20 * 12 };

struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
  lottery_pruner *pruner;
};

static struct bench bench_start(void) {
  struct bench bench = {.context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC)};
  bench.network = initialised_network(bench.context, "mlp-20-12-4", 1);
  bench.dataset = support_dataset(bench.context, 100, 20, 4, 1.5F, 3);
  assert_ok(bench.context, lottery_trainer_create(bench.network, bench.dataset, 2, &bench.trainer));
  assert_ok(bench.context, lottery_pruner_create(bench.context, &bench.pruner));
  return bench;
}

static void bench_finish(struct bench *bench) {
  lottery_pruner_destroy(bench->pruner);
  lottery_trainer_destroy(bench->trainer);
  lottery_network_destroy(bench->network);
  lottery_dataset_destroy(bench->dataset);
  lottery_context_destroy(bench->context);
}

static int64_t kept_of(lottery_mask *mask, int64_t tensor) {
  int64_t kept;
  assert_ok(NULL, lottery_mask_kept(mask, tensor, &kept, NULL));
  return kept;
}

/* Pruning n + 1 weights for n: counted in the mask, and as zeros among the weights. */
static void test_exact_count(void **state) {
  (void)state;
  struct bench bench = bench_start();
  for (int64_t count = 0; count <= WEIGHTS; count++) {
    lottery_mask *mask;
    assert_ok(bench.context, lottery_network_set_mask(bench.network, NULL));
    assert_ok(bench.context, lottery_network_initialise(bench.network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
    assert_ok(bench.context, lottery_pruner_set_integer(bench.pruner, LOTTERY_PRUNER_COUNT, count));
    assert_status(bench.context, lottery_pruner_apply(bench.pruner, bench.network, NULL, &mask),
                  count == 0 ? LOTTERY_UNCHANGED : LOTTERY_OK);
    assert_int_equal(kept_of(mask, -1), WEIGHTS - count);
    assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
    struct values values = network_values(bench.network);
    int64_t zeros = 0;
    for (int64_t i = 0; i < values.count; i++) zeros += values.values[i] == 0.0F;
    assert_int_equal(zeros, count + 16); /* and the biases */
    release_values(&values);
    lottery_mask_destroy(mask);
  }
  bench_finish(&bench);
}

/* A threshold in place of ranks, so that all weights of one score go or none: scores of a criterion can all be 0. */
static void test_equal_scores(void **state) {
  (void)state;
  struct bench bench = bench_start();
  static const float scores[WEIGHTS];
  uint8_t bytes[WEIGHTS];
  assert_ok(bench.context, lottery_pruner_set_integer(bench.pruner, LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL));
  assert_ok(bench.context, lottery_pruner_set_real(bench.pruner, LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0));
  for (int64_t count = 0; count <= WEIGHTS; count++) {
    lottery_mask *mask;
    assert_ok(bench.context, lottery_pruner_set_integer(bench.pruner, LOTTERY_PRUNER_COUNT, count));
    assert_status(bench.context, lottery_pruner_apply_scores(bench.pruner, bench.network, NULL, scores, WEIGHTS, &mask),
                  count == 0 ? LOTTERY_UNCHANGED : LOTTERY_OK);
    assert_ok(bench.context, lottery_mask_read(mask, 0, bytes, FIRST));
    assert_ok(bench.context, lottery_mask_read(mask, 1, bytes + FIRST, WEIGHTS - FIRST));
    for (int64_t i = 0; i < WEIGHTS; i++) assert_int_equal(bytes[i], i >= count);
    lottery_mask_destroy(mask);
  }
  bench_finish(&bench);
}

/* A crash at rate 1: everything goes, and training goes on with the biases. */
static void test_rate_one(void **state) {
  (void)state;
  struct bench bench = bench_start();
  lottery_mask *mask, *again;
  double before, after;
  assert_ok(bench.context, lottery_pruner_set_real(bench.pruner, LOTTERY_PRUNER_RATE, 1.0));
  assert_ok(bench.context, lottery_pruner_set_real(bench.pruner, LOTTERY_PRUNER_OUTPUT_FACTOR, 1.0));
  assert_ok(bench.context, lottery_pruner_apply(bench.pruner, bench.network, NULL, &mask));
  assert_int_equal(kept_of(mask, -1), 0);
  assert_ok(bench.context, lottery_trainer_rewind(bench.trainer, NULL, mask, 0));
  assert_status(bench.context, lottery_pruner_apply(bench.pruner, bench.network, NULL, &again), LOTTERY_UNCHANGED);
  assert_int_equal(kept_of(again, -1), 0);
  assert_ok(bench.context, lottery_trainer_evaluate(bench.trainer, bench.dataset, &before, NULL));
  assert_true(fabs(before - log(4.0)) < 1e-6); /* nothing tells the classes apart */
  assert_ok(bench.context, lottery_trainer_run(bench.trainer, 20, NULL, NULL, NULL));
  assert_ok(bench.context, lottery_network_check_mask(bench.network, NULL, NULL, NULL));
  assert_ok(bench.context, lottery_trainer_evaluate(bench.trainer, bench.dataset, &after, NULL));
  assert_true(after < 1.5);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(again);
  bench_finish(&bench);
}

/* Negative weights pruned, or frozen, for want of an absolute value. */
static void test_negative_weights(void **state) {
  (void)state;
  struct bench bench = bench_start();
  lottery_mask *mask;
  uint8_t bytes[FIRST];
  float before[FIRST], after[FIRST];
  assert_ok(bench.context, lottery_network_read_tensor(bench.network, 0, before, FIRST));
  assert_ok(bench.context, lottery_pruner_set_real(bench.pruner, LOTTERY_PRUNER_RATE, 0.5));
  assert_ok(bench.context, lottery_pruner_apply(bench.pruner, bench.network, NULL, &mask));
  assert_ok(bench.context, lottery_mask_read(mask, 0, bytes, FIRST));
  double smallest_kept = INFINITY, largest_pruned = 0.0;
  int64_t negative = 0;
  for (int i = 0; i < FIRST; i++) {
    const double magnitude = fabs((double)before[i]);
    if (bytes[i]) smallest_kept = fmin(smallest_kept, magnitude);
    if (!bytes[i]) largest_pruned = fmax(largest_pruned, magnitude);
    negative += bytes[i] && before[i] < 0.0F;
  }
  assert_true(largest_pruned <= smallest_kept);
  assert_true(negative > FIRST / 8 && negative < FIRST / 8 * 3);
  assert_ok(bench.context, lottery_trainer_rewind(bench.trainer, NULL, mask, 0));
  assert_ok(bench.context, lottery_trainer_run(bench.trainer, 5, NULL, NULL, NULL));
  assert_ok(bench.context, lottery_network_read_tensor(bench.network, 0, after, FIRST));
  for (int i = 0; i < FIRST; i++) assert_int_equal(before[i] != after[i], 1); /* pruned to 0, or trained */
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

/* A shuffle that shuffles nothing, or loses a layer's density. */
static void test_shuffle(void **state) {
  (void)state;
  struct bench bench = bench_start();
  lottery_mask *mask, *shuffled, *other;
  int64_t distance;
  assert_ok(bench.context, lottery_pruner_set_real(bench.pruner, LOTTERY_PRUNER_RATE, 0.5));
  assert_ok(bench.context, lottery_pruner_apply(bench.pruner, bench.network, NULL, &mask));
  assert_ok(bench.context, lottery_mask_shuffle(mask, 1, &shuffled));
  assert_ok(bench.context, lottery_mask_shuffle(mask, 2, &other));
  for (int64_t i = 0; i < 2; i++) assert_int_equal(kept_of(mask, i), kept_of(shuffled, i));
  assert_ok(bench.context, lottery_mask_hamming(mask, shuffled, &distance));
  assert_true(distance > WEIGHTS / 4);
  assert_ok(bench.context, lottery_mask_hamming(other, shuffled, &distance));
  assert_true(distance > WEIGHTS / 4);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(shuffled);
  lottery_mask_destroy(other);
  bench_finish(&bench);
}

/* A resume that loses masks or optimiser state: it differs from the uninterrupted run when either is left out, and
 * only then. */
static void test_resume(void **state) {
  (void)state;
  for (int lost = 0; lost < 3; lost++) {
    struct bench whole = bench_start(), resumed = bench_start();
    lottery_mask *mask, *ones;
    lottery_snapshot *snapshot;
    assert_ok(whole.context, lottery_trainer_run(whole.trainer, 5, NULL, NULL, NULL));
    assert_ok(whole.context, lottery_pruner_apply(whole.pruner, whole.network, NULL, &mask));
    assert_ok(whole.context, lottery_mask_ones(whole.network, &ones));
    assert_ok(whole.context, lottery_trainer_rewind(whole.trainer, NULL, mask, 0));
    assert_ok(whole.context, lottery_trainer_run(whole.trainer, 5, NULL, NULL, NULL));
    assert_ok(whole.context, lottery_trainer_snapshot(whole.trainer, LOTTERY_STATE_ALL, &snapshot));
    assert_ok(whole.context, lottery_trainer_run(whole.trainer, 5, NULL, NULL, NULL));
    assert_ok(resumed.context,
              lottery_trainer_rewind(resumed.trainer, snapshot, lost == 1 ? ones : mask,
                                     lost == 2 ? LOTTERY_STATE_WEIGHTS | LOTTERY_STATE_POSITION : LOTTERY_STATE_ALL));
    assert_ok(resumed.context, lottery_trainer_run(resumed.trainer, 5, NULL, NULL, NULL));
    if (lost == 0)
      assert_values_equal(trainer_values(whole.trainer), trainer_values(resumed.trainer));
    else
      assert_values_differ(trainer_values(whole.trainer), trainer_values(resumed.trainer));
    lottery_mask_destroy(mask);
    lottery_mask_destroy(ones);
    lottery_snapshot_destroy(snapshot);
    bench_finish(&whole);
    bench_finish(&resumed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact_count),      cmocka_unit_test(test_equal_scores), cmocka_unit_test(test_rate_one),
      cmocka_unit_test(test_negative_weights), cmocka_unit_test(test_shuffle),      cmocka_unit_test(test_resume),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
