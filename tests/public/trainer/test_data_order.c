/* The order of data as training has it: batches, epochs, the short last batch; and the schedule of the rate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { EXAMPLES = 130 };

/* Every epoch visits each example exactly once, in full batches and one short one. */
static void check_epochs(lottery_context *context, int64_t batch_size) {
  int64_t visits[EXAMPLES] = {0};
  lottery_trainer *trainer = order_trainer(context, EXAMPLES, batch_size, 42);
  for (int64_t epoch = 1; epoch <= 2; epoch++) {
    for (int64_t left = EXAMPLES; left > 0;) {
      const int64_t expected = left < batch_size ? left : batch_size;
      assert_int_equal(order_next(trainer, EXAMPLES, visits), expected);
      left -= expected;
    }
    for (int i = 0; i < EXAMPLES; i++) assert_int_equal(visits[i], epoch);
  }
  lottery_trainer_destroy(trainer);
}

static void test_epochs(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  for (int64_t batch_size = 1; batch_size <= 200; batch_size++) check_epochs(context, batch_size);
  check_epochs(context, 65536);
  lottery_context_destroy(context);
}

/* The order is the seed's, each epoch's another, and no epoch is in the dataset's own order. */
static void test_order_by_seed(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  int32_t *order = order_of_data(context, EXAMPLES, 1, 3), *same = order_of_data(context, EXAMPLES, 1, 3),
          *other = order_of_data(context, EXAMPLES, 2, 3);
  int64_t in_place = 0, as_before = 0, as_other = 0;
  for (int i = 0; i < 3 * EXAMPLES; i++) {
    in_place += order[i] == i % EXAMPLES;
    if (i >= EXAMPLES) as_before += order[i] == order[i - EXAMPLES];
    as_other += order[i] == other[i];
  }
  assert_memory_equal(order, same, 3 * EXAMPLES * sizeof *order);
  /* Of a random permutation one element is in place on average, and 15 almost never. */
  assert_true(in_place < 15 && as_before < 15 && as_other < 15);
  free(order);
  free(same);
  free(other);
  lottery_context_destroy(context);
}

static double rate_of(lottery_trainer *trainer) {
  double rate;
  assert_ok(NULL, lottery_trainer_rate(trainer, &rate));
  return rate;
}

static void advance(lottery_trainer *trainer, int64_t iterations) {
  assert_ok(NULL, lottery_trainer_run(trainer, iterations, NULL, NULL, NULL));
}

static void test_schedule(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_trainer *trainer = order_trainer(context, 10, 4, 1);
  const double milestones[] = {3, 20, 21};
  assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.5));
  assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MILESTONE_FACTOR, 0.25));
  assert_ok(NULL, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, milestones, 3));
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_WARMUP, 8));
  for (int64_t i = 0; i < 25; i++) {
    double expected = 0.5; /* all powers of two: exact */
    for (int j = 0; j < 3; j++)
      if (milestones[j] <= (double)i) expected *= 0.25;
    if (i < 8) expected = expected * (double)(i + 1) / 8.0;
    assert_true(rate_of(trainer) == expected);
    advance(trainer, 1);
  }
  assert_ok(NULL, lottery_trainer_reset(trainer, LOTTERY_STATE_POSITION));
  assert_true(rate_of(trainer) == 0.5 / 8.0);
  /* Without a schedule the rate is the option. */
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_WARMUP, 0));
  assert_ok(NULL, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, NULL, 0));
  advance(trainer, 30);
  assert_true(rate_of(trainer) == 0.5);
  lottery_trainer_destroy(trainer);
  lottery_context_destroy(context);
}

/* The step uses the rate that was told: SGD on one unit whose gradient is known. */
static void test_rate_in_steps(void **state) {
  (void)state;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  lottery_network *network;
  lottery_trainer *trainer;
  assert_ok(context, lottery_network_preset(context, "mlp-1-1", &network));
  write_zeros(context, network);
  assert_ok(context, lottery_trainer_create(network, NULL, 0, &trainer));
  const double milestones[] = {4};
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_ok(NULL, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, milestones, 1));
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_WARMUP, 3));
  float weight = 0.0F;
  for (int i = 0; i < 6; i++) {
    const float input = 1.0F, output_gradient = 1.0F;
    float output, now;
    const double rate = rate_of(trainer);
    assert_ok(NULL, lottery_trainer_forward(trainer, 1, &input, &output));
    assert_ok(NULL, lottery_trainer_backward(trainer, 1, &output_gradient));
    assert_ok(NULL, lottery_trainer_apply(trainer));
    assert_ok(NULL, lottery_network_read_tensor(network, 0, &now, 1));
    assert_true(fabs((double)(weight - now) - rate) < 1e-6 * rate + 1e-9);
    weight = now;
  }
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_epochs),
      cmocka_unit_test(test_order_by_seed),
      cmocka_unit_test(test_schedule),
      cmocka_unit_test(test_rate_in_steps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
