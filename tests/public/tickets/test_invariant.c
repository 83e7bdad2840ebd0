/* A pruned weight is exactly 0 after every step, in the network and in all optimiser state, whatever is done to it;
 * and the faults that other codes are known for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { EXAMPLES = 130, FEATURES = 20, CLASSES = 4, PRUNABLE = 3, LARGEST = 16 * 20, BATCH = 60 };
static const char *const preset = "mlp-20-16-12-4";

struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

static struct bench bench_start(const struct optimiser_case *optimiser) {
  struct bench bench = {.context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC)};
  bench.network = initialised_network(bench.context, preset, 1);
  bench.dataset = support_dataset(bench.context, EXAMPLES, FEATURES, CLASSES, 1.5F, 3);
  assert_ok(bench.context, lottery_trainer_create(bench.network, bench.dataset, 2, &bench.trainer));
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
  assert_ok(bench->context, lottery_trainer_run(bench->trainer, iterations, NULL, NULL, NULL));
}

/* A mask of the network that keeps a random `share` of every prunable tensor. */
static lottery_mask *random_mask(struct bench *bench, double share, uint64_t seed) {
  lottery_mask *mask;
  assert_ok(bench->context, lottery_mask_ones(bench->network, &mask));
  for (int64_t i = 0; i < PRUNABLE; i++) {
    uint8_t bytes[LARGEST];
    int64_t total;
    lottery_mask *next;
    assert_ok(bench->context, lottery_mask_kept(mask, i, NULL, &total));
    for (int64_t j = 0; j < total; j++) bytes[j] = (double)support_random(&seed) * 0x1p-32 < share;
    assert_ok(bench->context, lottery_mask_replace(mask, i, bytes, total, &next));
    lottery_mask_destroy(mask);
    mask = next;
  }
  return mask;
}

/* What became of weights and optimiser state at one kind of place. */
struct census {
  int64_t pruned, kept, zero_pruned, zero_kept;
};

static struct census count_slot(lottery_snapshot *snapshot, lottery_mask *mask, int32_t slot) {
  struct census census = {0, 0, 0, 0};
  for (int64_t i = 0; i < PRUNABLE; i++) {
    uint8_t bytes[LARGEST];
    float values[LARGEST];
    int64_t total;
    assert_ok(NULL, lottery_mask_kept(mask, i, NULL, &total));
    assert_ok(NULL, lottery_mask_read(mask, i, bytes, total));
    /* Tensors alternate, weight and bias; masks have the weights only. */
    assert_ok(NULL, lottery_snapshot_read(snapshot, 2 * i, slot, values, total));
    for (int64_t j = 0; j < total; j++) {
      *(bytes[j] ? &census.kept : &census.pruned) += 1;
      if (values[j] == 0.0F) *(bytes[j] ? &census.zero_kept : &census.zero_pruned) += 1;
    }
  }
  return census;
}

/* All that `mask` prunes is 0, in the weights and in every slot; most of the rest is not, or the test would say
 * nothing. `fresh`: the optimiser has no state yet. */
static void check(struct bench *bench, lottery_mask *mask, const struct optimiser_case *optimiser, bool fresh) {
  lottery_snapshot *snapshot;
  assert_ok(bench->context, lottery_trainer_snapshot(bench->trainer, LOTTERY_STATE_ALL, &snapshot));
  const bool adam = optimiser->optimiser == LOTTERY_OPTIMISER_ADAM;
  const int32_t last = adam                        ? LOTTERY_SLOT_SECOND
                       : optimiser->momentum > 0.0 ? LOTTERY_SLOT_FIRST
                                                   : LOTTERY_SLOT_WEIGHT;
  for (int32_t slot = LOTTERY_SLOT_WEIGHT; slot <= last; slot++) {
    const struct census census = count_slot(snapshot, mask, slot);
    if (census.zero_pruned != census.pruned)
      fail_msg("%s: %lld of %lld pruned elements of slot %d are not 0", optimiser->name,
               (long long)(census.pruned - census.zero_pruned), (long long)census.pruned, (int)slot);
    if (slot == LOTTERY_SLOT_WEIGHT || !fresh) assert_true(census.zero_kept * 2 <= census.kept);
  }
  int64_t tensor = 0, element = 0;
  assert_ok(bench->context, lottery_network_check_mask(bench->network, mask, &tensor, &element));
  assert_true(tensor == -1 && element == -1);
  lottery_snapshot_destroy(snapshot);
}

static void for_optimisers(void (*test)(const struct optimiser_case *optimiser)) {
  for (int i = 0; i < optimiser_case_count; i++) test(&optimiser_cases[i]);
}

/* Masks set in the middle of training, when optimisers have gathered speed, and made sparser twice. */
static void check_steps(const struct optimiser_case *optimiser) {
  struct bench bench = bench_start(optimiser);
  lottery_mask *mask = random_mask(&bench, 0.7, 5);
  run(&bench, 6);
  for (int round = 0; round < 3; round++) {
    assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
    check(&bench, mask, optimiser, false); /* before a step too */
    for (int i = 0; i < 8; i++) {
      run(&bench, 1);
      check(&bench, mask, optimiser, false);
    }
    lottery_mask *other = random_mask(&bench, 0.5, 6 + (uint64_t)round), *next;
    assert_ok(bench.context, lottery_mask_intersect(mask, other, &next));
    lottery_mask_destroy(mask);
    lottery_mask_destroy(other);
    mask = next;
  }
  /* The whole mask at once, and none. */
  lottery_mask *ones, *zeros;
  assert_ok(bench.context, lottery_mask_ones(bench.network, &ones));
  assert_ok(bench.context, lottery_mask_complement(ones, &zeros));
  assert_ok(bench.context, lottery_network_set_mask(bench.network, zeros));
  run(&bench, 3);
  check(&bench, zeros, optimiser, false);
  lottery_mask_destroy(ones);
  lottery_mask_destroy(zeros);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

static void test_steps(void **state) {
  (void)state;
  for_optimisers(check_steps);
}

/* Rewinding, to state that was saved without a mask. */
static void check_rewinding(const struct optimiser_case *optimiser) {
  static const int32_t parts[] = {0, LOTTERY_STATE_WEIGHTS, LOTTERY_STATE_OPTIMISER, LOTTERY_STATE_POSITION,
                                  LOTTERY_STATE_ALL};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    struct bench bench = bench_start(optimiser);
    lottery_mask *mask = random_mask(&bench, 0.4, 5);
    lottery_snapshot *dense;
    run(&bench, 5);
    assert_ok(bench.context, lottery_trainer_snapshot(bench.trainer, LOTTERY_STATE_ALL, &dense));
    run(&bench, 5);
    assert_ok(bench.context, lottery_trainer_rewind(bench.trainer, dense, mask, parts[i]));
    check(&bench, mask, optimiser, false);
    run(&bench, 1);
    check(&bench, mask, optimiser, false);
    /* Without naming the mask again. */
    assert_ok(bench.context, lottery_trainer_rewind(bench.trainer, dense, NULL, parts[i]));
    check(&bench, mask, optimiser, false);
    run(&bench, 1);
    check(&bench, mask, optimiser, false);
    assert_ok(bench.context, lottery_network_restore(bench.network, dense));
    check(&bench, mask, optimiser, false);
    lottery_snapshot_destroy(dense);
    lottery_mask_destroy(mask);
    bench_finish(&bench);
  }
}

static void test_rewinding(void **state) {
  (void)state;
  for_optimisers(check_rewinding);
}

/* Everything else that writes weights or gradients. */
static void check_writing(const struct optimiser_case *optimiser) {
  struct bench bench = bench_start(optimiser);
  lottery_mask *mask = random_mask(&bench, 0.4, 5);
  run(&bench, 4);
  assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
  assert_ok(bench.context, lottery_network_initialise(bench.network, LOTTERY_INITIALISE_KAIMING_UNIFORM, 99));
  check(&bench, mask, optimiser, false);
  run(&bench, 1);
  check(&bench, mask, optimiser, false);
  struct values values = network_values(bench.network);
  for (int64_t i = 0; i < values.count; i++) values.values[i] = 0.25F;
  set_network_values(bench.network, values.values);
  check(&bench, mask, optimiser, false);
  int64_t count, kept;
  assert_ok(bench.context, lottery_mask_kept(mask, -1, &kept, NULL));
  assert_ok(bench.context, lottery_trainer_gradient_count(bench.trainer, &count));
  assert_int_equal(count, kept + 16 + 12 + 4);
  for (int64_t i = 0; i < count; i++) values.values[i] = 1.0F;
  for (int i = 0; i < 3; i++) {
    assert_ok(bench.context, lottery_trainer_gradient(bench.trainer, 0, NULL, NULL, NULL, NULL));
    assert_ok(bench.context, lottery_trainer_write_gradient(bench.trainer, values.values, count));
    assert_ok(bench.context, lottery_trainer_apply(bench.trainer));
    check(&bench, mask, optimiser, false);
  }
  release_values(&values);
  float inputs[FEATURES] = {1.0F, -1.0F}, outputs[CLASSES];
  assert_ok(bench.context, lottery_trainer_forward(bench.trainer, 1, inputs, outputs));
  for (int i = 0; i < CLASSES; i++) outputs[i] = 1.0F;
  assert_ok(bench.context, lottery_trainer_backward(bench.trainer, 1, outputs));
  assert_ok(bench.context, lottery_trainer_apply(bench.trainer));
  check(&bench, mask, optimiser, false);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

static void test_writing(void **state) {
  (void)state;
  for_optimisers(check_writing);
}

/* A mask set between a gradient and its step prunes the gradient too. */
static void check_mask_before_apply(const struct optimiser_case *optimiser) {
  struct bench bench = bench_start(optimiser);
  lottery_mask *mask = random_mask(&bench, 0.4, 5);
  run(&bench, 4);
  assert_ok(bench.context, lottery_trainer_gradient(bench.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
  assert_ok(bench.context, lottery_trainer_apply(bench.trainer));
  check(&bench, mask, optimiser, false);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

static void test_mask_before_apply(void **state) {
  (void)state;
  for_optimisers(check_mask_before_apply);
}

/* Options changed under way: a state that momentum 0 left behind, another optimiser. */
static void test_options_under_way(void **state) {
  (void)state;
  struct bench bench = bench_start(&optimiser_cases[3]);
  lottery_mask *mask = random_mask(&bench, 0.4, 5);
  run(&bench, 4);
  assert_ok(bench.context, lottery_trainer_set_real(bench.trainer, LOTTERY_TRAINER_MOMENTUM, 0.0));
  assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
  run(&bench, 2);
  assert_ok(bench.context, lottery_trainer_set_real(bench.trainer, LOTTERY_TRAINER_MOMENTUM, 0.9));
  run(&bench, 1);
  check(&bench, mask, &optimiser_cases[3], false);
  set_optimiser(bench.trainer, &optimiser_cases[6]);
  check(&bench, mask, &optimiser_cases[6], true);
  run(&bench, 1);
  check(&bench, mask, &optimiser_cases[6], false);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

static void test_check_mask(void **state) {
  (void)state;
  struct bench bench = bench_start(&optimiser_cases[0]);
  lottery_mask *mask = random_mask(&bench, 0.5, 5);
  uint8_t bytes[LARGEST];
  float weights[LARGEST];
  int64_t tensor, element;
  char expected[64];
  for (int64_t i = PRUNABLE - 1; i >= 0; i--) { /* the violation in the lowest tensor counts */
    const int64_t total = tensor_elements(bench.network, 2 * i);
    int64_t first = 0;
    assert_ok(bench.context, lottery_mask_read(mask, i, bytes, total));
    assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
    assert_ok(bench.context, lottery_network_set_mask(bench.network, NULL));
    assert_ok(bench.context, lottery_network_check_mask(bench.network, mask, &tensor, &element));
    assert_ok(bench.context, lottery_network_read_tensor(bench.network, 2 * i, weights, total));
    for (first = total / 2; bytes[first] != 0;) first++;
    for (int64_t j = first; j < total; j++) weights[j] = 1e-38F; /* small, but not 0 */
    assert_ok(bench.context, lottery_network_write_tensor(bench.network, 2 * i, weights, total));
    snprintf(expected, sizeof expected, "fc%d.weight[%d]", (int)i + 1, (int)first);
    assert_fails(bench.context, lottery_network_check_mask(bench.network, mask, &tensor, &element), LOTTERY_ERROR_MASK,
                 expected);
    assert_int_equal(tensor, 2 * i);
    assert_int_equal(element, first);
    assert_status(bench.context, lottery_network_check_mask(bench.network, mask, NULL, NULL), LOTTERY_ERROR_MASK);
    assert_ok(bench.context, lottery_network_check_mask(bench.network, NULL, NULL, NULL)); /* it has none of its own */
  }
  /* The very first and the very last element. */
  lottery_mask *ones, *zeros;
  assert_ok(bench.context, lottery_mask_ones(bench.network, &ones));
  assert_ok(bench.context, lottery_mask_complement(ones, &zeros));
  assert_ok(bench.context, lottery_network_initialise(bench.network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_status(bench.context, lottery_network_check_mask(bench.network, zeros, &tensor, &element), LOTTERY_ERROR_MASK);
  assert_true(tensor == 0 && element == 0);
  struct values values = network_values(bench.network);
  const int64_t last = values.count - CLASSES - 1; /* behind it the biases of the last layer */
  for (int64_t i = 0; i < last; i++) values.values[i] = 0.0F;
  set_network_values(bench.network, values.values);
  assert_status(bench.context, lottery_network_check_mask(bench.network, zeros, &tensor, &element), LOTTERY_ERROR_MASK);
  assert_true(tensor == 4 && element == 12 * CLASSES - 1);
  release_values(&values);
  lottery_mask_destroy(ones);
  lottery_mask_destroy(zeros);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_rewinding),
      cmocka_unit_test(test_writing),
      cmocka_unit_test(test_mask_before_apply),
      cmocka_unit_test(test_options_under_way),
      cmocka_unit_test(test_check_mask),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
