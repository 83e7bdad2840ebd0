/* The kernels of every instruction set that the machine has, but for products, layers and gathering, against plain
 * loops in double precision: sizes, accuracy, special values, arrays that are the same. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/float_mode.h"
#include "kernels/bias.h"
#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "kernels/loss.h"
#include "kernels/update.h"
#include "support.h"

enum { FEATURES = 70, COUNT = FEATURES * BATCH_TILE };

static _Alignas(64) float a[COUNT], b[COUNT], c[COUNT], expected[COUNT], before[COUNT];
static _Alignas(64) int32_t labels[BATCH_TILE];
static _Alignas(64) float losses[BATCH_TILE];
static const struct kernels *kernels;
static uint64_t random_state;

static void fill(float *values, int64_t count, float scale) {
  for (int64_t i = 0; i < count; i++) values[i] = scale * support_random_float(&random_state);
}

static void assert_near(double got, double wanted, double limit, const char *what, int64_t where) {
  if (got == wanted || fabs(got - wanted) <= limit || (isnan(got) && isnan(wanted))) return;
  fail_msg("%s, %s: %.9g at %lld, expected %.9g", kernels->name, what, got, (long long)where, wanted);
}

/* The distance in units of the last place of a float of the wanted size. */
static double ulps(float got, double wanted) {
  const double magnitude = fabs(wanted) > (double)FLT_MIN ? fabs(wanted) : (double)FLT_MIN;
  return fabs((double)got - wanted) / ldexp(1.0, ilogb(magnitude) - 23);
}

/* Runs a check on every set, in the floating-point mode of training. */
static void for_each(void (*check)(void)) {
  int sets = 0;
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    kernels = kernels_for(set);
    if (kernels == NULL) continue;
    sets++;
    random_state = (uint64_t)set;
    const uint64_t mode = float_mode_enter();
    check();
    float_mode_leave(mode);
  }
  assert_true(sets > 0);
  assert_null(kernels_for(-1));
  assert_null(kernels_for(LOTTERY_INSTRUCTION_SET_NEON + 1));
}

/* --- Biases and addition --- */

/* The sums of all lanes of all tiles, stored and fused into a step, which must be the same bits. */
static void check_bias_gradient(void) {
  enum { TILES = 4, ROWS = 20, ROOM = 32 };
  static _Alignas(64) float lanes[TILES * ROWS * BATCH_TILE];
  for (int64_t rows = 1; rows <= ROWS; rows++)
    for (int64_t tiles = 1; tiles <= TILES; tiles++)
      for (int kind = UPDATE_STORE; kind <= UPDATE_ADAM; kind++) {
        _Alignas(64) float arrays[2][4][ROOM] = {{{0}}};
        fill(lanes, rows * tiles * BATCH_TILE, 3);
        struct update updates[2];
        for (int i = 0; i < 2; i++) {
          updates[i] = (struct update){.kind = (enum update_kind)kind,
                                       .gradient = arrays[i][0],
                                       .weights = arrays[i][1],
                                       .first = arrays[i][2],
                                       .second = arrays[i][3],
                                       .rate = 0.1F,
                                       .epsilon = 1e-8F,
                                       .decay = 0.01F,
                                       .momentum = 0.9F,
                                       .first_average = average_of(0.9),
                                       .second_average = average_of(0.999)};
          for (int64_t j = 0; j < rows; j++) {
            arrays[i][0][j] = NAN;
            arrays[i][1][j] = (float)j / 7.0F, arrays[i][2][j] = 0.5F, arrays[i][3][j] = 0.25F;
          }
        }
        kernels->bias->gradient(lanes, rows, tiles, &updates[0], (struct range){0, rows});
        for (int64_t row = 0; row < rows; row++) {
          double sum = 0;
          for (int64_t i = 0; i < tiles * BATCH_TILE; i++)
            sum += (double)lanes[(i / BATCH_TILE * rows + row) * BATCH_TILE + i % BATCH_TILE];
          arrays[1][0][row] = arrays[0][0][row];
          assert_near((double)arrays[0][0][row], sum, 256 * 5 * (double)FLT_EPSILON, "bias_gradient", row);
        }
        kernels->update->apply(&updates[1], (struct range){0, (rows + ROW_STEP - 1) / ROW_STEP * ROW_STEP});
        assert_memory_equal(arrays[0], arrays[1], sizeof arrays[0]);
        for (int64_t i = 0; i < 4; i++)
          for (int64_t j = rows; j < ROOM; j++) assert_true(arrays[0][i][j] == 0.0F);
      }
}

static void check_add(void) {
  for (int64_t features = 1; features <= FEATURES; features++) {
    fill(a, COUNT, 3);
    fill(b, COUNT, 1);
    memcpy(c, b, sizeof b);
    kernels->elementwise->add(a, b, c, (struct range){0, features * BATCH_TILE});
    for (int64_t i = 0; i < COUNT; i++) assert_true(c[i] == (i < features * BATCH_TILE ? a[i] + b[i] : b[i]));
    memcpy(c, a, sizeof a);
    kernels->elementwise->add(c, b, c, (struct range){0, features * BATCH_TILE}); /* the output as the first of them */
    for (int64_t i = 0; i < features * BATCH_TILE; i++) assert_true(c[i] == a[i] + b[i]);
  }
}

static void test_biases_and_sums(void **unused) {
  (void)unused;
  for_each(check_bias_gradient);
  for_each(check_add);
}

/* --- Activations --- */

static double activation_of(enum activation activation, double x) {
  if (activation == ACTIVATION_RELU) return x > 0 ? x : 0;
  return activation == ACTIVATION_TANH ? tanh(x) : 1 / (1 + exp(-x));
}

/* The largest error in units of the last place over x = from … to, results that are denormal left out. */
static double worst_error(enum activation activation, float from, float to) {
  double worst = 0;
  enum { STEPS = 200 };
  for (int step = 0; step < STEPS; step++) {
    for (int64_t i = 0; i < COUNT; i++) a[i] = from + (to - from) * (float)((step + (double)i / COUNT) / STEPS);
    kernels->elementwise->activate(activation, a, b, (struct range){0, COUNT});
    for (int64_t i = 0; i < COUNT; i++) {
      const double wanted = activation_of(activation, (double)a[i]);
      if (fabs(wanted) < (double)FLT_MIN) continue;
      worst = fmax(worst, ulps(b[i], wanted));
    }
  }
  return worst;
}

/* Sigmoid left of 0 is exp's relative error, plus that of two operations. */
static void check_accuracy(void) {
  const struct {
    enum activation activation;
    float from, to;
    double limit;
  } ranges[] = {
      {ACTIVATION_RELU, -100, 100, 0},      {ACTIVATION_SIGMOID, -87, -1, 3},    {ACTIVATION_SIGMOID, -1, 1, 2.5},
      {ACTIVATION_SIGMOID, 1, 100, 2},      {ACTIVATION_TANH, -1e-3F, 1e-3F, 1}, {ACTIVATION_TANH, -0.3F, 0.3F, 1.5},
      {ACTIVATION_TANH, 0.29F, 0.31F, 2.5}, {ACTIVATION_TANH, -1, 1, 3},         {ACTIVATION_TANH, -20, 20, 3}};
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    const double worst = worst_error(ranges[i].activation, ranges[i].from, ranges[i].to);
    if (worst > ranges[i].limit)
      fail_msg("%s: activation %d from %g to %g is %g units of the last place off", kernels->name,
               (int)ranges[i].activation, (double)ranges[i].from, (double)ranges[i].to, worst);
  }
}

static void test_accuracy_of_activations(void **unused) {
  (void)unused;
  for_each(check_accuracy);
}

static void check_special_activations(void) {
  static const float special[] = {0.0F, -0.0F, NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_MIN, -FLT_MIN};
  static const float relu[] = {0, 0, NAN, INFINITY, 0, FLT_MAX, 0, FLT_MIN, 0};
  static const float tangent[] = {0, 0, NAN, 1, -1, 1, -1, FLT_MIN, -FLT_MIN};
  static const float sigmoid[] = {0.5F, 0.5F, NAN, 1, 0, 1, 0, 0.5F, 0.5F};
  const float *wanted[] = {relu, tangent, sigmoid};
  for (int64_t i = 0; i < COUNT; i++) a[i] = special[i % 9];
  for (int activation = ACTIVATION_RELU; activation <= ACTIVATION_SIGMOID; activation++) {
    kernels->elementwise->activate((enum activation)activation, a, b, (struct range){0, COUNT});
    for (int64_t i = 0; i < COUNT; i++) {
      /* 1 / (1 + exp(88)) is what becomes of 0. */
      assert_near((double)b[i], (double)wanted[activation][i % 9], 1e-37, "activate", i % 9);
      if (activation == ACTIVATION_TANH && fabsf(b[i]) > 0) assert_int_equal(signbit(b[i]) != 0, signbit(a[i]) != 0);
    }
  }
}

static void test_special_activations(void **unused) {
  (void)unused;
  for_each(check_special_activations);
}

static void check_activate(void) {
  for (int activation = ACTIVATION_RELU; activation <= ACTIVATION_SIGMOID; activation++)
    for (int64_t features = 1; features <= FEATURES; features += 3) {
      const int64_t count = features * BATCH_TILE;
      const enum activation kind = (enum activation)activation;
      fill(a, COUNT, 4);
      fill(b, COUNT, 1);
      memcpy(before, b, sizeof b);
      kernels->elementwise->activate(kind, a, b, (struct range){0, count});
      assert_memory_equal(b + count, before + count, (size_t)(COUNT - count) * sizeof *b);
      memcpy(c, a, sizeof a);
      kernels->elementwise->activate(kind, c, c, (struct range){0, count}); /* in place */
      assert_memory_equal(b, c, (size_t)count * sizeof *b);
      /* Backwards, from the output b: written, accumulated, and over the output's gradient. */
      fill(c, COUNT, 1);
      for (int64_t i = 0; i < count; i++) {
        const double y = (double)b[i];
        const double slope = kind == ACTIVATION_RELU ? y > 0 : kind == ACTIVATION_TANH ? 1 - y * y : y * (1 - y);
        expected[i] = (float)(slope * (double)c[i]);
      }
      for (int64_t i = 0; i < COUNT; i++) a[i] = NAN;
      kernels->elementwise->activate_backward(kind, b, c, a, false, (struct range){0, count});
      for (int64_t i = 0; i < count; i++) assert_near((double)a[i], (double)expected[i], 3e-7, "activate_backward", i);
      for (int64_t i = count; i < COUNT; i++) assert_true(isnan(a[i]));
      for (int64_t i = 0; i < count; i++) a[i] = 0.5F;
      kernels->elementwise->activate_backward(kind, b, c, a, true, (struct range){0, count});
      for (int64_t i = 0; i < count; i++)
        assert_near((double)a[i], 0.5 + (double)expected[i], 3e-7, "activate_backward, accumulated", i);
      kernels->elementwise->activate_backward(kind, b, c, c, false, (struct range){0, count});
      for (int64_t i = 0; i < count; i++)
        assert_near((double)c[i], (double)expected[i], 3e-7, "activate_backward in place", i);
    }
}

static void test_activate(void **unused) {
  (void)unused;
  for_each(check_activate);
}

/* --- Losses --- */

static void check_entropy_of(int64_t classes, float spread, float scale) {
  const int64_t count = classes * BATCH_TILE;
  fill(a, count, spread);
  for (int lane = 0; lane < BATCH_TILE; lane++)
    labels[lane] = (int32_t)(support_random(&random_state) % (uint32_t)(classes + 1)) - 1;
  memcpy(before, a, sizeof a);
  kernels->loss->cross_entropy(a, classes, labels, scale, losses, b);
  assert_memory_equal(a, before, sizeof a);
  for (int lane = 0; lane < BATCH_TILE; lane++) {
    double largest = -INFINITY, sum = 0;
    for (int64_t j = 0; j < classes; j++) largest = fmax(largest, (double)a[j * BATCH_TILE + lane]);
    for (int64_t j = 0; j < classes; j++) sum += exp((double)a[j * BATCH_TILE + lane] - largest);
    const int32_t label = labels[lane];
    const double loss = label < 0 ? 0 : log(sum) + largest - (double)a[label * BATCH_TILE + lane];
    assert_near((double)losses[lane], loss, 1e-6 * (1 + loss), "cross_entropy", lane);
    if (label < 0) assert_true(losses[lane] == 0);
    for (int64_t j = 0; j < classes; j++) {
      const double share = exp((double)a[j * BATCH_TILE + lane] - largest) / sum;
      const double gradient = label < 0 ? 0 : (share - (label == j)) * (double)scale;
      assert_near((double)b[j * BATCH_TILE + lane], gradient, 1e-6 * fabs((double)scale), "its gradient",
                  j * BATCH_TILE + lane);
    }
  }
  /* Without a gradient, and with the gradient over the logits: the same bits. */
  float again[BATCH_TILE] __attribute__((aligned(64)));
  kernels->loss->cross_entropy(a, classes, labels, scale, again, NULL);
  assert_memory_equal(again, losses, sizeof losses);
  kernels->loss->cross_entropy(a, classes, labels, scale, again, a);
  assert_memory_equal(again, losses, sizeof losses);
  assert_memory_equal(a, b, (size_t)count * sizeof *a);
}

static void check_entropy(void) {
  for (int64_t classes = 1; classes <= FEATURES; classes++) {
    check_entropy_of(classes, 5, 1.0F / 60);
    check_entropy_of(classes, 1e-3F, 1);
    check_entropy_of(classes, 1e4F, 1);
  }
}

/* log K for K equal logits: the logarithm alone. */
static void check_logarithm(void) {
  for (int64_t classes = 2; classes <= FEATURES; classes++) {
    for (int64_t i = 0; i < COUNT; i++) a[i] = 0.25F;
    memset(labels, 0, sizeof labels);
    kernels->loss->cross_entropy(a, classes, labels, 1, losses, NULL);
    for (int lane = 0; lane < BATCH_TILE; lane++)
      if (ulps(losses[lane], log((double)classes)) > 2)
        fail_msg("%s: log %lld is %.9g", kernels->name, (long long)classes, (double)losses[lane]);
  }
}

static void check_entropy_of_special(void) {
  enum { CLASSES = 5 };
  static const float special[] = {NAN, INFINITY, -INFINITY};
  for (int i = 0; i < 3; i++)
    for (int where = 0; where < CLASSES; where++) {
      fill(a, COUNT, 2);
      for (int lane = 0; lane < BATCH_TILE; lane++) {
        labels[lane] = lane % (CLASSES + 1) - 1;
        if (lane % 3 == 0) a[where * BATCH_TILE + lane] = special[i];
      }
      kernels->loss->cross_entropy(a, CLASSES, labels, 1, losses, b);
      for (int lane = 0; lane < BATCH_TILE; lane++) {
        const bool padding = labels[lane] < 0, touched = lane % 3 == 0;
        if (padding) assert_true(losses[lane] == 0); /* whatever lies in lanes that do not count */
        for (int j = 0; padding && j < CLASSES; j++) assert_true(b[j * BATCH_TILE + lane] == 0);
        if (padding) continue;
        if (!touched) assert_true(isfinite(losses[lane]));
        /* An infinite logit away from the label, -infinity, is a probability of 0; the rest is no number. */
        if (touched && i == 0) assert_true(isnan(losses[lane]));
        if (touched && i == 1) assert_true(!isfinite(losses[lane]));
        if (touched && i == 2 && labels[lane] == where) assert_true(!isfinite(losses[lane]));
        if (touched && i == 2 && labels[lane] != where) assert_true(isfinite(losses[lane]));
      }
    }
}

static void test_cross_entropy(void **unused) {
  (void)unused;
  for_each(check_entropy);
  for_each(check_logarithm);
  for_each(check_entropy_of_special);
}

static void check_squared_error(void) {
  for (int64_t features = 1; features <= FEATURES; features++) {
    const int64_t valid = 1 + support_random(&random_state) % BATCH_TILE;
    const int64_t count = features * BATCH_TILE;
    const float scale = 0.37F;
    fill(a, count, 3);
    fill(b, count, 1);
    for (int64_t i = 0; i < count; i++) /* what lies beyond does not count */
      if (i % BATCH_TILE >= valid) a[i] = i % 2 == 0 ? NAN : INFINITY;
    memset(c, 0xff, sizeof c);
    kernels->loss->squared_error(a, b, features, valid, scale, losses, c);
    for (int lane = 0; lane < BATCH_TILE; lane++) {
      double sum = 0;
      for (int64_t j = 0; j < features; j++) {
        const int64_t i = j * BATCH_TILE + lane;
        const double difference = lane < valid ? (double)a[i] - (double)b[i] : 0;
        sum += difference * difference;
        assert_near((double)c[i], difference * (double)scale, 1e-6, "gradient of squared_error", i);
      }
      assert_near((double)losses[lane], sum, 1e-6 * (1 + sum), "squared_error", lane);
    }
    float again[BATCH_TILE] __attribute__((aligned(64)));
    kernels->loss->squared_error(a, b, features, valid, scale, again, NULL);
    assert_memory_equal(again, losses, sizeof losses);
    kernels->loss->squared_error(a, b, features, valid, scale, again, a);
    assert_memory_equal(again, losses, sizeof losses);
    assert_memory_equal(a, c, (size_t)count * sizeof *a);
  }
}

static void test_squared_error(void **unused) {
  (void)unused;
  for_each(check_squared_error);
}

static void check_count_correct(void) {
  for (int64_t classes = 1; classes <= 40; classes++) {
    int64_t wanted = 0;
    for (int64_t i = 0; i < classes * BATCH_TILE; i++) /* many ties */
      a[i] = (float)(support_random(&random_state) % 4);
    for (int lane = 0; lane < BATCH_TILE; lane++) {
      int32_t winner = 0;
      for (int32_t j = 1; j < classes; j++)
        if (a[j * BATCH_TILE + lane] > a[winner * BATCH_TILE + lane]) winner = j;
      labels[lane] = lane % 3 == 0 ? winner : (int32_t)(support_random(&random_state) % (uint32_t)(classes + 1)) - 1;
      wanted += labels[lane] == winner;
    }
    assert_int_equal(kernels->loss->count_correct(a, classes, labels), wanted);
  }
  for (int lane = 0; lane < BATCH_TILE; lane++) labels[lane] = -1;
  assert_int_equal(kernels->loss->count_correct(a, 10, labels), 0);
}

static void test_count_correct(void **unused) {
  (void)unused;
  for_each(check_count_correct);
}

/* --- Optimisers --- */

static void check_sgd(void) {
  for (int variant = 0; variant < 6; variant++)
    for (int64_t count = 16; count <= 400; count += 16) {
      const bool momentum = variant >= 2;
      const struct update step = {.kind = UPDATE_SGD,
                                  .gradient = b,
                                  .weights = a,
                                  .first = momentum ? c : NULL,
                                  .rate = 0.1F,
                                  .decay = variant % 2 == 0 ? 0.0F : 0.01F,
                                  .momentum = 0.9F,
                                  .nesterov = variant >= 4};
      fill(a, COUNT, 1); /* weights, gradient, momentum */
      fill(b, COUNT, 1);
      fill(c, COUNT, 1);
      memcpy(before, a, sizeof a);
      memcpy(expected, c, sizeof c);
      kernels->update->apply(&step, (struct range){0, count});
      for (int64_t i = 0; i < COUNT; i++) {
        if (i >= count) {
          assert_true(a[i] == before[i] && c[i] == expected[i]);
          continue;
        }
        const double w = (double)before[i];
        double g = (double)b[i] + (double)step.decay * w;
        if (momentum) {
          const double v = (double)step.momentum * (double)expected[i] + g;
          assert_near((double)c[i], v, 3e-7, "sgd's momentum", i);
          g = step.nesterov ? g + (double)step.momentum * v : v;
        }
        assert_near((double)a[i], w - (double)step.rate * g, 3e-7, "sgd", i);
      }
    }
}

static void check_adam(void) {
  static float second[COUNT] __attribute__((aligned(64)));
  for (int variant = 0; variant < 4; variant++)
    for (int64_t count = 16; count <= 400; count += 16) {
      const struct update step = {.kind = UPDATE_ADAM,
                                  .gradient = b,
                                  .weights = a,
                                  .first = c,
                                  .second = second,
                                  .rate = 0.01F,
                                  .epsilon = variant < 2 ? 1e-8F : 0.1F,
                                  .decay = variant % 2 == 0 ? 0.0F : 0.01F,
                                  .first_average = average_of(0.9),
                                  .second_average = average_of(0.999)};
      fill(a, COUNT, 1);
      fill(b, COUNT, 1);
      fill(c, COUNT, 1);
      fill(second, COUNT, 1);
      for (int64_t i = 0; i < COUNT; i++) second[i] = fabsf(second[i]) + 0.01F;
      memcpy(before, a, sizeof a);
      memcpy(expected, c, sizeof c);
      static float old[COUNT];
      memcpy(old, second, sizeof old);
      kernels->update->apply(&step, (struct range){0, count});
      for (int64_t i = 0; i < COUNT; i++) {
        if (i >= count) {
          assert_true(a[i] == before[i] && c[i] == expected[i] && second[i] == old[i]);
          continue;
        }
        const double w = (double)before[i], g = (double)b[i] + (double)step.decay * w;
        const double m = 0.9 * (double)expected[i] + 0.1 * g;
        const double v = 0.999 * (double)old[i] + 0.001 * g * g;
        assert_near((double)c[i], m, 3e-7, "adam's first moment", i);
        assert_near((double)second[i], v, 3e-7, "adam's second moment", i);
        assert_near((double)a[i], w - (double)step.rate * m / (sqrt(v) + (double)step.epsilon), 1e-6, "adam", i);
      }
    }
}

/* A weight of 0 with gradient and state of 0 stays 0, for every step. */
static void check_pruned_stays(void) {
  static float second[COUNT] __attribute__((aligned(64)));
  const struct update sgd = {.kind = UPDATE_SGD,
                             .gradient = b,
                             .weights = a,
                             .first = c,
                             .rate = 1e6F,
                             .decay = 1e6F,
                             .momentum = 1,
                             .nesterov = true};
  const struct update adam = {.kind = UPDATE_ADAM,
                              .gradient = b,
                              .weights = a,
                              .first = c,
                              .second = second,
                              .rate = 1e6F,
                              .epsilon = FLT_MIN,
                              .decay = 1e6F,
                              .first_average = average_of(0.9),
                              .second_average = average_of(0)};
  memset(a, 0, sizeof a);
  memset(b, 0, sizeof b);
  memset(c, 0, sizeof c);
  memset(second, 0, sizeof second);
  kernels->update->apply(&sgd, (struct range){0, COUNT});
  kernels->update->apply(&adam, (struct range){0, COUNT});
  for (int64_t i = 0; i < COUNT; i++) assert_true(a[i] == 0 && c[i] == 0 && second[i] == 0);
}

/* UPDATE_STORE has no step. */
static void check_no_step(void) {
  const struct update store = {.kind = UPDATE_STORE, .gradient = b, .weights = a, .rate = 1};
  fill(a, COUNT, 1);
  fill(b, COUNT, 1);
  memcpy(before, a, sizeof a);
  kernels->update->apply(&store, (struct range){0, COUNT});
  assert_memory_equal(a, before, sizeof a);
}

static void test_optimisers(void **unused) {
  (void)unused;
  for_each(check_sgd);
  for_each(check_adam);
  for_each(check_pruned_stays);
  for_each(check_no_step);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_biases_and_sums),     cmocka_unit_test(test_accuracy_of_activations),
      cmocka_unit_test(test_special_activations), cmocka_unit_test(test_activate),
      cmocka_unit_test(test_cross_entropy),       cmocka_unit_test(test_squared_error),
      cmocka_unit_test(test_count_correct),       cmocka_unit_test(test_optimisers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
