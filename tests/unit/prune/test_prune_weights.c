/* What the public functions cannot write into a network: weights that are not finite. */
#include <math.h>
#include <string.h>

#include "model/network.h"
#include "support.h"

static struct counting_allocator allocator;
static lottery_context *context;
static lottery_network *network;
static lottery_pruner *pruner;
static lottery_mask *mask; /* prunes element 3 of fc2.weight */

static int set_up(void **state) {
  (void)state;
  uint8_t bytes[52];
  memset(bytes, 1, sizeof bytes);
  bytes[3] = 0;
  allocator_start(&allocator);
  context = allocator_context(&allocator);
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-4", &network));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  lottery_mask *ones;
  assert_ok(context, lottery_mask_ones(network, &ones));
  assert_ok(context, lottery_mask_replace(ones, 1, bytes, 52, &mask));
  lottery_mask_destroy(ones);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
  return 0;
}

/* The weight `element` of fc2.weight, which is dense. */
static float *weight(int64_t element) {
  const struct tensor_layout *layout = &network->parameters.layout->tensors[2];
  const int64_t row = element / layout->columns, column = element % layout->columns;
  return network->parameters.values + layout->offset + column * layout->stride + row;
}

static void a_surviving_weight_must_be_finite(void **state) {
  (void)state;
  static const float values[] = {INFINITY, -INFINITY, NAN};
  for (int i = 0; i < 3; i++) {
    for (int rate = 0; rate < 2; rate++) { /* whether any go or not */
      lottery_mask *next = mask;
      int64_t kept[2] = {9, 9};
      *weight(4) = values[i];
      assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.5 * rate));
      assert_fails(context, lottery_pruner_apply(pruner, network, mask, &next), LOTTERY_ERROR_NOT_FINITE,
                   "fc2.weight element 4 is ");
      assert_null(next);
      assert_status(context, lottery_pruner_preview(pruner, network, mask, 2, kept, NULL, NULL),
                    LOTTERY_ERROR_NOT_FINITE);
      assert_int_equal(kept[0], 9);
    }
  }
}

static void a_pruned_weight_may_be_anything(void **state) {
  (void)state;
  lottery_mask *next;
  *weight(3) = NAN;
  assert_ok(context, lottery_pruner_apply(pruner, network, mask, &next));
  lottery_mask_destroy(next);
  assert_status(context, lottery_pruner_apply(pruner, network, NULL, &next), LOTTERY_ERROR_NOT_FINITE);
}

static void scores_ask_for_no_weights(void **state) {
  (void)state;
  const float scores[65 + 52] = {0};
  lottery_mask *next;
  *weight(4) = NAN;
  assert_ok(context, lottery_pruner_apply_scores(pruner, network, mask, scores, 65 + 52, &next));
  lottery_mask_destroy(next);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_surviving_weight_must_be_finite, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_pruned_weight_may_be_anything, set_up, tear_down),
      cmocka_unit_test_setup_teardown(scores_ask_for_no_weights, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
