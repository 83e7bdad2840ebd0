/* The lists of inputs that are not 0, and that training and evaluation use them where they pay and only there. */
#include <stdlib.h>
#include <string.h>

#include "kernels/gather.h"
#include "kernels/index/nonzeros.h"
#include "kernels/kernels.h"
#include "kernels/nonzero.h"
#include "model/network.h"
#include "support.h"

enum { FEATURES = 130, TILES = 3 };

static lottery_context *context;
static const struct kernels *kernels;
static uint64_t random_state;
static uint8_t bytes[TILES][BATCH_TILE][FEATURES];
static _Alignas(64) uint16_t halves[FEATURES * BATCH_TILE];

static int set_up(void **state) {
  (void)state;
  assert_ok(NULL, lottery_context_create(&context));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  lottery_context_destroy(context);
  return 0;
}

/* The bits of a byte's bfloat16. */
static uint32_t half_of(uint8_t byte) {
  const float value = (float)byte;
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  assert_int_equal(bits & 0xffff, 0);
  return bits >> 16;
}

/* One byte in `one_in` is not 0, and some lanes have no example. Returns what list_nonzeros does. */
static bool list_tile(int64_t features, int64_t tile, int64_t one_in, int64_t lanes, struct nonzeros *nonzeros) {
  const uint8_t *rows[BATCH_TILE];
  uint16_t live_bits[LIVE_STEP / ROW_STEP] = {0};
  for (int64_t lane = 0; lane < BATCH_TILE; lane++) {
    for (int64_t i = 0; i < features; i++)
      bytes[tile][lane][i] = support_random(&random_state) % one_in == 0 && lane < lanes
                                 ? (uint8_t)(1 + support_random(&random_state) % 255)
                                 : 0;
    rows[lane] = lane < lanes ? bytes[tile][lane] : NULL;
  }
  kernels->gather->halves(rows, features, halves, live_bits);
  return kernels->nonzero->list(rows, halves, tile, nonzeros);
}

static void check_lists(int64_t features, int64_t tile, const struct nonzeros *nonzeros) {
  const struct nonzeros_tile lists = nonzeros_tile(nonzeros, tile);
  uint32_t entry = 0;
  for (uint32_t lane = 0; lane < BATCH_TILE; lane++) {
    assert_int_equal(lists.example_start[lane], entry);
    for (uint32_t i = 0; i < features; i++)
      if (bytes[tile][lane][i] != 0)
        assert_int_equal(lists.by_example[entry++], i << 16 | half_of(bytes[tile][lane][i]));
  }
  assert_int_equal(lists.example_start[BATCH_TILE], entry);
  entry = 0;
  for (uint32_t i = 0; i < features; i++) {
    assert_int_equal(lists.feature_start[i], entry);
    for (uint32_t lane = 0; lane < BATCH_TILE; lane++)
      if (bytes[tile][lane][i] != 0)
        assert_int_equal(lists.by_feature[entry++], lane << 16 | half_of(bytes[tile][lane][i]));
  }
  assert_int_equal(lists.feature_start[features], entry);
}

static void lists_hold_what_is_not_0(void **state) {
  (void)state;
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    kernels = kernels_for(set);
    if (kernels == NULL) continue;
    for (int64_t features = 1; features <= FEATURES; features++) {
      struct nonzeros *nonzeros;
      assert_true(nonzeros_create(context, features, TILES, true, &nonzeros));
      assert_int_equal(nonzeros->count, -1);
      nonzeros->count = 0;
      int64_t wanted = 0;
      for (int64_t tile = 0; tile < TILES; tile++) {
        assert_true(list_tile(features, tile, 3 + features % 5, tile == 2 ? features % 65 : BATCH_TILE, nonzeros));
        for (int64_t i = 0; i < BATCH_TILE * features; i++) wanted += bytes[tile][i / features][i % features] != 0;
        assert_int_equal(nonzeros->count, wanted);
      }
      for (int64_t tile = 0; tile < TILES; tile++) check_lists(features, tile, nonzeros);
      nonzeros_destroy(context, nonzeros);
    }
  }
}

/* Forward passes need no list by feature. */
static void one_list_is_enough_for_predictions(void **state) {
  (void)state;
  kernels = kernels_for(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct nonzeros *nonzeros;
  assert_true(nonzeros_create(context, FEATURES, 1, false, &nonzeros));
  nonzeros->count = 0;
  assert_true(list_tile(FEATURES, 0, 4, BATCH_TILE, nonzeros));
  const struct nonzeros_tile lists = nonzeros_tile(nonzeros, 0);
  assert_null(lists.by_feature);
  assert_int_equal(lists.example_start[BATCH_TILE], nonzeros->count);
  assert_true(nonzeros->count > 0);
  nonzeros_destroy(context, nonzeros);
}

/* Half of a tile's inputs have room, with a sanitizer looking at the ends of the lists; more are refused. */
static void too_many_are_refused(void **state) {
  (void)state;
  for (int32_t set = LOTTERY_INSTRUCTION_SET_PORTABLE; set <= LOTTERY_INSTRUCTION_SET_NEON; set++) {
    kernels = kernels_for(set);
    if (kernels == NULL) continue;
    for (int64_t features = 1; features <= FEATURES; features += 1 + features / 3) {
      struct nonzeros *nonzeros;
      assert_true(nonzeros_create(context, features, 1, true, &nonzeros));
      nonzeros->count = 0;
      assert_true(list_tile(features, 0, 1, BATCH_TILE / 2, nonzeros));
      assert_int_equal(nonzeros->count, BATCH_TILE / 2 * features);
      check_lists(features, 0, nonzeros);
      assert_false(list_tile(features, 0, 1, BATCH_TILE / 2 + 1, nonzeros));
      nonzeros_destroy(context, nonzeros);
    }
  }
}

static void some_sizes_are_never_listed(void **state) {
  (void)state;
  static const struct {
    int64_t features, tiles;
    bool listed;
  } cases[] = {{784, 1, true}, {784, 4, true}, {784, 5, false}, {65536, 1, true}, {65537, 1, false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct nonzeros *nonzeros;
    assert_true(nonzeros_create(context, cases[i].features, cases[i].tiles, false, &nonzeros));
    assert_int_equal(nonzeros != NULL, cases[i].listed);
    nonzeros_destroy(context, nonzeros);
  }
}

/* --- In training: kernels that count their calls --- */

enum { INPUTS = 40, NOT_ZERO = 10, EXAMPLES = 300 };

static struct kernels counting;
static struct nonzero_kernels counting_nonzero;
static int64_t forwards, gradients;
static int64_t listed; /* in the batch of the last call */

static void count_forward(const struct forward_arguments *arguments, struct range rows) {
  forwards++;
  listed = arguments->input->nonzeros->count;
  kernels->nonzero->forward(arguments, rows);
}

static void count_gradient(const struct weight_gradient_arguments *arguments, struct range columns) {
  gradients++;
  kernels->nonzero->weight_gradient(arguments, columns);
}

/* Five steps and an evaluation; not_zero: inputs of each example. */
static void train(const char *preset, bool as_bytes, int64_t not_zero, double density, int64_t batch) {
  static const int64_t shape[] = {INPUTS};
  static uint8_t inputs[EXAMPLES * INPUTS];
  static float reals[EXAMPLES * INPUTS];
  static int32_t answers[EXAMPLES];
  for (int64_t i = 0; i < EXAMPLES * INPUTS; i++) {
    inputs[i] = (i % INPUTS + i / INPUTS) % INPUTS < not_zero ? 7 : 0;
    reals[i] = (float)inputs[i];
  }
  lottery_network *network;
  lottery_dataset *unlabelled, *dataset;
  lottery_trainer *trainer;
  lottery_pruner *pruner;
  lottery_mask *mask;
  assert_ok(context, lottery_network_preset(context, preset, &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, density));
  assert_true(lottery_pruner_apply(pruner, network, NULL, &mask) >= 0);
  assert_ok(context, lottery_network_set_mask(network, mask));
  assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, shape,
                                            as_bytes ? LOTTERY_ELEMENT_UINT8 : LOTTERY_ELEMENT_FLOAT32,
                                            as_bytes ? (const void *)inputs : reals, 1.0, 0.0, LOTTERY_MEMORY_COPY,
                                            NULL, NULL, &unlabelled));
  assert_ok(context, lottery_dataset_with_labels(unlabelled, 3, answers, EXAMPLES, &dataset));
  kernels = network->kernels;
  counting = *kernels;
  counting_nonzero = *kernels->nonzero;
  counting_nonzero.forward = count_forward;
  counting_nonzero.weight_gradient = count_gradient;
  counting.nonzero = &counting_nonzero;
  network->kernels = &counting;
  assert_ok(context, lottery_trainer_create(network, dataset, 1, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, batch));
  forwards = gradients = listed = 0;
  assert_ok(context, lottery_trainer_run(trainer, 5, NULL, NULL, NULL));
  const int64_t in_training = forwards, in_batch = listed;
  double loss;
  assert_ok(context, lottery_network_evaluate(network, dataset, LOTTERY_LOSS_CROSS_ENTROPY, &loss, NULL));
  forwards -= in_training; /* of the evaluation alone */
  assert_int_equal(in_training, gradients * ((batch + BATCH_TILE - 1) / BATCH_TILE));
  listed = in_batch;
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(dataset);
  lottery_dataset_destroy(unlabelled);
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  lottery_network_destroy(network);
}

static void training_uses_them_where_they_pay(void **state) {
  (void)state;
  enum { TILES_OF_ALL = (EXAMPLES + BATCH_TILE - 1) / BATCH_TILE };
  train("mlp-40-70-3", true, NOT_ZERO, 1.0, 20);
  assert_int_equal(gradients, 5);
  assert_int_equal(listed, 20 * NOT_ZERO); /* of this batch, not of those before */
  assert_int_equal(forwards, TILES_OF_ALL);
  train("mlp-40-70-3", true, NOT_ZERO, 1.0, 100);
  assert_int_equal(gradients, 5);
  assert_int_equal(listed, 100 * NOT_ZERO);
  train("mlp-40-70-3", true, NOT_ZERO, 1.0, 300); /* too large a batch; an evaluation has tiles of its own */
  assert_int_equal(gradients, 0);
  assert_int_equal(forwards, TILES_OF_ALL);
  static const struct {
    const char *preset;
    bool as_bytes;
    int64_t not_zero;
    double density;
  } never[] = {{"mlp-40-70-3", true, INPUTS, 1.0},    /* nothing is 0 */
               {"mlp-40-70-3", false, NOT_ZERO, 1.0}, /* floats */
               {"mlp-40-70-3", true, NOT_ZERO, 0.1},  /* packed */
               {"mlp-40-63-3", true, NOT_ZERO, 1.0}}; /* few rows */
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
    train(never[i].preset, never[i].as_bytes, never[i].not_zero, never[i].density, 60);
    assert_int_equal(gradients, 0);
    assert_int_equal(forwards, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(lists_hold_what_is_not_0, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_list_is_enough_for_predictions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_many_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(some_sizes_are_never_listed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(training_uses_them_where_they_pay, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
