/* The host's floating-point mode: left as it was by every call, and without influence on any result. */
#include <stdlib.h>
#include <string.h>

#include "float_modes.h"
#include "training.h"

enum { EXAMPLES = 130, FEATURES = 20, CLASSES = 4, RESULT_LIMIT = 16384 };

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

/* Makes a call in `mode`, checks that it succeeds and leaves the mode. What the test itself computes runs outside. */
#define IN_MODE(call)                                                                                \
  do {                                                                                               \
    float_mode_begin(mode);                                                                          \
    const unsigned control = float_control();                                                        \
    const lottery_status status = (call);                                                            \
    if (!float_mode_end(mode, control)) fail_msg("%s: %s changed mode or flags", mode->name, #call); \
    assert_ok(context, status);                                                                      \
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

static void scene_training(struct scene *scene, const struct float_mode *mode, struct results *results) {
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

static void scene_state(struct scene *scene, const struct float_mode *mode, struct results *results) {
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
static void scene_pruning(struct scene *scene, const struct float_mode *mode, struct results *results) {
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
    const double rate = way == 0 ? 0.1 : 0.35, density = way == 3 ? 0.7 : 0.15 * way;
    if (way < 2) IN_MODE(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, rate));
    if (way == 2) IN_MODE(lottery_pruner_set_integer(pruner, LOTTERY_PRUNER_COUNT, 123));
    if (way > 2) IN_MODE(lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
    for (int by_scores = 0; by_scores < 2; by_scores++) {
      if (by_scores)
        IN_MODE(lottery_pruner_apply_scores(pruner, scene->network, NULL, scores, WEIGHTS, &mask));
      else
        IN_MODE(lottery_pruner_apply(pruner, scene->network, NULL, &mask));
      int64_t kept[2];
      IN_MODE(lottery_pruner_preview(pruner, scene->network, NULL, 2, kept, NULL, NULL));
      keep(results, kept, sizeof kept);
      assert_ok(context, lottery_mask_read(mask, 0, bytes, 16 * FEATURES));
      assert_ok(context, lottery_mask_read(mask, 1, bytes + 16 * FEATURES, CLASSES * 16));
      for (int i = 0; i < WEIGHTS; i++) packed[i / 8] = (uint8_t)(packed[i / 8] << 1 | bytes[i]);
      keep(results, packed, sizeof packed);
      lottery_mask_destroy(mask);
    }
  }
  lottery_pruner_destroy(pruner);
}

/* Values that rounding decides, some of them denormal. */
static void scene_data(struct scene *scene, const struct float_mode *mode, struct results *results) {
  lottery_context *context = scene->context;
  lottery_dataset *dataset, *normal;
  const int64_t count = 21, groups = 7;
  float inputs[21 * 7];
  double mean[7], deviation[7];
  uint64_t random = 4;
  for (int i = 0; i < 21 * 7; i++) inputs[i] = i % 7 == 6 ? 1e-40F * (float)i : support_random_float(&random);
  IN_MODE(lottery_dataset_create(context, count, 1, &groups, LOTTERY_ELEMENT_FLOAT32, inputs, 0.3, 0.1,
                                 LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  IN_MODE(lottery_dataset_statistics(dataset, groups, mean, deviation));
  keep(results, mean, sizeof mean);
  keep(results, deviation, sizeof deviation);
  for (int i = 0; i < 7; i++) deviation[i] += 0.1; /* the denormal ones are all 0.1 */
  IN_MODE(lottery_dataset_normalise(dataset, groups, mean, deviation, &normal));
  IN_MODE(lottery_dataset_read(normal, 0, count, inputs, NULL));
  keep(results, inputs, sizeof inputs);
  IN_MODE(lottery_dataset_statistics(normal, 1, mean, deviation));
  keep(results, mean, sizeof mean[0]);
  lottery_dataset_destroy(normal);
  lottery_dataset_destroy(dataset);
}

static void run_scene(int32_t set, const struct float_mode *mode, struct results *results) {
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
  scene_data(&scene, mode, results);
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
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  static struct results expected, found;
  for (int i = 0; i < count; i++) {
    expected.bytes = 0;
    run_scene(sets[i], &float_mode_plain, &expected);
    for (int j = 0; j < FLOAT_MODE_COUNT; j++) {
      found.bytes = 0;
      run_scene(sets[i], &float_modes[j], &found);
      assert_int_equal(found.bytes, expected.bytes);
      if (memcmp(found.data, expected.data, (size_t)expected.bytes) != 0)
        fail_msg("instruction set %d, mode %s: other results", (int)sets[i], float_modes[j].name);
    }
  }
}

/* --- Callbacks run in the host's mode --- */

struct watch {
  unsigned control;
  int calls, others, given;
};

static void note_mode(void *user) {
  struct watch *watch = user;
  watch->calls++;
  if (float_control() != watch->control) watch->others++;
}

static int32_t watch_progress(int64_t iteration, double loss, void *user) {
  (void)iteration, (void)loss;
  note_mode(user);
  return 0;
}

static int64_t watch_write(const void *bytes, int64_t count, void *user) {
  (void)bytes;
  note_mode(user);
  return count;
}

/* An empty archive. */
static int64_t watch_read(void *bytes, int64_t capacity, void *user) {
  static const unsigned char file[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
  struct watch *watch = user;
  note_mode(user);
  if (watch->given == (int)sizeof file || capacity < 1) return 0;
  memcpy(bytes, file + watch->given++, 1);
  return 1;
}

#define WATCHED(call)                                                                                   \
  do {                                                                                                  \
    watch = (struct watch){0};                                                                          \
    float_mode_begin(mode);                                                                             \
    watch.control = float_control();                                                                    \
    const lottery_status status = (call);                                                               \
    const bool same = float_mode_end(mode, watch.control);                                              \
    assert_ok(context, status);                                                                         \
    if (!same || watch.calls == 0 || watch.others > 0)                                                  \
      fail_msg("%s: %s: %d of %d calls in another mode", mode->name, #call, watch.others, watch.calls); \
  } while (0)

static lottery_status destroy(lottery_dataset *dataset) {
  lottery_dataset_destroy(dataset);
  return LOTTERY_OK;
}

static void test_callbacks(void **state) {
  (void)state;
  for (int i = 0; i < FLOAT_MODE_COUNT; i++) {
    const struct float_mode *mode = &float_modes[i];
    lottery_context *context;
    lottery_trainer *trainer;
    lottery_archive *archive;
    lottery_dataset *borrowed;
    struct watch watch;
    const int64_t two = 2;
    const float inputs[] = {0.1F, 0.7F};
    assert_ok(NULL, lottery_context_create(&context));
    lottery_dataset *dataset = support_dataset(context, 20, 5, 2, 0.3F, 1);
    lottery_network *network = initialised_network(context, "mlp-5-4-2", 1);
    assert_ok(context, lottery_trainer_create(network, dataset, 1, &trainer));
    assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
    WATCHED(lottery_trainer_run(trainer, 4, watch_progress, &watch, NULL));
    assert_ok(context, lottery_archive_create(context, &archive));
    assert_ok(context, lottery_archive_add_trainer(archive, "a", trainer));
    WATCHED(lottery_archive_write(archive, watch_write, &watch));
    WATCHED(lottery_archive_read(archive, watch_read, &watch));
    assert_ok(context, lottery_dataset_create(context, 1, 1, &two, LOTTERY_ELEMENT_FLOAT32, inputs, 1.0, 0.0,
                                              LOTTERY_MEMORY_BORROW, note_mode, &watch, &borrowed));
    WATCHED(destroy(borrowed));
    lottery_archive_destroy(archive);
    lottery_trainer_destroy(trainer);
    lottery_network_destroy(network);
    lottery_dataset_destroy(dataset);
    lottery_context_destroy(context);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_modes), cmocka_unit_test(test_callbacks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
