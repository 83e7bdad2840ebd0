/* Files of trainers that lack options, as those do that were written before the options were there: each such option
 * has its default, the others are as they were saved, and the run goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "study.h"
#include "training.h"

/* What the trainer is saved with: nothing at its default but the optimiser, whose state the default must find. */
static const struct {
  int32_t key;
  double value; /* of the milestones: how many */
} saved[] = {
    {LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_ADAM},
    {LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR},
    {LOTTERY_TRAINER_BATCH_SIZE, STUDY_BATCH},
    {LOTTERY_TRAINER_LEARNING_RATE, 0.004},
    {LOTTERY_TRAINER_MOMENTUM, 0.9},
    {LOTTERY_TRAINER_NESTEROV, 1},
    {LOTTERY_TRAINER_BETA1, 0.8},
    {LOTTERY_TRAINER_BETA2, 0.99},
    {LOTTERY_TRAINER_EPSILON, 1e-3},
    {LOTTERY_TRAINER_WEIGHT_DECAY, 0.01},
    {LOTTERY_TRAINER_DECAY_BIASES, 1},
    {LOTTERY_TRAINER_WARMUP, 9},
    {LOTTERY_TRAINER_MILESTONES, 2},
    {LOTTERY_TRAINER_MILESTONE_FACTOR, 0.3},
    {LOTTERY_TRAINER_PROGRESS_INTERVAL, 7},
    {LOTTERY_NETWORK_CROSSOVER, 1},
};
enum { OPTIONS = sizeof saved / sizeof saved[0] };

/* An option of trainer or network, as the library describes it. */
struct option {
  int32_t key, handle, type;
  double initial;
  const char *name;
};

static struct option describe(int32_t key) {
  int64_t count;
  assert_ok(NULL, lottery_option_count(&count));
  for (int64_t i = 0; i < count; i++) {
    struct option option;
    assert_ok(NULL, lottery_option_describe(i, &option.key, &option.handle, &option.type, NULL, NULL, &option.initial,
                                            &option.name, NULL));
    if (option.key == key) return option;
  }
  fail_msg("no option %d", (int)key);
  return (struct option){0};
}

static void set(lottery_context *context, const struct study *study, const struct option *option, double value) {
  static const double milestones[] = {6, 9};
  if (option->handle == LOTTERY_HANDLE_NETWORK)
    assert_ok(context, lottery_network_set_real(study->network, option->key, value));
  else if (option->type == LOTTERY_TYPE_REAL)
    assert_ok(context, lottery_trainer_set_real(study->trainer, option->key, value));
  else if (option->type == LOTTERY_TYPE_REALS)
    assert_ok(context, lottery_trainer_set_reals(study->trainer, option->key, milestones, (int64_t)value));
  else
    assert_ok(context, lottery_trainer_set_integer(study->trainer, option->key, (int64_t)value));
}

static double get(lottery_context *context, const struct study *study, const struct option *option) {
  int64_t integer = 0;
  double real = 0;
  if (option->handle == LOTTERY_HANDLE_NETWORK)
    assert_ok(context, lottery_network_get_real(study->network, option->key, &real));
  else if (option->type == LOTTERY_TYPE_REAL)
    assert_ok(context, lottery_trainer_get_real(study->trainer, option->key, &real));
  else if (option->type == LOTTERY_TYPE_REALS)
    assert_ok(context, lottery_trainer_get_reals(study->trainer, option->key, 0, NULL, &integer));
  else
    assert_ok(context, lottery_trainer_get_integer(study->trainer, option->key, &integer));
  return real + (double)integer;
}

/* The file without this option, or without all of the handle's where `name` is NULL. */
static struct bytes file_without(const struct bytes *file, int32_t handle, const char *name) {
  char *header = header_of(file), key[64];
  const int64_t data = 8 + (int64_t)strlen(header);
  char *begin = strstr(header, handle == LOTTERY_HANDLE_NETWORK ? "\\\"network\\\":{" : "\\\"options\\\":{");
  assert_non_null(begin);
  begin = strchr(begin, '{') + 1;
  char *end = strchr(begin, '}');
  if (name != NULL) {
    snprintf(key, sizeof key, "\\\"%s\\\":", name);
    begin = strstr(begin, key);
    assert_true(begin != NULL && begin < end);
    end = begin + strlen(key);
    end = *end == '[' ? strchr(end, ']') + 1 : end + strcspn(end, ",}");
    if (*end == ',')
      end++;
    else if (begin[-1] == ',')
      begin--;
  }
  memmove(begin, end, strlen(end) + 1);
  const struct bytes result = file_of(header, file->data + data, file->count - data);
  free(header);
  return result;
}

/* A run with the options of `saved`, masked, after seven iterations. */
static struct study study_saved(lottery_context *context) {
  struct study study = study_make(context, 4);
  study_prune(context, &study);
  for (int i = 0; i < OPTIONS; i++) {
    const struct option option = describe(saved[i].key);
    if (option.key != LOTTERY_TRAINER_OPTIMISER) assert_true(saved[i].value != option.initial);
    set(context, &study, &option, saved[i].value);
  }
  study_run(context, &study, 7);
  return study;
}

/* Restores `partial`, which lacks the options from `first` up to, not including, `end` of the table, into a trainer
 * that has none of them at its default, and runs it beside one of the whole file that is given those defaults. */
static void assert_defaults(lottery_context *context, const struct bytes *file, const struct bytes *partial, int first,
                            int end) {
  struct study expected = study_make(context, 98), restored = study_make(context, 99);
  assert_ok(context, study_restore(context, file, expected.trainer, LOTTERY_CONSENT_NONE));
  assert_ok(context, study_restore(context, file, restored.trainer, LOTTERY_CONSENT_NONE));
  assert_ok(context, lottery_trainer_set_integer(restored.trainer, LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD));
  assert_ok(context, study_restore(context, partial, restored.trainer, LOTTERY_CONSENT_NONE));
  for (int i = 0; i < OPTIONS; i++) {
    const struct option option = describe(saved[i].key);
    const bool lacks = i >= first && i < end;
    if (get(context, &restored, &option) != (lacks ? option.initial : saved[i].value))
      fail_msg("%s is %g", option.name, get(context, &restored, &option));
    if (lacks) set(context, &expected, &option, option.initial);
  }
  assert_same_study(context, &expected, &restored);
  for (int i = 0; i < 2; i++) {
    study_run(context, &expected, 4);
    study_run(context, &restored, 4);
    assert_same_study(context, &expected, &restored);
  }
  study_destroy(&expected);
  study_destroy(&restored);
}

/* Every option of trainer and network has a row above. */
static void test_rows(void **unused) {
  (void)unused;
  int64_t count;
  int wanted = 0;
  assert_ok(NULL, lottery_option_count(&count));
  for (int64_t i = 0; i < count; i++) {
    int32_t handle;
    assert_ok(NULL, lottery_option_describe(i, NULL, &handle, NULL, NULL, NULL, NULL, NULL, NULL));
    wanted += handle == LOTTERY_HANDLE_TRAINER || handle == LOTTERY_HANDLE_NETWORK;
  }
  assert_int_equal(wanted, OPTIONS);
}

static void test_one_is_missing(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = study_saved(context);
  const struct bytes file = study_save(context, study.trainer);
  for (int i = 0; i < OPTIONS; i++) {
    const struct option option = describe(saved[i].key);
    const struct bytes partial = file_without(&file, option.handle, option.name);
    assert_defaults(context, &file, &partial, i, i + 1);
    free(partial.data);
  }
  free(file.data);
  study_destroy(&study);
  lottery_context_destroy(context);
}

static void test_all_are_missing(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = study_saved(context);
  const struct bytes file = study_save(context, study.trainer);
  const struct bytes half = file_without(&file, LOTTERY_HANDLE_TRAINER, NULL);
  const struct bytes partial = file_without(&half, LOTTERY_HANDLE_NETWORK, NULL);
  assert_defaults(context, &file, &partial, 0, OPTIONS);
  free(file.data);
  free(half.data);
  free(partial.data);
  study_destroy(&study);
  lottery_context_destroy(context);
}

/* A file of SGD has no state for the default, which is Adam. */
static void test_default_needs_its_slots(void **unused) {
  (void)unused;
  lottery_context *context = context_on(LOTTERY_INSTRUCTION_SET_AUTOMATIC);
  struct study study = study_make(context, 4), other = study_make(context, 5);
  set_optimiser(study.trainer, &optimiser_cases[3]);
  study_run(context, &study, 3);
  const struct bytes file = study_save(context, study.trainer);
  const struct bytes partial = file_without(&file, LOTTERY_HANDLE_TRAINER, "optimiser");
  struct values before = trainer_values(other.trainer);
  assert_fails(context, study_restore(context, &partial, other.trainer, LOTTERY_CONSENT_NONE), LOTTERY_ERROR_FORMAT,
               "slot that the optimiser needs is missing");
  assert_values_equal(before, trainer_values(other.trainer));
  free(file.data);
  free(partial.data);
  study_destroy(&study);
  study_destroy(&other);
  lottery_context_destroy(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_one_is_missing),
      cmocka_unit_test(test_all_are_missing),
      cmocka_unit_test(test_default_needs_its_slots),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
