/* A ticket of late rewinding in an archive, as docs/files.md shows it: with its snapshot it trains on to the bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

static lottery_status save_late_ticket(lottery_archive *archive, lottery_network *network, lottery_mask *mask,
                                       lottery_snapshot *late) { /* late: of iteration k, LOTTERY_STATE_ALL */
  lottery_status status = lottery_archive_add_ticket(archive, "ticket", network, mask, late);
  if (status == LOTTERY_OK) status = lottery_archive_add_snapshot(archive, "late", late);
  return status;
}

static lottery_status resume_late_ticket(lottery_archive *archive, lottery_trainer *trainer, lottery_network *network) {
  lottery_mask *mask = NULL;
  lottery_snapshot *late = NULL;
  lottery_status status = lottery_archive_get_ticket(archive, "ticket", NULL, &mask, NULL);
  if (status == LOTTERY_OK) status = lottery_archive_get_snapshot(archive, "late", network, &late);
  if (status == LOTTERY_OK) status = lottery_trainer_rewind(trainer, late, mask, LOTTERY_STATE_ALL);
  lottery_snapshot_destroy(late);
  lottery_mask_destroy(mask);
  return status;
}

static void make(lottery_context *context, lottery_dataset *dataset, uint64_t seed, lottery_network **network,
                 lottery_trainer **trainer) {
  assert_ok(context, lottery_network_preset(context, "mlp-5-7-3", network));
  assert_ok(context, lottery_network_initialise(*network, LOTTERY_INITIALISE_GLOROT_NORMAL, seed));
  assert_ok(context, lottery_trainer_create(*network, dataset, seed, trainer));
  assert_ok(context, lottery_trainer_set_integer(*trainer, LOTTERY_TRAINER_BATCH_SIZE, 16));
}

static void test_late_ticket(void **unused) {
  (void)unused;
  struct archive_fixture fixture;
  archive_start(&fixture);
  lottery_context *context = fixture.context;
  lottery_dataset *dataset = support_dataset(context, 40, 5, 3, 0.3F, 7);
  lottery_network *network, *other;
  lottery_trainer *trainer, *resumed;
  lottery_snapshot *late, *of_ticket;
  lottery_pruner *pruner;
  lottery_mask *mask;
  float weights[35], found[35];
  int64_t iteration;
  make(context, dataset, 1, &network, &trainer);
  assert_ok(context, lottery_trainer_run(trainer, 5, NULL, NULL, NULL));
  assert_ok(context, lottery_trainer_snapshot(trainer, LOTTERY_STATE_ALL, &late));
  assert_ok(context, lottery_trainer_run(trainer, 20, NULL, NULL, NULL));
  assert_ok(context, lottery_pruner_create(context, &pruner));
  assert_ok(context, lottery_pruner_set_real(pruner, LOTTERY_PRUNER_RATE, 0.5));
  assert_ok(context, lottery_pruner_apply(pruner, network, NULL, &mask));
  assert_ok(context, save_late_ticket(fixture.archive, network, mask, late));
  const struct bytes file = archive_bytes(context, fixture.archive);
  assert_ok(context, lottery_archive_load_memory(fixture.archive, file.data, file.count));
  assert_ok(context, lottery_trainer_rewind(trainer, late, mask, LOTTERY_STATE_ALL));
  assert_ok(context, lottery_trainer_run(trainer, 9, NULL, NULL, NULL));
  assert_ok(context, lottery_network_read_tensor(network, 0, weights, 35));
  make(context, dataset, 2, &other, &resumed);
  assert_ok(context, resume_late_ticket(fixture.archive, resumed, other));
  assert_ok(context, lottery_trainer_iteration(resumed, &iteration));
  assert_int_equal(iteration, 5);
  assert_ok(context, lottery_trainer_run(resumed, 9, NULL, NULL, NULL));
  assert_ok(context, lottery_network_read_tensor(other, 0, found, 35));
  assert_memory_equal(found, weights, sizeof weights);
  /* The ticket alone has neither state nor position. */
  assert_ok(context, lottery_archive_get_ticket(fixture.archive, "ticket", NULL, NULL, &of_ticket));
  assert_fails(context, lottery_trainer_rewind(resumed, of_ticket, mask, LOTTERY_STATE_ALL), LOTTERY_ERROR_ARGUMENT,
               "");
  lottery_snapshot_destroy(of_ticket);
  lottery_snapshot_destroy(late);
  lottery_mask_destroy(mask);
  lottery_pruner_destroy(pruner);
  lottery_trainer_destroy(resumed);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(other);
  lottery_network_destroy(network);
  lottery_dataset_destroy(dataset);
  free(file.data);
  archive_finish(&fixture);
}

static char *read_text(const char *path) {
  static const int64_t limit = 1 << 20;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *text = calloc((size_t)limit, 1);
  assert_non_null(text);
  assert_in_range(fread(text, 1, (size_t)limit - 1, file), 1, limit - 2);
  fclose(file);
  return text;
}

/* The document shows these functions. */
static void test_document(void **unused) {
  (void)unused;
  char *document = read_text(LOTTERY_TESTS_DIR "/../docs/files.md");
  char *source = read_text(LOTTERY_TESTS_DIR "/public/archive/test_archive_late.c");
  char *code = strstr(document, "```c\n");
  assert_non_null(code);
  code += strlen("```c\n");
  char *end = strstr(code, "```");
  assert_non_null(end);
  *end = '\0';
  assert_non_null(strstr(code, "resume_late_ticket"));
  if (strstr(source, code) == NULL) fail_msg("docs/files.md shows other code:\n%s", code);
  free(source);
  free(document);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_late_ticket), cmocka_unit_test(test_document)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
