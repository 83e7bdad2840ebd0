/* 50 steps of each optimiser against PyTorch in float64 (golden/make_optimisers.py), on every instruction set. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

/* The generator's network and batches. */
enum { INPUTS = 20, HIDDEN = 12, OUTPUTS = 5, BATCH = 16, STEPS = 50, CASE_LIMIT = 32 };
enum { WEIGHTS = INPUTS * HIDDEN + HIDDEN + HIDDEN * OUTPUTS + OUTPUTS };

struct golden {
  char name[64], loss[32], optimiser[16];
  double rate, momentum, decay, beta1, beta2, epsilon, factor, milestones[8];
  int nesterov, decay_biases, warmup, milestone_count;
  double losses[STEPS], weights[WEIGHTS];
};

static struct golden goldens[CASE_LIMIT];
static int golden_count;
static uint64_t seed;

static int read_goldens(void **state) {
  (void)state;
  FILE *file = fopen(LOTTERY_TESTS_DIR "/golden/optimisers.txt", "r");
  assert_non_null(file);
  unsigned long long file_seed;
  int sizes[3], batch, steps;
  assert_int_equal(fscanf(file, "seed %llu sizes %d %d %d batch %d steps %d cases %d", &file_seed, &sizes[0], &sizes[1],
                          &sizes[2], &batch, &steps, &golden_count),
                   7);
  assert_true(sizes[0] == INPUTS && sizes[1] == HIDDEN && sizes[2] == OUTPUTS && batch == BATCH && steps == STEPS);
  assert_in_range(golden_count, 1, CASE_LIMIT);
  seed = file_seed;
  for (int i = 0; i < golden_count; i++) {
    struct golden *g = &goldens[i];
    assert_int_equal(fscanf(file, " case %63s %31s %15s %lf %lf %d %lf %d %lf %lf %lf %d %lf %d", g->name, g->loss,
                            g->optimiser, &g->rate, &g->momentum, &g->nesterov, &g->decay, &g->decay_biases, &g->beta1,
                            &g->beta2, &g->epsilon, &g->warmup, &g->factor, &g->milestone_count),
                     14);
    assert_in_range(g->milestone_count, 0, 8);
    for (int j = 0; j < g->milestone_count; j++) assert_int_equal(fscanf(file, "%lf", &g->milestones[j]), 1);
    for (int j = 0; j < STEPS; j++) assert_int_equal(fscanf(file, "%lf", &g->losses[j]), 1);
    for (int j = 0; j < WEIGHTS; j++) assert_int_equal(fscanf(file, "%lf", &g->weights[j]), 1);
  }
  fclose(file);
  return 0;
}

static void set_options(lottery_trainer *trainer, const struct golden *golden) {
  const bool adam = strcmp(golden->optimiser, "adam") == 0;
  const struct optimiser_case options = {.optimiser = adam ? LOTTERY_OPTIMISER_ADAM : LOTTERY_OPTIMISER_SGD,
                                         .rate = golden->rate,
                                         .momentum = golden->momentum,
                                         .nesterov = golden->nesterov,
                                         .decay = golden->decay,
                                         .decay_biases = golden->decay_biases};
  set_optimiser(trainer, &options);
  if (adam) {
    assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_BETA1, golden->beta1));
    assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_BETA2, golden->beta2));
    assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_EPSILON, golden->epsilon));
  }
  assert_ok(NULL,
            lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_LOSS,
                                        strcmp(golden->loss, "cross_entropy") == 0 ? LOTTERY_LOSS_CROSS_ENTROPY
                                                                                   : LOTTERY_LOSS_MEAN_SQUARED_ERROR));
  assert_ok(NULL, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_WARMUP, golden->warmup));
  assert_ok(NULL, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MILESTONE_FACTOR, golden->factor));
  assert_ok(NULL, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, golden->milestones,
                                            golden->milestone_count));
}

static void check_golden(const struct golden *golden, int32_t set) {
  lottery_context *context = context_on(set);
  lottery_network *network;
  lottery_trainer *trainer;
  assert_ok(context, lottery_network_preset(context, "mlp-20-12-5", &network));
  assert_ok(context, lottery_trainer_create(network, NULL, 0, &trainer));
  set_options(trainer, golden);
  uint64_t state = seed;
  float weights[WEIGHTS];
  for (int i = 0; i < WEIGHTS; i++) {
    const bool bias = i >= WEIGHTS - OUTPUTS || (i >= INPUTS * HIDDEN && i < INPUTS * HIDDEN + HIDDEN);
    weights[i] = support_random_float(&state) * (bias ? 0.125F : 0.5F);
  }
  set_network_values(network, weights);
  for (int step = 0; step < STEPS; step++) {
    float inputs[BATCH * INPUTS];
    int32_t labels[BATCH];
    for (int i = 0; i < BATCH * INPUTS; i++) inputs[i] = support_random_float(&state);
    for (int i = 0; i < BATCH; i++) labels[i] = (int32_t)(support_random(&state) % OUTPUTS);
    double loss;
    assert_ok(context, lottery_trainer_step(trainer, BATCH, inputs, labels, NULL, &loss));
    if (!(fabs(loss - golden->losses[step]) <= 1e-4 * golden->losses[step]))
      fail_msg("%s, instruction set %d: loss %.9g in step %d, expected %.9g", golden->name, (int)set, loss, step,
               golden->losses[step]);
  }
  struct values final = network_values(network);
  assert_int_equal(final.count, WEIGHTS);
  for (int i = 0; i < WEIGHTS; i++)
    if (!(fabs((double) final.values[i] - golden->weights[i]) <= 2e-5 * (1.0 + fabs(golden->weights[i]))))
      fail_msg("%s, instruction set %d: weight %d is %.7g, expected %.7g", golden->name, (int)set, i,
               (double) final.values[i], golden->weights[i]);
  release_values(&final);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

static void test_goldens(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < golden_count; j++) check_golden(&goldens[j], sets[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens)};
  return cmocka_run_group_tests(tests, read_goldens, NULL);
}
