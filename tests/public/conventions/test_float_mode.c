/* The host's floating-point mode: left as it was by every call, and without influence on any result. */
#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include "training.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum { EXAMPLES = 130, FEATURES = 20, CLASSES = 4, RESULT_LIMIT = 8192 };

/* Bits of results, compared between modes. */
struct results {
  int64_t bytes;
  unsigned char data[RESULT_LIMIT];
};

static void keep(struct results *results, const void *data, size_t bytes) {
  if (results->bytes + (int64_t)bytes > RESULT_LIMIT) fail_msg("more than %d bytes of results", RESULT_LIMIT);
  memcpy(results->data + results->bytes, data, bytes);
  results->bytes += (int64_t)bytes;
}

/* --- Modes --- */

struct mode {
  const char *name;
  int rounding;
  unsigned unmasked; /* exceptions, as bits of MXCSR; others need x86-64 too */
};

static unsigned read_control(void) {
#if defined(__x86_64__)
  return _mm_getcsr() & ~0x3fU; /* without the flags */
#else
  return 0;
#endif
}

static void enter(const struct mode *mode) {
  assert_int_equal(fesetround(mode->rounding), 0);
#if defined(__x86_64__)
  _mm_setcsr((_mm_getcsr() & ~0x3fU) & ~mode->unmasked); /* no flag is up, or unmasking would trap at once */
#endif
}

static void leave(void) {
#if defined(__x86_64__)
  _mm_setcsr(0x1f80);
#endif
  assert_int_equal(fesetround(FE_TONEAREST), 0);
}

/* Makes a call in `mode`, checks that it succeeds and leaves the mode. What the test itself computes runs outside. */
#define IN_MODE(call)                                           \
  do {                                                          \
    enter(mode);                                                \
    const unsigned control = read_control();                    \
    const lottery_status status = (call);                       \
    const unsigned control_after = read_control();              \
    const int rounding = fegetround();                          \
    leave();                                                    \
    assert_ok(context, status);                                 \
    if (control != control_after || rounding != mode->rounding) \
      fail_msg("%s: %s changed the mode", mode->name, #call);   \
  } while (0)

/* --- A scenario that calls every function that computes --- */

struct scene {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
  float inputs[FEATURES * 3];
};

static void keep_network(struct results *results, lottery_network *network) {
  struct values values = network_values(network);
  keep(results, values.values, (size_t)values.count * sizeof(float));
  release_values(&values);
}

static void scene_training(struct scene *scene, const struct mode *mode, struct results *results) {
  lottery_context *context = scene->context;
  lottery_trainer *trainer = scene->trainer;
  const int32_t labels[] = {0, 1, 3};
  double loss, rate;
  int64_t correct;
  float outputs[3 * CLASSES];
  IN_MODE(lottery_trainer_run(trainer, 12, NULL, NULL, NULL));
  IN_MODE(lottery_trainer_step(trainer, 3, scene->inputs, labels, NULL, &loss));
  keep(results, &loss, sizeof loss);
  IN_MODE(lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, &loss));
  IN_MODE(lottery_trainer_apply(trainer));
  keep(results, &loss, sizeof loss);
  IN_MODE(lottery_trainer_forward(trainer, 3, scene->inputs, outputs));
  IN_MODE(lottery_trainer_backward(trainer, 3, outputs));
  IN_MODE(lottery_trainer_apply(trainer));
  IN_MODE(lottery_trainer_rate(trainer, &rate));
  keep(results, &rate, sizeof rate);
  IN_MODE(lottery_trainer_evaluate(trainer, scene->dataset, &loss, &correct));
  keep(results, &loss, sizeof loss);
  keep(results, &correct, sizeof correct);
  IN_MODE(lottery_network_evaluate(scene->network, scene->dataset, LOTTERY_LOSS_MEAN_SQUARED_ERROR, &loss, NULL));
  keep(results, &loss, sizeof loss);
  IN_MODE(lottery_network_predict(scene->network, 3, scene->inputs, outputs));
  keep(results, outputs, sizeof outputs);
  keep_network(results, scene->network);
}

static void scene_state(struct scene *scene, const struct mode *mode, struct results *results) {
  lottery_context *context = scene->context;
  lottery_snapshot *snapshot;
  lottery_mask *mask, *half;
  uint8_t bytes[16 * FEATURES];
  float gradient[16 * FEATURES];
  for (int i = 0; i < 16 * FEATURES; i++) bytes[i] = i % 3 != 0;
  IN_MODE(lottery_mask_ones(scene->network, &mask));
  IN_MODE(lottery_mask_replace(mask, 0, bytes, sizeof bytes, &half));
  IN_MODE(lottery_trainer_snapshot(scene->trainer, LOTTERY_STATE_ALL, &snapshot));
  IN_MODE(lottery_trainer_rewind(scene->trainer, snapshot, half, LOTTERY_STATE_WEIGHTS));
  IN_MODE(lottery_trainer_gradient(scene->trainer, 0, NULL, NULL, NULL, NULL));
  IN_MODE(lottery_trainer_read_tensor_gradient(scene->trainer, 0, gradient, 16 * FEATURES));
  IN_MODE(lottery_trainer_apply(scene->trainer));
  IN_MODE(lottery_network_check_mask(scene->network, NULL, NULL, NULL));
  keep(results, gradient, sizeof gradient);
  keep_network(results, scene->network);
  IN_MODE(lottery_network_set_mask(scene->network, NULL));
  IN_MODE(lottery_network_restore(scene->network, snapshot));
  IN_MODE(lottery_trainer_reset(scene->trainer, LOTTERY_STATE_OPTIMISER));
  lottery_snapshot_destroy(snapshot);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(half);
}

/* Amounts are rounded, and a rate of its own takes logarithms; scores and weights may be denormal. */
static void scene_pruning(struct scene *scene, const struct mode *mode, struct results *results) {
  enum { WEIGHTS = 16 * FEATURES + CLASSES * 16 };
  lottery_context *context = scene->context;
  lottery_pruner *pruner;
  lottery_mask *mask;
  float scores[WEIGHTS];
  uint8_t bytes[WEIGHTS], packed[WEIGHTS / 8] = {0};
  for (int i = 0; i < WEIGHTS; i++) scores[i] = 1e-44F * (float)(i * 7 % 11 - 5);
  IN_MODE(lottery_pruner_create(context, &pruner));
  IN_MODE(lottery_pruner_set_tensor_rate(pruner, "fc2.weight", 0.3));
  for (int way = 0; way < 6; way++) {
    if (way < 2) IN_MODE(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, way == 0 ? 0.1 : 0.35));
    if (way == 2) IN_MODE(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_COUNT, 123));
    if (way > 2) IN_MODE(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, way == 3 ? 0.7 : 0.15 * way));
    for (int by_scores = 0; by_scores < 2; by_scores++) {
      if (by_scores)
        IN_MODE(lottery_pruner_apply_scores(pruner, scene->network, NULL, scores, WEIGHTS, &mask));
      else
        IN_MODE(lottery_pruner_apply(pruner, scene->network, NULL, &mask));
      assert_ok(context, lottery_mask_read(mask, 0, bytes, 16 * FEATURES));
      assert_ok(context, lottery_mask_read(mask, 1, bytes + 16 * FEATURES, CLASSES * 16));
      for (int i = 0; i < WEIGHTS; i++) packed[i / 8] = (uint8_t)(packed[i / 8] << 1 | bytes[i]);
      keep(results, packed, sizeof packed);
      lottery_mask_destroy(mask);
    }
  }
  lottery_pruner_destroy(pruner);
}

static void run_scene(int32_t set, const struct mode *mode, struct results *results) {
  struct scene scene = {.context = context_on(set)};
  lottery_context *context = scene.context;
  const double milestones[] = {3, 9};
  uint64_t random = 8;
  scene.dataset = support_dataset(context, EXAMPLES, FEATURES, CLASSES, 1.5F, 3);
  for (int i = 0; i < FEATURES * 3; i++) scene.inputs[i] = support_random_float(&random);
  IN_MODE(lottery_network_preset(context, "mlp-20-16-4", &scene.network));
  for (int32_t scheme = LOTTERY_INITIALISE_GLOROT_NORMAL; scheme <= LOTTERY_INITIALISE_KAIMING_UNIFORM; scheme++) {
    IN_MODE(lottery_network_initialise(scene.network, scheme, 5));
    float first[8];
    struct values values = network_values(scene.network);
    memcpy(first, values.values, sizeof first);
    keep(results, first, sizeof first);
    release_values(&values);
  }
  IN_MODE(lottery_trainer_create(scene.network, scene.dataset, 6, &scene.trainer));
  IN_MODE(lottery_trainer_set_reals(scene.trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  IN_MODE(lottery_trainer_set_integer(scene.trainer, LOTTERY_TRAINER_WARMUP, 7));
  IN_MODE(lottery_trainer_set_real(scene.trainer, LOTTERY_TRAINER_WEIGHT_DECAY, 0.001));
  IN_MODE(lottery_trainer_set_integer(scene.trainer, LOTTERY_TRAINER_BATCH_SIZE, 50));
  scene_pruning(&scene, mode, results);
  scene_training(&scene, mode, results);
  scene_state(&scene, mode, results);
  lottery_trainer_destroy(scene.trainer);
  lottery_network_destroy(scene.network);
  lottery_dataset_destroy(scene.dataset);
  lottery_context_destroy(context);
}

static void test_modes(void **state) {
  (void)state;
  static const struct mode plain = {"nearest", FE_TONEAREST, 0};
  static const struct mode modes[] = {
    {"upward", FE_UPWARD, 0},
    {"downward", FE_DOWNWARD, 0},
    {"towards zero", FE_TOWARDZERO, 0},
#if defined(__x86_64__)
    {"invalid, division by zero and overflow unmasked", FE_TONEAREST, 0x0680},
    {"all exceptions but inexact unmasked, upward", FE_UPWARD, 0x0f80},
#endif
  };
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  static struct results expected, found;
  for (int i = 0; i < count; i++) {
    expected.bytes = 0;
    run_scene(sets[i], &plain, &expected);
    for (size_t j = 0; j < sizeof modes / sizeof modes[0]; j++) {
      found.bytes = 0;
      run_scene(sets[i], &modes[j], &found);
      assert_int_equal(found.bytes, expected.bytes);
      if (memcmp(found.data, expected.data, (size_t)expected.bytes) != 0)
        fail_msg("instruction set %d, mode %s: other results", (int)sets[i], modes[j].name);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_modes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
