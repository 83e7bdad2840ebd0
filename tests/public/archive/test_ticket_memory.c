/* Reading a ticket takes what its survivors take: no dense network comes in between. */
#include <stdlib.h>

#include "archive.h"
#include "support.h"

static struct counting_allocator memory_of_test;

/* A network of 1024 - 1024 - 10 at 1 % and its ticket, saved into memory. */
static struct bytes saved_ticket(void) {
  lottery_context *context;
  lottery_network *network;
  lottery_pruner *pruner;
  lottery_mask *ones, *mask;
  lottery_snapshot *initial;
  lottery_archive *archive;
  struct bytes file;
  assert_ok(NULL, lottery_context_create(&context));
  assert_ok(context, lottery_network_preset(context, "mlp-1024-1024-10", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_network_snapshot(network, &initial));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_DENSITY, 0.01));
  assert_ok(context, lottery_mask_ones(network, &ones));
  assert_ok(context, lottery_pruner_apply(pruner, network, ones, &mask));
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_add_ticket(archive, "ticket", network, mask, initial));
  file = archive_bytes(context, archive);
  lottery_archive_destroy(archive);
  lottery_mask_destroy(mask);
  lottery_mask_destroy(ones);
  lottery_pruner_destroy(pruner);
  lottery_snapshot_destroy(initial);
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  return file;
}

static void test_peak(void **state) {
  (void)state;
  struct bytes file = saved_ticket();
  allocator_start(&memory_of_test);
  lottery_context *context = allocator_context(&memory_of_test);
  lottery_archive *archive;
  lottery_network *network;
  lottery_mask *mask;
  int64_t before, peak;
  const int64_t dense = 1024 * 1024 * (int64_t)sizeof(float);
  assert_ok(context, lottery_archive_create(context, &archive));
  assert_ok(context, lottery_archive_load_memory(archive, file.data, file.count));
  assert_ok(context, lottery_context_memory(context, &before, NULL));
  assert_ok(context, lottery_archive_get_ticket(archive, "ticket", &network, &mask, NULL));
  assert_ok(context, lottery_context_memory(context, NULL, &peak));
  /* The packed network, a copy of a tensor's survivors, and a bit a weight in the mask. */
  print_message("a ticket of %d weights: %lld bytes at the most, %lld dense\n", 10486, (long long)(peak - before),
                (long long)dense);
  assert_true(peak - before < dense / 8);
  lottery_mask_destroy(mask);
  lottery_network_destroy(network);
  lottery_archive_destroy(archive);
  lottery_context_destroy(context);
  allocator_finish(&memory_of_test);
  free(file.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_peak)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
