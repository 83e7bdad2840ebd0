/* The fixture of the pruner's tests. */
#include "pruning.h"

const int64_t tensor_counts[TENSORS] = {65, 104, 48};

struct counting_allocator allocator;
lottery_context *context;
lottery_network *network;
lottery_pruner *pruner;
lottery_mask *ones;

int pruning_set_up(void **state) {
  (void)state;
  allocator_start(&allocator);
  context = allocator_context(&allocator);
  assert_ok(context, lottery_network_preset(context, "mlp-5-13-8-6", &network));
  assert_ok(context, lottery_mask_ones(network, &ones));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  return 0;
}

int pruning_tear_down(void **state) {
  (void)state;
  lottery_pruner_destroy(pruner);
  lottery_mask_destroy(ones);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
  return 0;
}

void set_real(int32_t key, double value) { assert_ok(context, lottery_pruner_set_real(pruner, key, value)); }
void set_integer(int32_t key, int64_t value) { assert_ok(context, lottery_pruner_set_integer(pruner, key, value)); }

int64_t kept_of(lottery_mask *mask, int64_t tensor) {
  int64_t kept;
  assert_ok(context, lottery_mask_kept(mask, tensor, &kept, NULL));
  return kept;
}

void assert_pruned(lottery_status status, lottery_mask *mask, lottery_mask *next) {
  int64_t went;
  assert_true(status >= 0);
  assert_non_null(next);
  assert_ok(context, lottery_mask_hamming(mask != NULL ? mask : ones, next, &went));
  assert_int_equal(status, went == 0 ? LOTTERY_UNCHANGED : LOTTERY_OK);
  if (went == 0) assert_message(context, "pruner: no weight went; ");
}
