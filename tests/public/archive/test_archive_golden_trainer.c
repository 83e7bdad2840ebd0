/* A trainer that version 0.1.0 saved, tests/golden/trainer-0.1.safetensors, goes on in every later version.
 *
 *   test_archive_golden_trainer --make FILE      writes such a file, with this version. The one in the tree stays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "training.h"

static const char golden_path[] = LOTTERY_TESTS_DIR "/golden/trainer-0.1.safetensors";

enum { INPUTS = 3, OUTPUTS = 2, EXAMPLES = 5, BATCH = 2, WEIGHTS = INPUTS * OUTPUTS };

/* All numbers are exact in every arithmetic: inputs are 0, and the test writes the gradients. */
struct contents {
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

static void make_new(lottery_context *context, struct contents *contents) {
  static const float inputs[EXAMPLES * INPUTS], targets[EXAMPLES * OUTPUTS];
  const int64_t shape = INPUTS;
  lottery_dataset *bare;
  assert_ok(context, lottery_network_preset(context, "mlp-3-2", &contents->network));
  assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, &shape, LOTTERY_ELEMENT_FLOAT32, inputs, 1, 0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &bare));
  assert_ok(context, lottery_dataset_with_targets(bare, OUTPUTS, targets, EXAMPLES, &contents->dataset));
  lottery_dataset_destroy(bare);
  assert_ok(context, lottery_trainer_create(contents->network, contents->dataset, 77, &contents->trainer));
}

static void destroy(const struct contents *contents) {
  lottery_trainer_destroy(contents->trainer);
  lottery_dataset_destroy(contents->dataset);
  lottery_network_destroy(contents->network);
}

/* Makes the gradient of the next batch, which waits as 1, 2, 3 … times `unit`. */
static void make_gradient(lottery_context *context, const struct contents *contents, float unit) {
  float weights[WEIGHTS], biases[OUTPUTS];
  for (int i = 0; i < WEIGHTS; i++) weights[i] = (float)(i + 1) * unit;
  for (int i = 0; i < OUTPUTS; i++) biases[i] = (float)(WEIGHTS + 1 + i) * unit;
  assert_ok(context, lottery_trainer_gradient(contents->trainer, 0, NULL, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_write_tensor_gradient(contents->trainer, 0, weights, WEIGHTS));
  assert_ok(context, lottery_trainer_write_tensor_gradient(contents->trainer, 1, biases, OUTPUTS));
}

/* Packed, in its second iteration, with SGD's momentum, and a gradient that waits. */
static void make(lottery_context *context, struct contents *contents) {
  static const float weights[WEIGHTS] = {1, 2, 3, 4, 5, 6}, biases[OUTPUTS] = {1, 0};
  static const uint8_t kept[WEIGHTS] = {1, 0, 1, 1, 0, 1};
  static const double milestones[] = {1, 9};
  lottery_mask *ones, *mask;
  make_new(context, contents);
  assert_ok(context, lottery_network_set_real(contents->network, LOTTERY_NETWORK_CROSSOVER, 1.0));
  assert_ok(context, lottery_network_write_tensor(contents->network, 0, weights, WEIGHTS));
  assert_ok(context, lottery_network_write_tensor(contents->network, 1, biases, OUTPUTS));
  assert_ok(context, lottery_mask_ones(contents->network, &ones));
  assert_ok(context, lottery_mask_replace(ones, 0, kept, WEIGHTS, &mask));
  assert_ok(context, lottery_network_set_mask(contents->network, mask));
  lottery_mask_destroy(ones);
  lottery_mask_destroy(mask);
  lottery_trainer *trainer = contents->trainer;
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MOMENTUM, 0.5));
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_LEARNING_RATE, 0.5));
  assert_ok(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_MILESTONE_FACTOR, 0.25));
  assert_ok(context, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MILESTONES, milestones, 2));
  make_gradient(context, contents, 1.0F);
  assert_ok(context, lottery_trainer_apply(trainer));
  make_gradient(context, contents, 2.0F);
}

static lottery_archive *save(lottery_context *context, const struct contents *contents) {
  lottery_archive *archive;
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_add_trainer(archive, "study", contents->trainer));
  assert_ok(context, lottery_archive_set_metadata(archive, "format", "pt"));
  return archive;
}

/* w - 0.5 g, then, at a rate of 0.125, less the momentum 0.5 g + 2 g: what the second step must leave. */
static float after_both(float weight, int number) { return weight - 0.5F * (float)number - 0.3125F * (float)number; }

static void test_goes_on(void **unused) {
  (void)unused;
  static const int64_t batches[][BATCH] = {{2, 4}, {1, 2}};
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_PORTABLE);
  lottery_archive *archive;
  struct contents contents;
  char word[8];
  int64_t value, indices[BATCH], count;
  int32_t form;
  double rate;
  float weights[WEIGHTS], biases[OUTPUTS];
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_load(archive, golden_path));
  assert_ok(context, lottery_archive_get_metadata(archive, "format", word, sizeof word, NULL));
  assert_string_equal(word, "pt");
  make_new(context, &contents);
  assert_ok(context, lottery_archive_restore_trainer(archive, "study", contents.trainer, LOTTERY_CONSENT_NONE));
  assert_ok(context, lottery_trainer_iteration(contents.trainer, &value));
  assert_int_equal(value, 1);
  assert_ok(context, lottery_trainer_get_optimiser_steps(contents.trainer, &value));
  assert_int_equal(value, 1);
  assert_ok(context, lottery_trainer_rate(contents.trainer, &rate));
  assert_true(rate == 0.125);
  assert_ok(context, lottery_network_tensor_form(contents.network, 0, &form, NULL));
  assert_int_equal(form, LOTTERY_FORM_PACKED);
  for (int i = 0; i < 2; i++) {
    assert_ok(context, lottery_trainer_batch(contents.trainer, 3 * i, BATCH, indices, &count));
    assert_int_equal(count, BATCH);
    assert_memory_equal(indices, batches[i], sizeof indices);
  }
  assert_ok(context, lottery_trainer_apply(contents.trainer));
  assert_ok(context, lottery_network_read_tensor(contents.network, 0, weights, WEIGHTS));
  assert_ok(context, lottery_network_read_tensor(contents.network, 1, biases, OUTPUTS));
  for (int i = 0; i < WEIGHTS; i++) assert_true(weights[i] == (i % 3 == 1 ? 0.0F : after_both((float)(i + 1), i + 1)));
  for (int i = 0; i < OUTPUTS; i++) assert_true(biases[i] == after_both(i == 0 ? 1.0F : 0.0F, WEIGHTS + 1 + i));
  lottery_archive_destroy(archive);
  destroy(&contents);
  lottery_context_destroy(context);
}

/* What the version that wrote it writes is that file, to the byte. */
static void test_same_bytes(void **unused) {
  (void)unused;
  if (strcmp(lottery_version(), "0.1.0") != 0) skip();
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_PORTABLE);
  struct contents contents;
  make(context, &contents);
  lottery_archive *archive = save(context, &contents);
  assert_golden(context, archive, golden_path);
  lottery_archive_destroy(archive);
  destroy(&contents);
  lottery_context_destroy(context);
}

static int make_file(const char *path) {
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_PORTABLE);
  struct contents contents;
  make(context, &contents);
  lottery_archive *archive = save(context, &contents);
  const lottery_status status = lottery_archive_save(archive, path);
  lottery_archive_destroy(archive);
  destroy(&contents);
  lottery_context_destroy(context);
  return status == LOTTERY_OK ? 0 : 1;
}

int main(int argument_count, char **arguments) {
  if (argument_count == 3 && strcmp(arguments[1], "--make") == 0) return make_file(arguments[2]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goes_on),
      cmocka_unit_test(test_same_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
