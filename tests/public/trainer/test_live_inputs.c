/* Inputs that are 0 in a whole batch: packed layers leave them out in training, where enough are, and nothing that a
 * host can see may depend on what other batches or other examples had. */
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "training.h"

enum { INPUTS = 40, UNITS = 30, EXAMPLES = 90, BATCH = 10 };

static int32_t sets[INSTRUCTION_SET_LIMIT];
static int set_count;

static int find_sets(void **unused) {
  (void)unused;
  set_count = instruction_sets(sets);
  return 0;
}

struct world {
  lottery_context *context;
  lottery_network *network;
  lottery_dataset *dataset;
  lottery_trainer *trainer;
};

/* Two layers read the input: the first has a mask of half its weights and is packed, the second, if there, is dense.
 * A feature of an example is 0 with probability 31 / 32, so most are dead in a batch, others in each. */
static struct world begin(int32_t set, bool both) {
  struct world world = {.context = context_on(set)};
  static const int64_t shape[] = {INPUTS};
  int32_t input, first, second, output;
  assert_ok(world.context, lottery_network_create(world.context, &world.network));
  assert_ok(world.context, lottery_network_input(world.network, 1, shape, &input));
  assert_ok(world.context, lottery_network_dense(world.network, input, UNITS, &first));
  output = first;
  if (both) {
    assert_ok(world.context, lottery_network_dense(world.network, input, UNITS, &second));
    assert_ok(world.context, lottery_network_add(world.network, first, second, &output));
  }
  assert_ok(world.context, lottery_network_finish(world.network, output));
  assert_ok(world.context, lottery_network_initialise(world.network, LOTTERY_INITIALISE_GLOROT_NORMAL, 3));
  lottery_mask *ones, *mask;
  uint8_t bits[UNITS * INPUTS], bytes[EXAMPLES * INPUTS];
  int32_t labels[EXAMPLES], form;
  uint64_t random = 5;
  for (int i = 0; i < UNITS * INPUTS; i++) bits[i] = (uint8_t)(support_random(&random) >> 31);
  for (int i = 0; i < EXAMPLES * INPUTS; i++)
    bytes[i] = support_random(&random) >> 27 != 0 ? 0 : (uint8_t)(support_random(&random) >> 24);
  for (int32_t i = 0; i < EXAMPLES; i++) labels[i] = i % UNITS;
  assert_ok(world.context, lottery_mask_ones(world.network, &ones));
  assert_ok(world.context, lottery_mask_replace(ones, 0, bits, UNITS * INPUTS, &mask));
  assert_ok(world.context, lottery_network_set_mask(world.network, mask));
  assert_ok(world.context, lottery_network_tensor_form(world.network, 0, &form, NULL));
  assert_int_equal(form, LOTTERY_FORM_PACKED);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(ones);
  assert_ok(world.context, lottery_dataset_create(world.context, EXAMPLES, 1, shape, LOTTERY_ELEMENT_UINT8, bytes,
                                                  1.0 / 255, 0.0, LOTTERY_MEMORY_COPY, NULL, NULL, &world.dataset));
  lottery_dataset *unlabelled = world.dataset;
  assert_ok(world.context, lottery_dataset_with_labels(unlabelled, UNITS, labels, EXAMPLES, &world.dataset));
  lottery_dataset_destroy(unlabelled);
  assert_ok(world.context, lottery_trainer_create(world.network, world.dataset, 1, &world.trainer));
  assert_ok(world.context, lottery_trainer_set_integer(world.trainer, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
  return world;
}

static void end(struct world *world) {
  lottery_trainer_destroy(world->trainer);
  lottery_dataset_destroy(world->dataset);
  lottery_network_destroy(world->network);
  lottery_context_destroy(world->context);
}

static void read_weights(const struct world *world, float weights[UNITS * INPUTS]) {
  assert_ok(world->context, lottery_network_read_tensor(world->network, 0, weights, UNITS * INPUTS));
}

/* A trainer that has seen other batches goes on like one that has not: what was live there is forgotten. */
static void test_history(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int both = 0; both < 2; both++) {
      struct world world = begin(sets[i], both != 0);
      lottery_snapshot *snapshot;
      lottery_trainer *other;
      float once[UNITS * INPUTS], again[UNITS * INPUTS];
      assert_ok(world.context, lottery_trainer_run(world.trainer, 7, NULL, NULL, NULL));
      assert_ok(world.context, lottery_trainer_snapshot(world.trainer, LOTTERY_STATE_ALL, &snapshot));
      assert_ok(world.context, lottery_trainer_run(world.trainer, 12, NULL, NULL, NULL));
      read_weights(&world, once);
      assert_ok(world.context, lottery_trainer_create(world.network, world.dataset, 1, &other));
      assert_ok(world.context, lottery_trainer_set_integer(other, LOTTERY_TRAINER_BATCH_SIZE, BATCH));
      assert_ok(world.context, lottery_trainer_rewind(other, snapshot, NULL, LOTTERY_STATE_ALL));
      assert_ok(world.context, lottery_trainer_run(other, 12, NULL, NULL, NULL));
      read_weights(&world, again);
      assert_memory_equal(once, again, sizeof once);
      lottery_trainer_destroy(other);
      lottery_snapshot_destroy(snapshot);
      end(&world);
    }
}

/* Predictions leave nothing out: an example's output has the same bits whatever stands beside it, also where a dense
 * layer reads the input, too, and skips. */
static void test_predictions(void **unused) {
  (void)unused;
  for (int i = 0; i < set_count; i++)
    for (int both = 0; both < 2; both++) {
      struct world world = begin(sets[i], both != 0);
      float inputs[2 * INPUTS], alone[UNITS], beside[2 * UNITS];
      uint64_t random = 6;
      for (int j = 0; j < 2 * INPUTS; j++) inputs[j] = j < INPUTS && j % 2 == 0 ? 0.0F : support_random_float(&random);
      assert_ok(world.context, lottery_network_predict(world.network, 1, inputs, alone));
      assert_ok(world.context, lottery_network_predict(world.network, 2, inputs, beside));
      assert_memory_equal(alone, beside, sizeof alone);
      end(&world);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_history), cmocka_unit_test(test_predictions)};
  return cmocka_run_group_tests(tests, find_sets, NULL);
}
