/* Packed layers leave out, in training, inputs that are 0 in a whole batch. That changes no result, so it shows only
 * where 0 times a weight would not be 0: weights of such inputs become infinite, which no public function allows. */
#include <math.h>
#include <string.h>

#include "kernels/index/sparse_index.h"
#include "kernels/kernels.h"
#include "kernels/sparse.h"
#include "model/network.h"
#include "training.h"

enum { FEATURES = 96, COUNT = 70, OUTPUTS = 3 };

static void make_infinite(lottery_network *network) {
  const struct tensor_layout *layout = &network->parameters.layout->tensors[0];
  const struct sparse_index *index = tensor_index(layout);
  assert_non_null(index);
  for (int64_t i = 0; i < index->kept; i++)
    if ((index->narrow != NULL ? index->narrow[i] : index->wide[i]) % 2 == 0)
      network->parameters.values[layout->offset + i] = INFINITY;
}

/* Every second input is 0 everywhere; bytes and floats. */
static lottery_dataset *make_dataset(lottery_context *context, int32_t element) {
  static uint8_t bytes[COUNT * FEATURES];
  static float floats[COUNT * FEATURES];
  int32_t labels[COUNT];
  uint64_t state = 3;
  for (int64_t i = 0; i < COUNT * FEATURES; i++) {
    bytes[i] = i % 2 == 0 ? 0 : (uint8_t)(1 + support_random(&state) % 255);
    floats[i] = (float)bytes[i] / 255.0F;
  }
  for (int i = 0; i < COUNT; i++) labels[i] = i % OUTPUTS;
  const int64_t shape[] = {FEATURES};
  lottery_dataset *dataset, *labelled;
  const void *inputs = element == LOTTERY_ELEMENT_UINT8 ? (const void *)bytes : floats;
  assert_ok(context, lottery_dataset_create(context, COUNT, 1, shape, element, inputs,
                                            element == LOTTERY_ELEMENT_UINT8 ? 1.0 / 255 : 1.0, 0.0,
                                            LOTTERY_MEMORY_COPY, NULL, NULL, &dataset));
  assert_ok(context, lottery_dataset_with_labels(dataset, OUTPUTS, labels, COUNT, &labelled));
  lottery_dataset_destroy(dataset);
  return labelled;
}

static void check(int32_t set, int32_t element) {
  static uint8_t bytes[40 * FEATURES];
  lottery_context *context = context_on(set);
  lottery_network *network = initialised_network(context, "mlp-96-40-3", 1);
  lottery_dataset *dataset = make_dataset(context, element);
  lottery_mask *ones, *mask;
  lottery_trainer *trainer;
  for (int64_t i = 0; i < 40 * FEATURES; i++) bytes[i] = (uint8_t)(i % 3 != 0);
  assert_ok(context, lottery_mask_ones(network, &ones));
  assert_ok(context, lottery_mask_replace(ones, 0, bytes, sizeof bytes, &mask));
  assert_ok(context, lottery_network_set_real(network, LOTTERY_NETWORK_CROSSOVER, 1.0));
  assert_ok(context, lottery_network_set_mask(network, mask));
  assert_ok(context, lottery_trainer_create(network, dataset, 2, &trainer));
  make_infinite(network);
  const lottery_status status = lottery_trainer_gradient(trainer, 0, NULL, NULL, NULL, NULL);
  assert_status(context, status, network->kernels->sparse->skips_dead ? LOTTERY_OK : LOTTERY_ERROR_NOT_FINITE);
  double loss; /* evaluation leaves nothing out: the infinite weights are seen if they are looked at */
  assert_ok(context, lottery_trainer_evaluate(trainer, dataset, &loss, NULL));
  assert_true(!isfinite(loss));
  lottery_trainer_destroy(trainer);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(ones);
  lottery_dataset_destroy(dataset);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
}

static void test_training_leaves_dead_inputs_out(void **unused) {
  (void)unused;
  int32_t sets[INSTRUCTION_SET_LIMIT];
  const int count = instruction_sets(sets);
  for (int i = 0; i < count; i++) {
    check(sets[i], LOTTERY_ELEMENT_UINT8);
    check(sets[i], LOTTERY_ELEMENT_FLOAT32);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_training_leaves_dead_inputs_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
