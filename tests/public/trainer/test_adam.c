/* Adam against double, beside the error of float32 as PyTorch computes it, for decays near 1 and of 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

enum { OUTPUTS = 37, PARAMETERS = 2 * OUTPUTS };

struct run {
  lottery_context *context;
  lottery_network *network;
  lottery_trainer *trainer;
};

/* A network of one layer from one input; all of its parameters are 0. */
static struct run run_start(int32_t set, double beta1, double beta2, double rate) {
  struct run run = {.context = context_on(set)};
  float zeros[PARAMETERS] = {0};
  assert_ok(run.context, lottery_network_preset(run.context, "mlp-1-37", &run.network));
  set_network_values(run.network, zeros);
  assert_ok(run.context, lottery_trainer_create(run.network, NULL, 0, &run.trainer));
  assert_ok(run.context, lottery_trainer_set_integer(run.trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_ADAM));
  assert_ok(run.context, lottery_trainer_set_real(run.trainer, LOTTERY_TRAINER_BETA1, beta1));
  assert_ok(run.context, lottery_trainer_set_real(run.trainer, LOTTERY_TRAINER_BETA2, beta2));
  assert_ok(run.context, lottery_trainer_set_real(run.trainer, LOTTERY_TRAINER_LEARNING_RATE, rate));
  return run;
}

static void run_finish(struct run *run) {
  lottery_trainer_destroy(run->trainer);
  lottery_network_destroy(run->network);
  lottery_context_destroy(run->context);
}

/* One step with a gradient of the test's; what becomes of the parameters. */
static void take_step(struct run *run, const float *gradient, float *parameters) {
  const float input = 1.0F;
  const int32_t label = 0;
  assert_ok(run->context, lottery_trainer_gradient(run->trainer, 1, &input, &label, NULL, NULL));
  assert_ok(run->context, lottery_trainer_write_gradient(run->trainer, gradient, PARAMETERS));
  assert_ok(run->context, lottery_trainer_apply(run->trainer));
  assert_ok(run->context, lottery_network_read_tensor(run->network, 0, parameters, OUTPUTS));
  assert_ok(run->context, lottery_network_read_tensor(run->network, 1, parameters + OUTPUTS, OUTPUTS));
}

/* 1 - beta^steps, exactly enough. */
static double correction(double beta, int steps) {
  return beta == 0.0 ? 1.0 : -expm1((double)steps * log1p(-(1.0 - beta)));
}

struct exact {
  double first, second, weight;
};

static void step_exactly(struct exact *e, double beta1, double beta2, double rate, int steps, double g) {
  e->first = beta1 * e->first + (1 - beta1) * g;
  e->second = beta2 * e->second + (1 - beta2) * g * g;
  e->weight -= rate / correction(beta1, steps) * e->first / (sqrt(e->second / correction(beta2, steps)) + 1e-8);
}

struct single {
  float first, second, weight;
};

/* torch.optim.Adam of float32: lerp, mul, addcmul, addcdiv with scalars rounded to float32. */
static void step_singly(struct single *s, double beta1, double beta2, double rate, int steps, float g) {
  const float weight = (float)(1 - beta1), rest = (float)(1 - beta2);
  s->first = weight < 0.5F ? s->first + weight * (g - s->first) : g - (g - s->first) * (1.0F - weight);
  s->second = s->second * (float)beta2;
  s->second = s->second + rest * g * g;
  const float denominator = sqrtf(s->second) / (float)sqrt(correction(beta2, steps)) + 1e-8F;
  s->weight = s->weight + (float)(-rate / correction(beta1, steps)) * s->first / denominator;
}

/* Root of the mean square of errors. */
static double error_of(double squares, int count) { return sqrt(squares / count); }

static void check_betas(int32_t set, double beta1, double beta2) {
  enum { STEPS = 150 };
  struct run run = run_start(set, beta1, beta2, 0.001);
  struct exact exact[PARAMETERS] = {{0}};
  struct single single[PARAMETERS] = {{0}};
  uint64_t random = 8;
  double ours = 0, theirs = 0;
  for (int step = 1; step <= STEPS; step++) {
    float gradient[PARAMETERS], got[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) /* now and then a large one */
      gradient[i] = support_random_float(&random) * (step % 40 == 7 ? 1000.0F : 1.0F);
    take_step(&run, gradient, got);
    for (int i = 0; i < PARAMETERS; i++) {
      step_exactly(&exact[i], beta1, beta2, 0.001, step, (double)gradient[i]);
      step_singly(&single[i], beta1, beta2, 0.001, step, gradient[i]);
      ours += ((double)got[i] - exact[i].weight) * ((double)got[i] - exact[i].weight);
      theirs += ((double)single[i].weight - exact[i].weight) * ((double)single[i].weight - exact[i].weight);
    }
  }
  ours = error_of(ours, STEPS * PARAMETERS);
  theirs = error_of(theirs, STEPS * PARAMETERS);
  if (!(ours <= 2 * theirs)) fail_msg("betas %.9g %.9g: error %.3g, of float32 %.3g", beta1, beta2, ours, theirs);
  run_finish(&run);
}

static void test_beside_float32(void **state) {
  (void)state;
  const double betas[][2] = {{0.9, 0.999},
                             {0.999, 0.99999},
                             {0.99999, 0.9999999},
                             {0.9999999, 0.9999999},
                             {0.9, 0.99999},
                             {0, 0.999},
                             {0.9, 0},
                             {0, 0},
                             {0.3, 0.9}};
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < (int)(sizeof betas / sizeof *betas); j++) check_betas(sets[i], betas[j][0], betas[j][1]);
}

/* The first step is the rate, whatever the decays are. */
static void test_first_step(void **state) {
  (void)state;
  const double betas[] = {0, 0.5, 0.9, 0.999, 0.99999, 0.9999999, 0.99999999, 1 - 1e-12, 0x1.fffffffffffffp-1};
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < 9; j++)
      for (int k = 0; k < 9; k++) {
        struct run run = run_start(sets[i], betas[j], betas[k], 0.001);
        assert_ok(run.context, lottery_trainer_set_real(run.trainer, LOTTERY_TRAINER_EPSILON, 1e-30));
        float gradient[PARAMETERS], got[PARAMETERS];
        for (int p = 0; p < PARAMETERS; p++) gradient[p] = (float)(p + 1) / (p % 2 == 0 ? 7.0F : -7.0F);
        take_step(&run, gradient, got);
        for (int p = 0; p < PARAMETERS; p++) {
          const double expected = p % 2 == 0 ? -0.001 : 0.001;
          if (!(fabs((double)got[p] - expected) <= 6e-7 * 0.001))
            fail_msg("betas %.17g %.17g: a step of %.9g", betas[j], betas[k], (double)got[p]);
        }
        run_finish(&run);
      }
}

/* Without memory of gradients, each step is the rate in the gradient's direction: also of 1e-9 after 1e9. */
static void test_small_after_large(void **state) {
  (void)state;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++) {
    struct run run = run_start(sets[i], 0, 0, 0.5);
    assert_ok(run.context, lottery_trainer_set_real(run.trainer, LOTTERY_TRAINER_EPSILON, 1e-30));
    float gradient[PARAMETERS], got[PARAMETERS];
    for (int p = 0; p < PARAMETERS; p++) gradient[p] = 1e9F;
    take_step(&run, gradient, got);
    for (int p = 0; p < PARAMETERS; p++) gradient[p] = -1e-9F;
    take_step(&run, gradient, got);
    for (int p = 0; p < PARAMETERS; p++) assert_true(fabsf(got[p]) <= 1e-6F);
    run_finish(&run);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_beside_float32),
      cmocka_unit_test(test_first_step),
      cmocka_unit_test(test_small_after_large),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
