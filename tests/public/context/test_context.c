/* The context: creation, message, instruction set, memory, cancelling; names of statuses; how text is copied out. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static void test_version_and_names(void **unused) {
  (void)unused;
  int major, minor, patch, end = 0;
  assert_int_equal(sscanf(lottery_version(), "%d.%d.%d%n", &major, &minor, &patch, &end), 3);
  assert_int_equal(end, strlen(lottery_version()));
  static const struct {
    lottery_status status;
    const char *name;
  } names[] = {{0, "LOTTERY_OK"},
               {1, "LOTTERY_CANCELLED"},
               {2, "LOTTERY_STOPPED"},
               {3, "LOTTERY_PARTIAL"},
               {4, "LOTTERY_UNCHANGED"},
               {-1, "LOTTERY_ERROR_ARGUMENT"},
               {-2, "LOTTERY_ERROR_HANDLE"},
               {-3, "LOTTERY_ERROR_MEMORY"},
               {-4, "LOTTERY_ERROR_STATE"},
               {-5, "LOTTERY_ERROR_SHAPE"},
               {-6, "LOTTERY_ERROR_FILE"},
               {-7, "LOTTERY_ERROR_FORMAT"},
               {-8, "LOTTERY_ERROR_NOT_FINITE"},
               {-9, "LOTTERY_ERROR_UNSUPPORTED"},
               {-10, "LOTTERY_ERROR_MASK"},
               {5, "unknown status"},
               {-11, "unknown status"},
               {INT32_MAX, "unknown status"},
               {INT32_MIN, "unknown status"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    assert_string_equal(lottery_status_name(names[i].status), names[i].name);
}

static void test_creation(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  lottery_context *context;
  char rubbish;

  assert_int_equal(lottery_context_create(NULL), LOTTERY_ERROR_ARGUMENT);
  assert_int_equal(lottery_context_create(&context), LOTTERY_OK);
  lottery_context_destroy(context);

  allocator_start(&allocator);
  assert_int_equal(lottery_context_create_with_allocator(allocator_allocate, allocator_release, &allocator, NULL),
                   LOTTERY_ERROR_ARGUMENT);
  context = (lottery_context *)(void *)&rubbish;
  assert_int_equal(lottery_context_create_with_allocator(NULL, allocator_release, &allocator, &context),
                   LOTTERY_ERROR_ARGUMENT);
  assert_null(context);
  context = (lottery_context *)(void *)&rubbish;
  assert_int_equal(lottery_context_create_with_allocator(allocator_allocate, NULL, &allocator, &context),
                   LOTTERY_ERROR_ARGUMENT);
  assert_null(context);
  assert_int_equal(allocator.calls, 0);
  allocator_fail(&allocator, 1, false);
  context = (lottery_context *)(void *)&rubbish;
  assert_int_equal(lottery_context_create_with_allocator(allocator_allocate, allocator_release, &allocator, &context),
                   LOTTERY_ERROR_MEMORY);
  assert_null(context);
  context = allocator_context(&allocator);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

/* --- Text --- */

struct texts {
  lottery_context *context;
  lottery_network *network;
  lottery_mask *mask;
  lottery_snapshot *snapshot;
};
typedef lottery_status (*copy_text)(const struct texts *texts, char *buffer, int64_t capacity, int64_t *needed);

static lottery_status copy_message(const struct texts *texts, char *buffer, int64_t capacity, int64_t *needed) {
  return lottery_context_message(texts->context, buffer, capacity, needed);
}
static lottery_status copy_description(const struct texts *texts, char *buffer, int64_t capacity, int64_t *needed) {
  return lottery_context_describe(texts->context, buffer, capacity, needed);
}
static lottery_status copy_network_name(const struct texts *texts, char *buffer, int64_t capacity, int64_t *needed) {
  return lottery_network_tensor_name(texts->network, 3, buffer, capacity, needed);
}
static lottery_status copy_mask_name(const struct texts *texts, char *buffer, int64_t capacity, int64_t *needed) {
  return lottery_mask_tensor_name(texts->mask, 1, buffer, capacity, needed);
}
static lottery_status copy_snapshot_name(const struct texts *texts, char *buffer, int64_t capacity, int64_t *needed) {
  return lottery_snapshot_tensor_name(texts->snapshot, 0, buffer, capacity, needed);
}

/* Every capacity from 0 to one more than needed, and the errors. */
static void check_text(const struct texts *texts, copy_text copy, const char *expected) {
  int64_t needed = -1;
  assert_ok(texts->context, copy(texts, NULL, 0, &needed));
  assert_int_equal(needed, strlen(expected) + 1);
  char buffer[512];
  assert_true(needed + 1 < (int64_t)sizeof buffer);
  for (int64_t capacity = 0; capacity <= needed + 1; capacity++) {
    memset(buffer, '#', sizeof buffer);
    int64_t again = -1;
    assert_ok(texts->context, copy(texts, buffer, capacity, capacity % 2 == 0 ? &again : NULL));
    if (capacity % 2 == 0) assert_int_equal(again, needed);
    const int64_t copied = capacity < needed ? capacity - 1 : needed - 1;
    if (capacity > 0) {
      assert_memory_equal(buffer, expected, (size_t)copied);
      assert_int_equal(buffer[copied], '\0');
    }
    for (int64_t i = capacity == 0 ? 0 : copied + 1; i < (int64_t)sizeof buffer; i++) assert_int_equal(buffer[i], '#');
  }
  int64_t untouched = -7;
  assert_status(texts->context, copy(texts, buffer, -1, &untouched), LOTTERY_ERROR_ARGUMENT);
  assert_status(texts->context, copy(texts, buffer, INT64_MIN, &untouched), LOTTERY_ERROR_ARGUMENT);
  assert_status(texts->context, copy(texts, NULL, 1, &untouched), LOTTERY_ERROR_ARGUMENT);
  assert_int_equal(untouched, -7);
}

static void test_text(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  struct texts texts = {.context = allocator_context(&allocator)};
  assert_ok(texts.context, lottery_network_preset(texts.context, "mlp-3-4-2", &texts.network));
  assert_ok(texts.context, lottery_mask_ones(texts.network, &texts.mask));
  assert_ok(texts.context, lottery_network_snapshot(texts.network, &texts.snapshot));

  check_text(&texts, copy_message, "");
  assert_status(texts.context, lottery_context_set_instruction_set(texts.context, -3), LOTTERY_ERROR_ARGUMENT);
  check_text(&texts, copy_message, "instruction_set: -3 is not a LOTTERY_INSTRUCTION_SET_… value");
  char description[256];
  assert_ok(texts.context, lottery_context_describe(texts.context, description, sizeof description, NULL));
  assert_null(strchr(description, '\n'));
  check_text(&texts, copy_description, description);
  check_text(&texts, copy_network_name, "fc2.bias");
  assert_message(texts.context, "buffer: NULL with a capacity of 1");
  assert_fails(texts.context, copy_network_name(&texts, description, -5, NULL), LOTTERY_ERROR_ARGUMENT,
               "capacity: -5 is below 0");
  check_text(&texts, copy_mask_name, "fc2.weight");
  check_text(&texts, copy_snapshot_name, "fc1.weight");

  lottery_snapshot_destroy(texts.snapshot);
  lottery_mask_destroy(texts.mask);
  lottery_network_destroy(texts.network);
  lottery_context_destroy(texts.context);
  allocator_finish(&allocator);
}

static void test_message_stays_and_is_cut(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator), *other = allocator_context(&allocator);
  lottery_network *network;
  char name[5000];
  memset(name, 'x', sizeof name);
  name[sizeof name - 1] = '\0';
  assert_fails(context, lottery_network_preset(context, name, &network), LOTTERY_ERROR_ARGUMENT, "'xxxx");
  int64_t needed;
  assert_ok(context, lottery_context_message(context, NULL, 0, &needed));
  assert_in_range(needed, 64, 1024);
  /* Success leaves it, and so does an error in another context or of a handle. */
  assert_ok(context, lottery_network_preset(context, "mlp-1-1", &network));
  assert_status(other, lottery_context_set_instruction_set(other, 99), LOTTERY_ERROR_ARGUMENT);
  assert_status(context, lottery_network_finish((lottery_network *)(void *)context, 0), LOTTERY_ERROR_HANDLE);
  assert_message(context, "'xxxx");
  assert_message(other, "instruction_set: 99");
  assert_fails(context, lottery_network_finish(network, 0), LOTTERY_ERROR_STATE, "network: finished");
  lottery_network_destroy(network);
  lottery_context_destroy(context);
  lottery_context_destroy(other);
  allocator_finish(&allocator);
}

/* A binding has to know whose message to read. */
static void test_whose_context(void **unused) {
  (void)unused;
  lottery_context *here, *there;
  lottery_network *network;
  lottery_pruner *pruner;
  lottery_mask *pruned, *transferred, *found;
  uint8_t byte;
  assert_ok(NULL, lottery_context_create(&here));
  assert_ok(NULL, lottery_context_create(&there));
  assert_ok(there, lottery_network_preset(there, "mlp-3-2", &network));
  assert_ok(here, lottery_pruner_create(here, &pruner));
  assert_ok(here, lottery_pruner_apply(pruner, network, NULL, &pruned));
  assert_ok(here, lottery_mask_transfer(pruned, network, &transferred));
  assert_ok(there, lottery_network_set_mask(network, pruned));
  assert_ok(there, lottery_network_get_mask(network, &found));
  assert_fails(here, lottery_mask_read(pruned, 11, &byte, 1), LOTTERY_ERROR_ARGUMENT, "11");
  assert_fails(here, lottery_mask_read(transferred, 12, &byte, 1), LOTTERY_ERROR_ARGUMENT, "12");
  assert_fails(here, lottery_mask_read(found, 13, &byte, 1), LOTTERY_ERROR_ARGUMENT, "13");
  lottery_mask_destroy(found);
  assert_ok(there, lottery_network_set_mask(network, NULL));
  assert_ok(there, lottery_network_get_mask(network, &found));
  assert_fails(there, lottery_mask_read(found, 14, &byte, 1), LOTTERY_ERROR_ARGUMENT, "14");
  lottery_mask_destroy(found);
  lottery_mask_destroy(transferred);
  lottery_mask_destroy(pruned);
  lottery_pruner_destroy(pruner);
  lottery_network_destroy(network);
  lottery_context_destroy(there);
  lottery_context_destroy(here);
}

/* --- Instruction set, memory, cancelling --- */

static void test_instruction_set(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  static const char *const names[] = {"", "kernels: portable;", "kernels: avx2;", "kernels: avx512;", "kernels: neon;"};
  int32_t best, set;
  char text[256];
  assert_ok(context, lottery_context_get_instruction_set(context, &best));
  assert_in_range(best, LOTTERY_INSTRUCTION_SET_PORTABLE, LOTTERY_INSTRUCTION_SET_NEON);
  for (int32_t i = LOTTERY_INSTRUCTION_SET_PORTABLE; i <= LOTTERY_INSTRUCTION_SET_NEON; i++) {
    assert_ok(context, lottery_context_set_instruction_set(context, LOTTERY_INSTRUCTION_SET_PORTABLE));
    const lottery_status status = lottery_context_set_instruction_set(context, i);
    assert_true(status == LOTTERY_OK || status == LOTTERY_ERROR_UNSUPPORTED);
    if (i == best || i == LOTTERY_INSTRUCTION_SET_PORTABLE) assert_int_equal(status, LOTTERY_OK);
    if (status == LOTTERY_ERROR_UNSUPPORTED) {
      char expected[64];
      snprintf(expected, sizeof expected, "instruction_set: %d is not available", (int)i);
      assert_message(context, expected);
    }
    assert_ok(context, lottery_context_get_instruction_set(context, &set));
    assert_int_equal(set, status == LOTTERY_OK ? i : LOTTERY_INSTRUCTION_SET_PORTABLE);
    assert_ok(context, lottery_context_describe(context, text, sizeof text, NULL));
    assert_non_null(strstr(text, names[set]));
    assert_non_null(strstr(text, lottery_version()));
    assert_non_null(strstr(text, "BLIS"));
    assert_non_null(strstr(text, "micro-kernel: "));
  }
  assert_ok(context, lottery_context_set_instruction_set(context, LOTTERY_INSTRUCTION_SET_AUTOMATIC));
  assert_ok(context, lottery_context_get_instruction_set(context, &set));
  assert_int_equal(set, best);
  static const int32_t bad[] = {-1, 5, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char expected[64];
    snprintf(expected, sizeof expected, "instruction_set: %d", (int)bad[i]);
    assert_fails(context, lottery_context_set_instruction_set(context, bad[i]), LOTTERY_ERROR_ARGUMENT, expected);
    assert_ok(context, lottery_context_get_instruction_set(context, &set));
    assert_int_equal(set, best);
  }
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

static void test_memory(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  int64_t empty, bytes, peak;
  assert_ok(context, lottery_context_memory(context, &empty, &peak));
  assert_int_equal(empty, allocator.live_bytes);
  assert_int_equal(peak, empty);
  lottery_network *network;
  assert_ok(context, lottery_network_preset(context, "mlp-100-50-10", &network));
  assert_ok(context, lottery_context_memory(context, &bytes, NULL));
  assert_int_equal(bytes, allocator.live_bytes);
  assert_true(bytes - empty >= (100 * 50 + 50 + 50 * 10 + 10) * 4);
  lottery_network_destroy(network);
  assert_ok(context, lottery_context_memory(context, &bytes, &peak));
  assert_int_equal(bytes, empty);
  assert_int_equal(peak, allocator.peak_bytes);
  assert_true(peak > bytes);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

static int32_t cancel(int64_t iteration, double loss, void *context) {
  (void)loss;
  if (iteration == 3) lottery_context_cancel(context);
  return 0;
}

static void test_cancel_and_resume(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  lottery_context *context = allocator_context(&allocator);
  lottery_dataset *dataset = support_dataset(context, 20, 4, 2, 0.1F, 1);
  lottery_network *network;
  lottery_trainer *trainer;
  assert_ok(context, lottery_network_preset(context, "mlp-4-2", &network));
  assert_ok(context, lottery_network_initialise(network, LOTTERY_INITIALISE_GLOROT_NORMAL, 1));
  assert_ok(context, lottery_trainer_create(network, dataset, 1, &trainer));
  assert_ok(context, lottery_trainer_set_integer(trainer, LOTTERY_TRAINER_PROGRESS_INTERVAL, 1));
  int64_t done, iteration;
  assert_status(context, lottery_trainer_run(trainer, 100, cancel, context, &done), LOTTERY_CANCELLED);
  assert_int_equal(done, 3);
  for (int i = 0; i < 2; i++) { /* it lasts */
    assert_status(context, lottery_trainer_run(trainer, 100, NULL, NULL, &done), LOTTERY_CANCELLED);
    assert_int_equal(done, 0);
  }
  assert_ok(context, lottery_trainer_iteration(trainer, &iteration));
  assert_int_equal(iteration, 3);
  lottery_context_resume(context);
  assert_ok(context, lottery_trainer_run(trainer, 7, NULL, NULL, &done));
  assert_int_equal(done, 7);
  lottery_trainer_destroy(trainer);
  lottery_network_destroy(network);
  lottery_dataset_destroy(dataset);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_version_and_names),
      cmocka_unit_test(test_creation),
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_message_stays_and_is_cut),
      cmocka_unit_test(test_whose_context),
      cmocka_unit_test(test_instruction_set),
      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_cancel_and_resume),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
