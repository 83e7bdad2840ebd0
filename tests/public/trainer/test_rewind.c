/* Rewinding part by part, and the ways of lottery tickets that are made of it. */
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { EXAMPLES = 130, FEATURES = 20, CLASSES = 4 };
static const char *const preset = "mlp-20-16-12-4";

struct bench {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

static struct bench bench_start(const struct optimiser_case *optimiser, uint64_t order_seed) {
  const double milestones[] = {8, 25};
  struct bench bench = {.context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC)};
  bench.network = initialised_network(bench.context, preset, 1);
  bench.dataset = support_dataset(bench.context, EXAMPLES, FEATURES, CLASSES, 1.5F, 3);
  assert_ok(bench.context, lottery_trainer_create(bench.network, bench.dataset, order_seed, &bench.trainer));
  set_optimiser(bench.trainer, optimiser);
  assert_ok(bench.context, lottery_trainer_set_reals(bench.trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  assert_ok(bench.context, lottery_trainer_set_integer(bench.trainer, LOTTERY_TRAINER_WARMUP, 4));
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

static lottery_snapshot *save(struct bench *bench, int32_t what) {
  lottery_snapshot *snapshot;
  assert_ok(bench->context, lottery_trainer_snapshot(bench->trainer, what, &snapshot));
  return snapshot;
}

static void rewind_to(struct bench *bench, lottery_snapshot *snapshot, lottery_mask *mask, int32_t what) {
  assert_ok(bench->context, lottery_trainer_rewind(bench->trainer, snapshot, mask, what));
}

static int64_t iteration_of(struct bench *bench) {
  int64_t iteration;
  assert_ok(bench->context, lottery_trainer_iteration(bench->trainer, &iteration));
  return iteration;
}

static double rate_of(struct bench *bench) {
  double rate;
  assert_ok(bench->context, lottery_trainer_rate(bench->trainer, &rate));
  return rate;
}

/* The loss of the batch that comes next: tells the place in the order of data while the weights are the same. */
static double next_loss(struct bench *bench) {
  double loss;
  assert_ok(bench->context, lottery_trainer_gradient(bench->trainer, 0, NULL, NULL, NULL, &loss));
  return loss;
}

/* Weights and slots of a snapshot are those of another, part by part as `same` says. */
static void compare_parts(lottery_snapshot *a, lottery_snapshot *b, bool weights, bool optimiser) {
  for (int32_t slot = LOTTERY_SLOT_WEIGHT; slot <= LOTTERY_SLOT_SECOND; slot++) {
    struct values x = snapshot_values(a, slot), y = snapshot_values(b, slot);
    if (x.count == 0 && y.count == 0) continue;
    if (slot == LOTTERY_SLOT_WEIGHT ? weights : optimiser)
      assert_values_equal(x, y);
    else
      assert_values_differ(x, y);
  }
}

/* After rewinding one part, that part is the snapshot's and the others are as they were. */
static void check_part(const struct optimiser_case *optimiser, int32_t what) {
  struct bench bench = bench_start(optimiser, 2);
  run(&bench, 10);
  lottery_snapshot *then = save(&bench, LOTTERY_STATE_ALL);
  const double rate_then = rate_of(&bench);
  run(&bench, 17);
  lottery_snapshot *before = save(&bench, LOTTERY_STATE_ALL);
  const double rate_before = rate_of(&bench);
  assert_true(rate_then != rate_before);
  rewind_to(&bench, then, NULL, what);
  lottery_snapshot *after = save(&bench, LOTTERY_STATE_ALL);
  const bool weights = (what & LOTTERY_STATE_WEIGHTS) != 0, state = (what & LOTTERY_STATE_OPTIMISER) != 0,
             position = (what & LOTTERY_STATE_POSITION) != 0;
  compare_parts(after, then, weights, state);
  compare_parts(after, before, !weights, !state);
  assert_int_equal(iteration_of(&bench), position ? 10 : 27);
  assert_true(rate_of(&bench) == (position ? rate_then : rate_before));
  /* The rest is remembered nowhere else: all parts of the one or the other give the same future. */
  rewind_to(&bench, weights ? before : then, NULL, LOTTERY_STATE_WEIGHTS);
  rewind_to(&bench, state ? before : then, NULL, LOTTERY_STATE_OPTIMISER);
  rewind_to(&bench, position ? before : then, NULL, LOTTERY_STATE_POSITION);
  run(&bench, 5);
  struct values mixed = trainer_values(bench.trainer);
  rewind_to(&bench, weights ? before : then, NULL, LOTTERY_STATE_ALL);
  rewind_to(&bench, state ? before : then, NULL, LOTTERY_STATE_OPTIMISER);
  rewind_to(&bench, position ? before : then, NULL, LOTTERY_STATE_POSITION);
  run(&bench, 5);
  assert_values_equal(mixed, trainer_values(bench.trainer));
  lottery_snapshot_destroy(then);
  lottery_snapshot_destroy(before);
  lottery_snapshot_destroy(after);
  bench_finish(&bench);
}

static void test_parts(void **state) {
  (void)state;
  for (int i = 0; i < optimiser_case_count; i++)
    for (int32_t what = 0; what <= LOTTERY_STATE_ALL; what++) check_part(&optimiser_cases[i], what);
}

/* Part by part is all at once, and each part alone is not. */
static void test_parts_make_all(void **state) {
  (void)state;
  for (int i = 0; i < optimiser_case_count; i++) {
    struct bench once = bench_start(&optimiser_cases[i], 2), parts = bench_start(&optimiser_cases[i], 7);
    run(&once, 10);
    lottery_snapshot *snapshot = save(&once, LOTTERY_STATE_ALL), *weights = save(&once, LOTTERY_STATE_WEIGHTS),
                     *state_only = save(&once, LOTTERY_STATE_OPTIMISER),
                     *position = save(&once, LOTTERY_STATE_POSITION);
    run(&parts, 4);
    rewind_to(&parts, position, NULL, LOTTERY_STATE_POSITION);
    rewind_to(&parts, weights, NULL, LOTTERY_STATE_WEIGHTS);
    rewind_to(&parts, state_only, NULL, LOTTERY_STATE_OPTIMISER);
    run(&once, 9);
    run(&parts, 9);
    assert_values_equal(trainer_values(once.trainer), trainer_values(parts.trainer));
    rewind_to(&once, snapshot, NULL, LOTTERY_STATE_ALL);
    rewind_to(&parts, snapshot, NULL, LOTTERY_STATE_ALL);
    run(&once, 9);
    run(&parts, 9);
    assert_values_equal(trainer_values(once.trainer), trainer_values(parts.trainer));
    lottery_snapshot_destroy(snapshot);
    lottery_snapshot_destroy(weights);
    lottery_snapshot_destroy(state_only);
    lottery_snapshot_destroy(position);
    bench_finish(&once);
    bench_finish(&parts);
  }
}

static lottery_mask *prune(struct bench *bench) {
  lottery_pruner *pruner;
  lottery_mask *mask;
  assert_ok(bench->context, lottery_pruner_create(bench->context, &pruner));
  assert_ok(bench->context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.4));
  assert_ok(bench->context, lottery_pruner_apply(pruner, bench->network, NULL, &mask));
  lottery_pruner_destroy(pruner);
  return mask;
}

/* Values with those zeroed that the network's mask prunes. */
static struct values masked(struct values values, lottery_network *network, lottery_mask *mask) {
  int64_t tensors, number = 0;
  float *tensor = values.values;
  assert_ok(NULL, lottery_network_tensor_count(network, &tensors));
  for (int64_t i = 0; i < tensors; i++) {
    uint8_t bytes[FEATURES * 16];
    int32_t prunable;
    const int64_t count = tensor_elements(network, i);
    assert_ok(NULL, lottery_network_tensor_prunable(network, i, &prunable));
    if (prunable) {
      assert_ok(NULL, lottery_mask_read(mask, number++, bytes, count));
      for (int64_t j = 0; j < count; j++)
        if (bytes[j] == 0) tensor[j] = 0.0F;
    }
    tensor += count;
  }
  return values;
}

/* A ticket: pruned after training, the survivors at their initial values, training from the start. Late rewinding is
 * the same with a later snapshot. */
static void check_ticket(int64_t late) {
  struct bench bench = bench_start(&optimiser_cases[5], 2), by_hand = bench_start(&optimiser_cases[5], 2);
  run(&bench, late);
  lottery_snapshot *snapshot = save(&bench, LOTTERY_STATE_ALL);
  int64_t iteration;
  assert_ok(bench.context, lottery_snapshot_iteration(snapshot, &iteration));
  assert_int_equal(iteration, late);
  struct values initial = network_values(bench.network);
  run(&bench, 30);
  lottery_mask *mask = prune(&bench);
  rewind_to(&bench, snapshot, mask, LOTTERY_STATE_ALL);
  assert_int_equal(iteration_of(&bench), late);
  assert_values_equal(masked(initial, bench.network, mask), network_values(bench.network));
  /* The same by hand: train until then, set the mask, go on. */
  run(&by_hand, late);
  assert_ok(by_hand.context, lottery_network_set_mask(by_hand.network, mask));
  run(&bench, 20);
  run(&by_hand, 20);
  assert_values_equal(trainer_values(bench.trainer), trainer_values(by_hand.trainer));
  lottery_snapshot_destroy(snapshot);
  lottery_mask_destroy(mask);
  bench_finish(&bench);
  bench_finish(&by_hand);
}

static void test_tickets(void **state) {
  (void)state;
  check_ticket(0);
  check_ticket(11);
}

/* Learning-rate rewinding keeps weights, fine-tuning the schedule too; both keep the optimiser's state. */
static void test_rate_rewinding_and_fine_tuning(void **state) {
  (void)state;
  for (int fine_tuning = 0; fine_tuning <= 1; fine_tuning++) {
    struct bench bench = bench_start(&optimiser_cases[4], 2), plain = bench_start(&optimiser_cases[4], 2);
    lottery_snapshot *start = save(&bench, LOTTERY_STATE_ALL);
    const double rate_at_start = rate_of(&bench), loss_at_start = next_loss(&bench);
    run(&bench, 30);
    run(&plain, 30);
    const double rate_at_end = rate_of(&bench);
    lottery_mask *mask = prune(&bench);
    struct values trained = network_values(bench.network);
    rewind_to(&bench, fine_tuning ? NULL : start, mask, fine_tuning ? 0 : LOTTERY_STATE_POSITION);
    assert_values_equal(masked(trained, bench.network, mask), network_values(bench.network));
    assert_int_equal(iteration_of(&bench), fine_tuning ? 30 : 0);
    assert_true(rate_of(&bench) == (fine_tuning ? rate_at_end : rate_at_start));
    assert_true(rate_at_end < rate_at_start);
    if (fine_tuning) { /* as if the mask had been set by itself */
      assert_ok(plain.context, lottery_network_set_mask(plain.network, mask));
      run(&plain, 5);
      run(&bench, 5);
      assert_values_equal(trainer_values(plain.trainer), trainer_values(bench.trainer));
    } else { /* the order of data starts again as well */
      assert_ok(bench.context, lottery_network_set_mask(bench.network, NULL));
      rewind_to(&bench, start, NULL, LOTTERY_STATE_WEIGHTS);
      assert_true(next_loss(&bench) == loss_at_start);
    }
    lottery_snapshot_destroy(start);
    lottery_mask_destroy(mask);
    bench_finish(&bench);
    bench_finish(&plain);
  }
}

/* reset: OPTIMISER makes a new trainer's state, POSITION iteration 0 with rate and order of data. */
static void test_reset(void **state) {
  (void)state;
  for (int i = 0; i < optimiser_case_count; i++) {
    struct bench bench = bench_start(&optimiser_cases[i], 2), fresh = bench_start(&optimiser_cases[i], 2);
    run(&bench, 30);
    struct values weights = network_values(bench.network);
    assert_ok(bench.context, lottery_trainer_reset(bench.trainer, 0));
    assert_int_equal(iteration_of(&bench), 30);
    assert_ok(bench.context, lottery_trainer_reset(bench.trainer, LOTTERY_STATE_OPTIMISER));
    assert_int_equal(iteration_of(&bench), 30);
    set_network_values(fresh.network, weights.values);
    assert_values_equal(weights, network_values(bench.network));
    assert_values_equal(trainer_values(fresh.trainer), trainer_values(bench.trainer));
    assert_ok(bench.context, lottery_trainer_reset(bench.trainer, LOTTERY_STATE_POSITION));
    assert_int_equal(iteration_of(&bench), 0);
    assert_true(rate_of(&bench) == rate_of(&fresh));
    run(&bench, 20);
    run(&fresh, 20);
    assert_values_equal(trainer_values(fresh.trainer), trainer_values(bench.trainer));
    assert_status(bench.context, lottery_trainer_reset(bench.trainer, LOTTERY_STATE_WEIGHTS), LOTTERY_ERROR_ARGUMENT);
    assert_status(bench.context, lottery_trainer_reset(bench.trainer, LOTTERY_STATE_ALL), LOTTERY_ERROR_ARGUMENT);
    bench_finish(&bench);
    bench_finish(&fresh);
  }
}

/* Changing the optimiser resets its state; setting it to what it is does not. */
static void test_changed_optimiser(void **state) {
  (void)state;
  struct bench bench = bench_start(&optimiser_cases[5], 2), plain = bench_start(&optimiser_cases[5], 2);
  run(&bench, 10);
  run(&plain, 10);
  set_optimiser(bench.trainer, &optimiser_cases[5]);
  run(&bench, 5);
  run(&plain, 5);
  assert_values_equal(trainer_values(bench.trainer), trainer_values(plain.trainer));
  set_optimiser(bench.trainer, &optimiser_cases[0]);
  set_optimiser(bench.trainer, &optimiser_cases[5]);
  assert_ok(plain.context, lottery_trainer_reset(plain.trainer, LOTTERY_STATE_OPTIMISER));
  run(&bench, 5);
  run(&plain, 5);
  assert_values_equal(trainer_values(bench.trainer), trainer_values(plain.trainer));
  bench_finish(&bench);
  bench_finish(&plain);
}

/* SGD without momentum saves no momentum: rewinding to that makes it 0, as it was then. */
static void test_state_that_was_not(void **state) {
  (void)state;
  struct bench bench = bench_start(&optimiser_cases[0], 2), fresh = bench_start(&optimiser_cases[2], 2);
  lottery_snapshot *snapshot = save(&bench, LOTTERY_STATE_ALL);
  set_optimiser(bench.trainer, &optimiser_cases[2]);
  run(&bench, 7);
  rewind_to(&bench, snapshot, NULL, LOTTERY_STATE_ALL);
  assert_values_equal(trainer_values(bench.trainer), trainer_values(fresh.trainer));
  run(&bench, 7);
  run(&fresh, 7);
  assert_values_equal(trainer_values(bench.trainer), trainer_values(fresh.trainer));
  lottery_snapshot_destroy(snapshot);
  bench_finish(&bench);
  bench_finish(&fresh);
}

/* Everything that cannot be rewound leaves everything as it was. */
static void test_refusals(void **state) {
  (void)state;
  struct bench adam = bench_start(&optimiser_cases[5], 2), sgd = bench_start(&optimiser_cases[2], 2);
  lottery_network *other;
  lottery_mask *other_mask, *mask;
  lottery_snapshot *other_weights;
  run(&adam, 6);
  run(&sgd, 6);
  lottery_snapshot *all = save(&adam, LOTTERY_STATE_ALL), *position = save(&adam, LOTTERY_STATE_POSITION);
  assert_ok(sgd.context, lottery_network_preset(sgd.context, "mlp-20-16-4", &other));
  assert_ok(sgd.context, lottery_mask_ones(other, &other_mask));
  assert_ok(sgd.context, lottery_network_snapshot(other, &other_weights));
  mask = prune(&sgd);
  struct values before = trainer_values(sgd.trainer);
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, all, mask, LOTTERY_STATE_ALL), LOTTERY_ERROR_SHAPE,
               "optimiser");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, all, mask, LOTTERY_STATE_OPTIMISER),
               LOTTERY_ERROR_SHAPE, "optimiser");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, position, mask, LOTTERY_STATE_WEIGHTS),
               LOTTERY_ERROR_ARGUMENT, "what");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, NULL, mask, LOTTERY_STATE_WEIGHTS),
               LOTTERY_ERROR_ARGUMENT, "snapshot");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, all, mask, 16), LOTTERY_ERROR_ARGUMENT, "what");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, all, mask, -1), LOTTERY_ERROR_ARGUMENT, "what");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, other_weights, mask, LOTTERY_STATE_WEIGHTS),
               LOTTERY_ERROR_SHAPE, "snapshot");
  assert_fails(sgd.context, lottery_trainer_rewind(sgd.trainer, all, other_mask, LOTTERY_STATE_WEIGHTS),
               LOTTERY_ERROR_SHAPE, "mask");
  assert_int_equal(iteration_of(&sgd), 6);
  assert_values_equal(before, trainer_values(sgd.trainer));
  lottery_mask *own;
  int64_t kept, total;
  assert_ok(sgd.context, lottery_network_get_mask(sgd.network, &own));
  assert_ok(sgd.context, lottery_mask_kept(own, -1, &kept, &total));
  assert_int_equal(kept, total);
  /* What the optimiser does not matter for is allowed. */
  rewind_to(&sgd, all, mask, LOTTERY_STATE_WEIGHTS | LOTTERY_STATE_POSITION);
  lottery_mask_destroy(own);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(other_mask);
  lottery_snapshot_destroy(other_weights);
  lottery_snapshot_destroy(all);
  lottery_snapshot_destroy(position);
  lottery_network_destroy(other);
  bench_finish(&adam);
  bench_finish(&sgd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parts),
      cmocka_unit_test(test_parts_make_all),
      cmocka_unit_test(test_tickets),
      cmocka_unit_test(test_rate_rewinding_and_fine_tuning),
      cmocka_unit_test(test_reset),
      cmocka_unit_test(test_changed_optimiser),
      cmocka_unit_test(test_state_that_was_not),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
