/* What a trainer holds, read and written: batches, the optimiser's state, one tensor's gradient, snapshots in progress.
 */
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { INPUTS = 20, CLASSES = 4, COUNT = 130, BATCH = 60 };

struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

static struct bench bench_start(const struct optimiser_case *optimiser, double density) {
  struct bench bench = {.context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC)};
  bench.network = initialised_network(bench.context, "mlp-20-16-4", 1);
  bench.dataset = support_dataset(bench.context, COUNT, INPUTS, CLASSES, 1.5F, 3);
  assert_ok(bench.context, lottery_trainer_create(bench.network, bench.dataset, 2, &bench.trainer));
  if (optimiser != NULL) set_optimiser(bench.trainer, optimiser);
  lottery_pruner *pruner;
  lottery_mask *mask;
  assert_ok(bench.context, lottery_pruner_create(bench.context, &pruner));
  assert_ok(bench.context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
  const lottery_status status = lottery_pruner_apply(pruner, bench.network, NULL, &mask);
  assert_true(status >= LOTTERY_OK);
  assert_ok(bench.context, lottery_network_set_mask(bench.network, mask));
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  return bench;
}

static void bench_finish(struct bench *bench) {
  lottery_trainer_destroy(bench->trainer);
  lottery_network_destroy(bench->network);
  lottery_dataset_destroy(bench->dataset);
  lottery_context_destroy(bench->context);
}

/* --- Batches --- */

/* Steps on the examples that _batch names are the run's, over epochs, also asked for ahead. */
static void test_batches(void **state) {
  (void)state;
  struct bench run = bench_start(NULL, 1.0), step = bench_start(NULL, 1.0), idle = bench_start(NULL, 1.0);
  float inputs[BATCH * INPUTS];
  int32_t labels[BATCH];
  int64_t epoch, indices[BATCH], count;
  assert_ok(NULL, lottery_trainer_epoch_batches(run.trainer, &epoch));
  assert_int_equal(epoch, 3);
  for (int64_t i = 0; i < 7; i++) {
    int64_t present[BATCH], present_count;
    assert_ok(NULL, lottery_trainer_batch(idle.trainer, i, BATCH, indices, &count));
    assert_int_equal(count, i % 3 < 2 ? BATCH : COUNT - 2 * BATCH);
    assert_ok(NULL, lottery_trainer_batch(run.trainer, 0, BATCH, present, &present_count));
    assert_int_equal(present_count, count);
    assert_memory_equal(present, indices, (size_t)count * sizeof *indices);
    assert_ok(NULL, lottery_trainer_batch(run.trainer, 9, BATCH, present, &present_count)); /* disturbs nothing */
    for (int64_t j = 0; j < count; j++)
      assert_ok(NULL, lottery_dataset_read(step.dataset, indices[j], 1, inputs + j * INPUTS, labels + j));
    assert_ok(NULL, lottery_trainer_step(step.trainer, count, inputs, labels, NULL, NULL));
    assert_ok(NULL, lottery_trainer_run(run.trainer, 1, NULL, NULL, NULL));
  }
  assert_values_equal(trainer_values(run.trainer), trainer_values(step.trainer));
  /* A gradient that waits is that of batch 0. */
  assert_ok(NULL, lottery_trainer_batch(run.trainer, 0, BATCH, indices, &count));
  assert_ok(NULL, lottery_trainer_gradient(run.trainer, 0, NULL, NULL, NULL, NULL));
  int64_t again[BATCH];
  assert_ok(NULL, lottery_trainer_batch(run.trainer, 0, BATCH, again, &count));
  assert_memory_equal(indices, again, (size_t)count * sizeof *indices);
  assert_fails(run.context, lottery_trainer_batch(run.trainer, 0, 59, indices, &count), LOTTERY_ERROR_ARGUMENT,
               "capacity: 59, but indices has 60 elements");
  assert_fails(run.context, lottery_trainer_batch(run.trainer, -1, 60, indices, &count), LOTTERY_ERROR_ARGUMENT,
               "ahead: -1");
  assert_ok(NULL, lottery_trainer_batch(run.trainer, (int64_t)1 << 53, 60, indices, &count));
  assert_fails(run.context, lottery_trainer_batch(run.trainer, ((int64_t)1 << 53) + 1, 60, indices, &count),
               LOTTERY_ERROR_ARGUMENT, "outside 0 to 2^53");
  lottery_trainer *without;
  assert_ok(NULL, lottery_trainer_create(run.network, NULL, 0, &without));
  assert_fails(run.context, lottery_trainer_batch(without, 0, 60, indices, &count), LOTTERY_ERROR_STATE, "dataset");
  assert_fails(run.context, lottery_trainer_epoch_batches(without, &epoch), LOTTERY_ERROR_STATE, "dataset");
  lottery_trainer_destroy(without);
  bench_finish(&run);
  bench_finish(&step);
  bench_finish(&idle);
}

/* --- Optimiser state --- */

static bool has_slot(lottery_trainer *trainer, int32_t slot) {
  float values[INPUTS * 16];
  const lottery_status status = lottery_trainer_read_optimiser(trainer, 0, slot, values, INPUTS * 16);
  assert_true(status == LOTTERY_OK || status == LOTTERY_ERROR_STATE);
  return status == LOTTERY_OK;
}

/* Carries weights, optimiser state and count of steps by hand into a new trainer, which gives the bits of the old. */
static void check_carried(const struct optimiser_case *optimiser, double density) {
  struct bench old = bench_start(optimiser, density), new = bench_start(optimiser, density);
  int64_t tensors, steps;
  float values[INPUTS * 16];
  assert_ok(NULL, lottery_trainer_run(old.trainer, 9, NULL, NULL, NULL)); /* three epochs */
  assert_ok(NULL, lottery_network_tensor_count(old.network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    const int64_t elements = tensor_elements(old.network, i);
    assert_ok(NULL, lottery_network_read_tensor(old.network, i, values, elements));
    assert_ok(NULL, lottery_network_write_tensor(new.network, i, values, elements));
    for (int32_t slot = LOTTERY_SLOT_FIRST; slot <= LOTTERY_SLOT_SECOND; slot++) {
      assert_int_equal(has_slot(old.trainer, slot), has_slot(new.trainer, slot));
      if (!has_slot(old.trainer, slot)) continue;
      assert_ok(NULL, lottery_trainer_read_optimiser(new.trainer, i, slot, values, elements));
      for (int64_t j = 0; j < elements; j++) assert_true(values[j] == 0.0F);
      assert_ok(NULL, lottery_trainer_read_optimiser(old.trainer, i, slot, values, elements));
      assert_ok(NULL, lottery_trainer_write_optimiser(new.trainer, i, slot, values, elements));
    }
  }
  assert_ok(NULL, lottery_trainer_get_optimiser_steps(old.trainer, &steps));
  assert_int_equal(steps, 9);
  assert_ok(NULL, lottery_trainer_set_optimiser_steps(new.trainer, steps));
  for (int i = 0; i < 3; i++) { /* the new trainer is an epoch that many batches behind: the same examples by hand */
    float inputs[BATCH * INPUTS];
    int32_t labels[BATCH];
    int64_t indices[BATCH], count;
    assert_ok(NULL, lottery_trainer_batch(old.trainer, 0, BATCH, indices, &count));
    for (int64_t j = 0; j < count; j++)
      assert_ok(NULL, lottery_dataset_read(old.dataset, indices[j], 1, inputs + j * INPUTS, labels + j));
    assert_ok(NULL, lottery_trainer_run(old.trainer, 1, NULL, NULL, NULL));
    assert_ok(NULL, lottery_trainer_step(new.trainer, count, inputs, labels, NULL, NULL));
  }
  assert_values_equal(trainer_values(old.trainer), trainer_values(new.trainer));
  bench_finish(&old);
  bench_finish(&new);
}

static void test_optimiser_state(void **state) {
  (void)state;
  for (int i = 0; i < optimiser_case_count; i++) {
    check_carried(&optimiser_cases[i], 1.0);
    check_carried(&optimiser_cases[i], 0.1);
  }
}

/* What the mask prunes stays 0, also under a later mask. */
static void test_optimiser_state_under_a_mask(void **state) {
  (void)state;
  struct bench bench = bench_start(NULL, 0.1);
  uint8_t kept[INPUTS * 16];
  float values[INPUTS * 16];
  lottery_mask *mask, *ones;
  assert_ok(NULL, lottery_network_get_mask(bench.network, &mask));
  assert_ok(NULL, lottery_mask_read(mask, 0, kept, INPUTS * 16));
  for (int i = 0; i < INPUTS * 16; i++) values[i] = 1.0F;
  assert_ok(NULL, lottery_trainer_write_optimiser(bench.trainer, 0, LOTTERY_SLOT_FIRST, values, INPUTS * 16));
  assert_ok(NULL, lottery_mask_ones(bench.network, &ones));
  assert_ok(NULL, lottery_network_set_mask(bench.network, ones));
  assert_ok(NULL, lottery_trainer_read_optimiser(bench.trainer, 0, LOTTERY_SLOT_FIRST, values, INPUTS * 16));
  for (int i = 0; i < INPUTS * 16; i++) assert_true(values[i] == (float)kept[i]);
  lottery_mask_destroy(ones);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
}

static void test_optimiser_arguments(void **state) {
  (void)state;
  struct bench bench = bench_start(NULL, 1.0);
  lottery_trainer *trainer = bench.trainer;
  float values[16] = {0.0F, 0.0F, -1.0F};
  assert_fails(bench.context, lottery_trainer_write_optimiser(trainer, 1, LOTTERY_SLOT_WEIGHT, values, 16),
               LOTTERY_ERROR_ARGUMENT, "slot: 0");
  assert_fails(bench.context, lottery_trainer_read_optimiser(trainer, 1, 3, values, 16), LOTTERY_ERROR_ARGUMENT,
               "slot: 3");
  assert_fails(bench.context, lottery_trainer_read_optimiser(trainer, 4, 1, values, 16), LOTTERY_ERROR_ARGUMENT, "4");
  assert_fails(bench.context, lottery_trainer_read_optimiser(trainer, 1, 1, values, 15), LOTTERY_ERROR_SHAPE, "15");
  assert_ok(bench.context, lottery_trainer_write_optimiser(trainer, 1, LOTTERY_SLOT_FIRST, values, 16));
  assert_fails(bench.context, lottery_trainer_write_optimiser(trainer, 1, LOTTERY_SLOT_SECOND, values, 16),
               LOTTERY_ERROR_ARGUMENT, "values: element 2, -1, is below 0");
  values[2] = -0.0F;
  assert_ok(bench.context, lottery_trainer_write_optimiser(trainer, 1, LOTTERY_SLOT_SECOND, values, 16));
  values[2] = (float)(1e38 * 1e38);
  assert_fails(bench.context, lottery_trainer_write_optimiser(trainer, 1, LOTTERY_SLOT_FIRST, values, 16),
               LOTTERY_ERROR_NOT_FINITE, "values");
  assert_ok(bench.context, lottery_trainer_read_optimiser(trainer, 1, LOTTERY_SLOT_FIRST, values, 16));
  assert_true(values[2] == -1.0F); /* as it was */
  assert_fails(bench.context, lottery_trainer_set_optimiser_steps(trainer, -1), LOTTERY_ERROR_ARGUMENT, "steps: -1");
  assert_fails(bench.context, lottery_trainer_set_optimiser_steps(trainer, ((int64_t)1 << 53) + 1),
               LOTTERY_ERROR_ARGUMENT, "steps");
  assert_ok(bench.context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_fails(bench.context, lottery_trainer_read_optimiser(trainer, 1, 1, values, 16), LOTTERY_ERROR_STATE,
               "the optimiser has no state 1");
  assert_ok(bench.context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, 0.5));
  assert_ok(bench.context, lottery_trainer_read_optimiser(trainer, 1, 1, values, 16));
  assert_fails(bench.context, lottery_trainer_read_optimiser(trainer, 1, 2, values, 16), LOTTERY_ERROR_STATE,
               "the optimiser has no state 2");
  bench_finish(&bench);
}

/* A momentum that is switched off for a while is still the trainer's, and a snapshot's. */
static void test_momentum_switched_off(void **state) {
  (void)state;
  static const struct optimiser_case sgd = {
      .name = "sgd", .optimiser = LOTTERY_OPTIMISER_SGD, .rate = 0.1, .momentum = 0.9};
  struct bench bench = bench_start(&sgd, 1.0);
  lottery_snapshot *snapshot;
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 5, NULL, NULL, NULL));
  struct values before = trainer_values(bench.trainer);
  assert_ok(NULL, lottery_trainer_set_real(bench.trainer, LOTTERY_TRAINER_MOMENTUM, 0.0));
  assert_ok(NULL, lottery_trainer_snapshot(bench.trainer, LOTTERY_STATE_ALL, &snapshot));
  assert_ok(NULL, lottery_trainer_set_real(bench.trainer, LOTTERY_TRAINER_MOMENTUM, 0.9));
  assert_ok(NULL, lottery_trainer_run(bench.trainer, 2, NULL, NULL, NULL));
  assert_ok(NULL, lottery_trainer_rewind(bench.trainer, snapshot, NULL, LOTTERY_STATE_ALL));
  assert_values_equal(before, trainer_values(bench.trainer));
  lottery_snapshot_destroy(snapshot);
  bench_finish(&bench);
}

/* A step that is refused for its inputs leaves the forward pass that waits, whatever was set meanwhile. */
static void test_refused_step_keeps_forward(void **state) {
  (void)state;
  struct bench bench = bench_start(NULL, 1.0);
  float inputs[BATCH * INPUTS] = {1}, outputs[BATCH * CLASSES];
  const int32_t labels[BATCH] = {0};
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, 200));
  assert_ok(NULL, lottery_trainer_forward(bench.trainer, BATCH, inputs, outputs));
  assert_ok(NULL, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  inputs[3] = (float)(1e38 * 1e38);
  assert_status(NULL, lottery_trainer_step(bench.trainer, BATCH, inputs, labels, NULL, NULL), LOTTERY_ERROR_NOT_FINITE);
  assert_status(NULL, lottery_trainer_forward(bench.trainer, BATCH, inputs, outputs), LOTTERY_ERROR_NOT_FINITE);
  assert_ok(bench.context, lottery_trainer_backward(bench.trainer, BATCH, outputs));
  bench_finish(&bench);
}

/* --- Gradients by tensor --- */

/* Tensor by tensor into another trainer, and applied there, a gradient makes the same step. */
static void check_written(double density) {
  struct bench from = bench_start(NULL, density), to = bench_start(NULL, density);
  float values[INPUTS * 16];
  int64_t tensors;
  assert_ok(NULL, lottery_network_tensor_count(from.network, &tensors));
  assert_fails(to.context, lottery_trainer_write_tensor_gradient(to.trainer, 1, values, 16), LOTTERY_ERROR_STATE,
               "gradient");
  assert_ok(NULL, lottery_trainer_gradient(from.trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(NULL, lottery_dataset_read(to.dataset, 0, 1, values, NULL));
  const int32_t label = 3;
  assert_ok(NULL, lottery_trainer_gradient(to.trainer, 1, values, &label, NULL, NULL));
  uint8_t kept[INPUTS * 16];
  lottery_mask *mask;
  assert_ok(NULL, lottery_network_get_mask(to.network, &mask));
  assert_ok(NULL, lottery_mask_read(mask, 0, kept, INPUTS * 16));
  lottery_mask_destroy(mask);
  for (int64_t i = 0; i < tensors; i++) {
    const int64_t elements = tensor_elements(from.network, i);
    assert_ok(NULL, lottery_trainer_read_tensor_gradient(from.trainer, i, values, elements));
    for (int64_t j = 0; i == 0 && j < elements; j++)
      if (kept[j] == 0) values[j] = 7.0F; /* pruned: left out */
    assert_ok(NULL, lottery_trainer_write_tensor_gradient(to.trainer, i, values, elements));
  }
  assert_ok(NULL, lottery_trainer_apply(from.trainer));
  assert_ok(NULL, lottery_trainer_apply(to.trainer));
  assert_ok(to.context, lottery_network_check_mask(to.network, NULL, NULL, NULL));
  assert_values_equal(trainer_values(from.trainer), trainer_values(to.trainer));
  bench_finish(&from);
  bench_finish(&to);
}

static void test_written_gradient(void **state) {
  (void)state;
  check_written(1.0);
  check_written(0.1);
}

/* --- Snapshots in progress, losses --- */

struct keeper {
  lottery_trainer *trainer;
  lottery_snapshot *kept;
};

static int32_t keep_fifth(int64_t iteration, double loss, void *user) {
  struct keeper *keeper = user;
  (void)loss;
  if (iteration == 5) assert_ok(NULL, lottery_trainer_snapshot(keeper->trainer, LOTTERY_STATE_ALL, &keeper->kept));
  return 0;
}

/* Late rewinding in one run: the snapshot of a callback is that of a run which ended there. */
static void test_snapshot_in_progress(void **state) {
  (void)state;
  for (int i = 0; i < optimiser_case_count; i++) {
    struct bench long_run = bench_start(&optimiser_cases[i], 0.3), short_run = bench_start(&optimiser_cases[i], 0.3);
    struct keeper keeper = {.trainer = long_run.trainer};
    lottery_snapshot *expected;
    assert_ok(NULL, lottery_trainer_set_integer(long_run.trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
    assert_ok(NULL, lottery_trainer_run(long_run.trainer, 12, keep_fifth, &keeper, NULL));
    assert_ok(NULL, lottery_trainer_run(short_run.trainer, 5, NULL, NULL, NULL));
    assert_ok(NULL, lottery_trainer_snapshot(short_run.trainer, LOTTERY_STATE_ALL, &expected));
    for (int32_t slot = LOTTERY_SLOT_WEIGHT; slot <= LOTTERY_SLOT_SECOND; slot++)
      assert_values_equal(snapshot_values(keeper.kept, slot), snapshot_values(expected, slot));
    struct values end = trainer_values(long_run.trainer);
    assert_ok(NULL, lottery_trainer_rewind(long_run.trainer, keeper.kept, NULL, LOTTERY_STATE_ALL));
    assert_ok(NULL, lottery_trainer_run(long_run.trainer, 7, NULL, NULL, NULL));
    assert_values_equal(end, trainer_values(long_run.trainer));
    lottery_snapshot_destroy(expected);
    lottery_snapshot_destroy(keeper.kept);
    bench_finish(&long_run);
    bench_finish(&short_run);
  }
}

/* Targets of another width are refused when the trainer is made; targets alone choose their loss. */
static void test_targets(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network = initialised_network(context, "mlp-2-3", 1);
  lottery_dataset *inputs, *three, *two, *labelled;
  lottery_trainer *trainer;
  const int64_t shape = 2;
  const float values[] = {1, 2, 3, 4}, targets[] = {1, 2, 3, 4, 5, 6};
  const int32_t labels[] = {0, 1};
  int64_t loss, width;
  float read[3];
  assert_ok(context, lottery_dataset_create(context, 2, 1, &shape, LOTTERY_ELEMENT_FLOAT32, values, 1, 0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &inputs));
  assert_ok(context, lottery_dataset_with_targets(inputs, 3, targets, 2, &three));
  assert_ok(context, lottery_dataset_with_targets(inputs, 2, targets, 2, &two));
  assert_ok(context, lottery_dataset_with_labels(three, 3, labels, 2, &labelled));
  assert_fails(context, lottery_trainer_create(network, two, 0, &trainer), LOTTERY_ERROR_SHAPE,
               "2 targets per example, but the network has 3 outputs");
  assert_ok(context, lottery_trainer_create(network, three, 0, &trainer));
  assert_ok(context, lottery_trainer_get_integer(trainer, LOTTERY_TRAINER_LOSS, &loss));
  assert_int_equal(loss, LOTTERY_LOSS_MEAN_SQUARED_ERROR);
  assert_ok(context, lottery_trainer_run(trainer, 1, NULL, NULL, NULL));
  lottery_trainer_destroy(trainer);
  assert_ok(context, lottery_trainer_create(network, labelled, 0, &trainer));
  assert_ok(context, lottery_trainer_get_integer(trainer, LOTTERY_TRAINER_LOSS, &loss));
  assert_int_equal(loss, LOTTERY_LOSS_CROSS_ENTROPY);
  lottery_trainer_destroy(trainer);
  /* Read back. */
  assert_ok(context, lottery_dataset_target_width(labelled, &width));
  assert_int_equal(width, 3);
  assert_ok(context, lottery_dataset_target_width(inputs, &width));
  assert_int_equal(width, 0);
  assert_fails(context, lottery_dataset_read_targets(inputs, 0, 1, read), LOTTERY_ERROR_STATE, "no targets");
  assert_fails(context, lottery_dataset_read_targets(three, 1, 2, read), LOTTERY_ERROR_ARGUMENT, "count: 2");
  const int64_t order[] = {1, 0, 1};
  lottery_dataset *chosen;
  assert_ok(context, lottery_dataset_subset(three, order, 3, &chosen));
  assert_ok(context, lottery_dataset_read_targets(chosen, 2, 1, read));
  assert_memory_equal(read, targets + 3, sizeof read);
  assert_ok(context, lottery_dataset_read_targets(chosen, 1, 1, read));
  assert_memory_equal(read, targets, sizeof read);
  lottery_dataset_destroy(chosen);
  lottery_dataset_destroy(labelled);
  lottery_dataset_destroy(two);
  lottery_dataset_destroy(three);
  lottery_dataset_destroy(inputs);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batches),
      cmocka_unit_test(test_optimiser_state),
      cmocka_unit_test(test_optimiser_state_under_a_mask),
      cmocka_unit_test(test_optimiser_arguments),
      cmocka_unit_test(test_momentum_switched_off),
      cmocka_unit_test(test_refused_step_keeps_forward),
      cmocka_unit_test(test_written_gradient),
      cmocka_unit_test(test_snapshot_in_progress),
      cmocka_unit_test(test_targets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
