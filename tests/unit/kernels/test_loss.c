/* Softmax over many classes against double, on every instruction set that the machine has. */
#include <math.h>
#include <stdlib.h>

#include "base/float_mode.h"
#include "kernels/kernels.h"
#include "kernels/loss.h"
#include "support.h"

/* Errors that may remain, as roots of mean squares: twice those of PyTorch's float32, which sums in lanes. */
static const struct {
  int64_t classes;
  float spread;
  double gradient, loss;
} cases[] = {{10, 1.0F, 2e-7, 2e-7},     {65, 1.0F, 3e-7, 2e-7},     {1000, 0.1F, 5e-7, 1e-7},
             {1000, 5.0F, 1.5e-6, 1e-7}, {4096, 5.0F, 1.5e-6, 1e-7}, {20000, 1.0F, 5e-7, 1e-7},
             {20000, 5.0F, 1.5e-6, 1e-7}};
enum { CASES = sizeof cases / sizeof *cases };

static float *room(int64_t count) {
  float *memory = aligned_alloc(64, (size_t)count * sizeof *memory);
  assert_non_null(memory);
  return memory;
}

/* About normal. */
static float deviate(uint64_t *random) {
  float sum = 0.0F;
  for (int i = 0; i < 12; i++) sum += 0.5F * support_random_float(random);
  return sum;
}

static void check_case(const struct kernels *kernels, int number, uint64_t *random) {
  const int64_t classes = cases[number].classes;
  float *logits = room(classes * BATCH_TILE), *gradient = room(classes * BATCH_TILE);
  _Alignas(64) float losses[BATCH_TILE];
  _Alignas(64) int32_t labels[BATCH_TILE];
  for (int64_t i = 0; i < classes * BATCH_TILE; i++) logits[i] = cases[number].spread * deviate(random);
  for (int lane = 0; lane < BATCH_TILE; lane++) labels[lane] = (int32_t)(support_random(random) % (uint64_t)classes);
  const uint64_t mode = float_mode_enter();
  kernels->loss->cross_entropy(logits, classes, labels, 1.0F, losses, gradient);
  float_mode_leave(mode);
  double of_gradient = 0, of_loss = 0;
  for (int lane = 0; lane < BATCH_TILE; lane++) {
    double maximum = -INFINITY, sum = 0;
    for (int64_t j = 0; j < classes; j++) maximum = fmax(maximum, (double)logits[j * BATCH_TILE + lane]);
    for (int64_t j = 0; j < classes; j++) sum += exp((double)logits[j * BATCH_TILE + lane] - maximum);
    const double loss = log(sum) + maximum - (double)logits[labels[lane] * BATCH_TILE + lane],
                 error = (double)losses[lane] / loss - 1;
    of_loss += error * error / BATCH_TILE;
    for (int64_t j = 0; j < classes; j++) {
      const double share = exp((double)logits[j * BATCH_TILE + lane] - maximum) / sum;
      const double expected = j == labels[lane] ? share - 1 : share;
      const double relative = (double)gradient[j * BATCH_TILE + lane] / expected - 1;
      of_gradient += relative * relative / (double)(classes * BATCH_TILE);
    }
  }
  if (!(sqrt(of_gradient) <= cases[number].gradient && sqrt(of_loss) <= cases[number].loss))
    fail_msg("%s, %lld classes, spread %g: errors of gradient %.3g and loss %.3g", kernels->name, (long long)classes,
             (double)cases[number].spread, sqrt(of_gradient), sqrt(of_loss));
  free(logits);
  free(gradient);
}

static void test_many_classes(void **state) {
  (void)state;
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    uint64_t random = 21;
    const struct kernels *kernels = kernels_for(set);
    for (int i = 0; kernels != NULL && i < CASES; i++) check_case(kernels, i, &random);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_classes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
