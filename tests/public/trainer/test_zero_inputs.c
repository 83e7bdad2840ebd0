/* Bytes that are mostly 0, half 0 and hardly ever 0 train a dense layer like the same numbers as floats, which other
 * kernels read. */
#include <math.h>
#include <stdlib.h>

#include "support.h"
#include "training.h"

enum { INPUTS = 300, UNITS = 80, CLASSES = 5, EXAMPLES = 400, STEPS = 20 };

static int32_t sets[INSTRUCTION_SET_LIMIT];
static int set_count;
static uint8_t bytes[EXAMPLES * INPUTS];
static float floats[EXAMPLES * INPUTS];
static int32_t labels[EXAMPLES];

static int find_sets(void **unused) {
  (void)unused;
  set_count = instruction_sets(sets);
  return 0;
}

/* zeros: of 16 bytes. The label is that of the brightest of the first inputs. */
static void make_examples(uint32_t zeros) {
  uint64_t random = 5;
  for (int i = 0; i < EXAMPLES * INPUTS; i++) {
    const bool zero = support_random(&random) % 16 < zeros;
    bytes[i] = (uint8_t)(zero ? 0 : 1 + support_random(&random) % 255);
    floats[i] = (float)bytes[i] * (float)(1.0 / 255);
  }
  for (int i = 0; i < EXAMPLES; i++)
    for (int32_t j = labels[i] = 0; j < CLASSES; j++)
      if (bytes[i * INPUTS + j] > bytes[i * INPUTS + labels[i]]) labels[i] = j;
}

struct trained {
  double loss, evaluated;
  float weights[UNITS * INPUTS];
};

static struct trained *train(int32_t set, bool as_bytes, int64_t batch) {
  static const int64_t shape[] = {INPUTS};
  lottery_context *context = context_on(set);
  lottery_network *network;
  lottery_dataset *unlabelled, *dataset;
  lottery_trainer *trainer;
  int32_t node;
  assert_ok(context, lottery_network_create(context, &network));
  assert_ok(context, lottery_network_input(network, 1, shape, &node));
  assert_ok(context, lottery_network_dense(network, node, UNITS, &node));
  assert_ok(context, lottery_network_relu(network, node, &node));
  assert_ok(context, lottery_network_dense(network, node, CLASSES, &node));
  assert_ok(context, lottery_network_finish(network, node));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 3));
  if (as_bytes)
    assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, shape, LOTTERY_ELEMENT_UINT8, bytes, 1.0 / 255, 0.0,
                                              LOTTERY_MEMORY_COPY, NULL, NULL, &unlabelled));
  else
    assert_ok(context, lottery_dataset_create(context, EXAMPLES, 1, shape, LOTTERY_ELEMENT_FLOAT32, floats, 1.0, 0.0,
                                              LOTTERY_MEMORY_COPY, NULL, NULL, &unlabelled));
  assert_ok(context, lottery_dataset_with_labels(unlabelled, CLASSES, labels, EXAMPLES, &dataset));
  assert_ok(context, lottery_trainer_create(network, dataset, 1, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_BATCH_SIZE, batch));
  assert_ok(context, lottery_trainer_run(trainer, STEPS, NULL, NULL, NULL));
  struct trained *trained = calloc(1, sizeof *trained);
  assert_non_null(trained);
  assert_ok(context, lottery_trainer_loss(trainer, &trained->loss));
  assert_ok(context, lottery_trainer_evaluate(trainer, dataset, &trained->evaluated, NULL));
  assert_ok(context, lottery_network_read_tensor(network, 0, trained->weights, UNITS * INPUTS));
  lottery_trainer_destroy(trainer);
  lottery_dataset_destroy(dataset);
  lottery_dataset_destroy(unlabelled);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  return trained;
}

static void check(int32_t set, uint32_t zeros, int64_t batch) {
  struct trained *number = train(set, true, batch), *real = train(set, false, batch);
  assert_true(isfinite(real->loss) && real->loss > 0);
  if (fabs(number->loss - real->loss) > 1e-5 * real->loss)
    fail_msg("set %d, %u/16 zeros, batch %d: loss %.9g of bytes, %.9g of floats", (int)set, zeros, (int)batch,
             number->loss, real->loss);
  assert_true(fabs(number->evaluated - real->evaluated) <= 1e-5 * real->evaluated);
  for (int i = 0; i < UNITS * INPUTS; i++)
    if (fabsf(number->weights[i] - real->weights[i]) > 1e-5F)
      fail_msg("set %d, %u/16 zeros, batch %d: weight %d is %.9g of bytes, %.9g of floats", (int)set, zeros, (int)batch,
               i, (double)number->weights[i], (double)real->weights[i]);
  free(number);
  free(real);
}

static void test_shares_of_zeros(void **unused) {
  (void)unused;
  static const uint32_t zeros[] = {16, 15, 12, 8, 7, 1, 0};
  static const int64_t batches[] = {1, 60, 64, 100, 256, 257, 400};
  for (int i = 0; i < set_count; i++)
    for (int j = 0; j < 7; j++) {
      make_examples(zeros[j]);
      check(sets[i], zeros[j], batches[(i + j) % 7]);
      check(sets[i], zeros[j], 60);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares_of_zeros)};
  return cmocka_run_group_tests(tests, find_sets, NULL);
}
