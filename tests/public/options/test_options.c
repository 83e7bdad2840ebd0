/* The table of options against the header's words, and every option's setter and getter against the table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#define WHOLE 9007199254740992.0 /* 2^53 */

enum {
  NODE = LOTTERY_HANDLE_NODE,
  TRAINER = LOTTERY_HANDLE_TRAINER,
  PRUNER = LOTTERY_HANDLE_PRUNER,
  ARCHIVE = LOTTERY_HANDLE_ARCHIVE
};
enum {
  INTEGER = LOTTERY_TYPE_INTEGER,
  REAL = LOTTERY_TYPE_REAL,
  REALS = LOTTERY_TYPE_REALS,
  CHOICE = LOTTERY_TYPE_CHOICE
};

/* What lottery.h says of each key. */
static const struct expected {
  int32_t key, handle, type;
  double minimum, maximum, initial;
  const char *name;
} expected[] = {
    {LOTTERY_NODE_BIAS, NODE, INTEGER, 0, 1, 1, "bias"},
    {LOTTERY_TRAINER_OPTIMISER, TRAINER, CHOICE, 0, 1, LOTTERY_OPTIMISER_ADAM, "optimiser"},
    {LOTTERY_TRAINER_LOSS, TRAINER, CHOICE, 0, 1, LOTTERY_LOSS_CROSS_ENTROPY, "loss"},
    {LOTTERY_TRAINER_BATCH_SIZE, TRAINER, INTEGER, 1, 65536, 60, "batch_size"},
    {LOTTERY_TRAINER_LEARNING_RATE, TRAINER, REAL, 0, 1e6, 0.0012, "learning_rate"},
    {LOTTERY_TRAINER_MOMENTUM, TRAINER, REAL, 0, 1, 0, "momentum"},
    {LOTTERY_TRAINER_NESTEROV, TRAINER, INTEGER, 0, 1, 0, "nesterov"},
    {LOTTERY_TRAINER_BETA1, TRAINER, REAL, 0, 0x1.fffffffffffffp-1, 0.9, "beta1"},
    {LOTTERY_TRAINER_BETA2, TRAINER, REAL, 0, 0x1.fffffffffffffp-1, 0.999, "beta2"},
    {LOTTERY_TRAINER_EPSILON, TRAINER, REAL, 1e-30, 1, 1e-8, "epsilon"},
    {LOTTERY_TRAINER_WEIGHT_DECAY, TRAINER, REAL, 0, 1e6, 0, "weight_decay"},
    {LOTTERY_TRAINER_DECAY_BIASES, TRAINER, INTEGER, 0, 1, 0, "decay_biases"},
    {LOTTERY_TRAINER_WARMUP, TRAINER, INTEGER, 0, WHOLE, 0, "warmup"},
    {LOTTERY_TRAINER_MILESTONES, TRAINER, REALS, 0, WHOLE, 0, "milestones"},
    {LOTTERY_TRAINER_MILESTONE_FACTOR, TRAINER, REAL, 0, 1, 0.1, "milestone_factor"},
    {LOTTERY_TRAINER_PROGRESS_INTERVAL, TRAINER, INTEGER, 1, WHOLE, 100, "progress_interval"},
    {LOTTERY_NETWORK_CROSSOVER, LOTTERY_HANDLE_NETWORK, REAL, -1, 1, -1, "crossover"},
    {LOTTERY_PRUNER_CRITERION, PRUNER, CHOICE, 0, 1, LOTTERY_CRITERION_MAGNITUDE, "criterion"},
    {LOTTERY_PRUNER_SCOPE, PRUNER, CHOICE, 0, 1, LOTTERY_SCOPE_LAYERWISE, "scope"},
    {LOTTERY_PRUNER_RATE, PRUNER, REAL, 0, 1, 0.2, "rate"},
    {LOTTERY_PRUNER_OUTPUT_FACTOR, PRUNER, REAL, 0, 1, 0.5, "output_factor"},
    {LOTTERY_PRUNER_COUNT, PRUNER, INTEGER, 0, WHOLE, 0, "count"},
    {LOTTERY_PRUNER_DENSITY, PRUNER, REAL, 0, 1, 1, "density"},
    {LOTTERY_PRUNER_SEED, PRUNER, INTEGER, 0, WHOLE, 0, "seed"},
    {LOTTERY_ARCHIVE_HEADER_LIMIT, ARCHIVE, INTEGER, 1024, 1 << 30, 1 << 20, "header_limit"},
    {LOTTERY_ARCHIVE_BYTE_LIMIT, ARCHIVE, INTEGER, 1024, WHOLE, 4294967296.0, "byte_limit"},
};
enum { EXPECTED = sizeof expected / sizeof expected[0] };

static const struct {
  int32_t key;
  int64_t value;
  const char *name;
} choices[] = {{LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_SGD, "sgd"},
               {LOTTERY_TRAINER_OPTIMISER, LOTTERY_OPTIMISER_ADAM, "adam"},
               {LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_CROSS_ENTROPY, "cross_entropy"},
               {LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR, "mean_squared_error"},
               {LOTTERY_PRUNER_CRITERION, LOTTERY_CRITERION_MAGNITUDE, "magnitude"},
               {LOTTERY_PRUNER_CRITERION, LOTTERY_CRITERION_RANDOM, "random"},
               {LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_LAYERWISE, "layerwise"},
               {LOTTERY_PRUNER_SCOPE, LOTTERY_SCOPE_GLOBAL, "global"}};

static void test_table(void **unused) {
  (void)unused;
  int64_t count;
  assert_int_equal(lottery_option_count(&count), LOTTERY_OK);
  for (int i = 0; i < EXPECTED; i++) {
    int found = 0;
    for (int64_t index = 0; index < count; index++) {
      int32_t key, handle, type;
      double minimum, maximum, initial;
      const char *name, *meaning;
      assert_int_equal(
          lottery_option_describe(index, &key, &handle, &type, &minimum, &maximum, &initial, &name, &meaning),
          LOTTERY_OK);
      assert_int_equal(key / 100, handle); /* what the keys of one handle have in common */
      if (key != expected[i].key) continue;
      found++;
      assert_int_equal(handle, expected[i].handle);
      assert_int_equal(type, expected[i].type);
      assert_true(minimum == expected[i].minimum);
      assert_true(maximum == expected[i].maximum);
      assert_true(initial == expected[i].initial);
      assert_string_equal(name, expected[i].name);
      assert_int_equal(meaning[strlen(meaning) - 1], '.');
    }
    assert_int_equal(found, 1);
  }
  assert_int_equal(count, EXPECTED);
}

static void test_table_errors(void **unused) {
  (void)unused;
  int64_t count;
  assert_int_equal(lottery_option_count(NULL), LOTTERY_ERROR_ARGUMENT);
  assert_int_equal(lottery_option_count(&count), LOTTERY_OK);
  const int64_t bad[] = {-1, count, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    int32_t key = 77;
    const char *name = "untouched";
    assert_int_equal(lottery_option_describe(bad[i], &key, NULL, NULL, NULL, NULL, NULL, &name, NULL),
                     LOTTERY_ERROR_ARGUMENT);
    assert_int_equal(key, 77);
    assert_string_equal(name, "untouched");
  }
}

static void test_choices(void **unused) {
  (void)unused;
  const char *name;
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    assert_int_equal(lottery_option_choice(choices[i].key, choices[i].value, &name), LOTTERY_OK);
    assert_string_equal(name, choices[i].name);
    assert_int_equal(lottery_option_choice(choices[i].key, -1, &name), LOTTERY_ERROR_ARGUMENT);
    assert_null(name);
    assert_int_equal(lottery_option_choice(choices[i].key, 2, &name), LOTTERY_ERROR_ARGUMENT);
    assert_int_equal(lottery_option_choice(choices[i].key, INT64_MAX, &name), LOTTERY_ERROR_ARGUMENT);
    assert_int_equal(lottery_option_choice(choices[i].key, choices[i].value, NULL), LOTTERY_ERROR_ARGUMENT);
  }
  static const int32_t no_choice[] = {
      LOTTERY_TRAINER_BATCH_SIZE, LOTTERY_PRUNER_RATE, LOTTERY_TRAINER_MILESTONES, 0, -1, 299, INT32_MAX};
  for (size_t i = 0; i < sizeof no_choice / sizeof no_choice[0]; i++)
    assert_int_equal(lottery_option_choice(no_choice[i], 0, &name), LOTTERY_ERROR_ARGUMENT);
}

/* --- Setters and getters --- */

struct holder {
  lottery_context *context;
  lottery_network *network; /* not finished; node 1 is a dense layer */
  lottery_network *trained;
  lottery_trainer *trainer;
  lottery_pruner *pruner;
  lottery_archive *archive;
};

static lottery_status set_integer(const struct holder *holder, int32_t handle, int32_t key, int64_t value) {
  if (handle == NODE) return lottery_network_node_set_integer(holder->network, 1, key, value);
  if (handle == TRAINER) return lottery_trainer_set_integer(holder->trainer, key, value);
  if (handle == ARCHIVE) return lottery_archive_set_integer(holder->archive, key, value);
  return lottery_pruner_set_integer(holder->pruner, key, value);
}
static lottery_status get_integer(const struct holder *holder, int32_t handle, int32_t key, int64_t *out) {
  if (handle == NODE) return lottery_network_node_get_integer(holder->network, 1, key, out);
  if (handle == TRAINER) return lottery_trainer_get_integer(holder->trainer, key, out);
  if (handle == ARCHIVE) return lottery_archive_get_integer(holder->archive, key, out);
  return lottery_pruner_get_integer(holder->pruner, key, out);
}
static lottery_status set_real(const struct holder *holder, int32_t handle, int32_t key, double value) {
  if (handle == TRAINER) return lottery_trainer_set_real(holder->trainer, key, value);
  if (handle == LOTTERY_HANDLE_NETWORK) return lottery_network_set_real(holder->network, key, value);
  return lottery_pruner_set_real(holder->pruner, key, value);
}
static lottery_status get_real(const struct holder *holder, int32_t handle, int32_t key, double *out) {
  if (handle == TRAINER) return lottery_trainer_get_real(holder->trainer, key, out);
  if (handle == LOTTERY_HANDLE_NETWORK) return lottery_network_get_real(holder->network, key, out);
  return lottery_pruner_get_real(holder->pruner, key, out);
}

static void check_integer(const struct holder *holder, const struct expected *option) {
  lottery_context *context = holder->context;
  int64_t value = -99;
  const lottery_status first = get_integer(holder, option->handle, option->key, &value);
  if (option->key == LOTTERY_PRUNER_COUNT) {
    assert_int_equal(first, LOTTERY_ERROR_STATE); /* was never set */
    assert_int_equal(value, -99);
    assert_message(context, "count was never set");
  } else {
    assert_int_equal(first, LOTTERY_OK);
    assert_int_equal(value, (int64_t)option->initial);
  }
  const int64_t good[] = {(int64_t)option->maximum, (int64_t)option->minimum};
  for (int i = 0; i < 2; i++) {
    assert_ok(context, set_integer(holder, option->handle, option->key, good[i]));
    assert_ok(context, get_integer(holder, option->handle, option->key, &value));
    assert_int_equal(value, good[i]);
  }
  const int64_t bad[] = {good[0] + 1, good[1] - 1, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 4; i++) {
    char text[128];
    snprintf(text, sizeof text, "%s: %lld is outside %lld to %lld", option->name, (long long)bad[i], (long long)good[1],
             (long long)good[0]);
    assert_fails(context, set_integer(holder, option->handle, option->key, bad[i]), LOTTERY_ERROR_ARGUMENT, text);
    assert_ok(context, get_integer(holder, option->handle, option->key, &value));
    assert_int_equal(value, good[1]);
  }
  if (option->handle == NODE || option->handle == ARCHIVE) return;
  double real = -99;
  const char *text = option->type == CHOICE ? "is a choice, not a real number" : "is an integer, not a real number";
  assert_fails(context, set_real(holder, option->handle, option->key, option->minimum), LOTTERY_ERROR_ARGUMENT, text);
  if (option->key != LOTTERY_PRUNER_DENSITY)
    assert_fails(context, get_real(holder, option->handle, option->key, &real), LOTTERY_ERROR_ARGUMENT, option->name);
  assert_true(real == -99);
}

static void check_real(const struct holder *holder, const struct expected *option) {
  lottery_context *context = holder->context;
  double value = -99;
  const lottery_status first = get_real(holder, option->handle, option->key, &value);
  if (option->key == LOTTERY_PRUNER_DENSITY) {
    assert_int_equal(first, LOTTERY_ERROR_STATE);
    assert_true(value == -99);
    assert_message(context, "density was never set");
  } else {
    assert_int_equal(first, LOTTERY_OK);
    assert_true(value == option->initial);
  }
  const double good[] = {option->maximum, option->minimum};
  for (int i = 0; i < 2; i++) {
    assert_ok(context, set_real(holder, option->handle, option->key, good[i]));
    assert_ok(context, get_real(holder, option->handle, option->key, &value));
    assert_true(value == good[i]);
  }
  const double bad[] = {nextafter(good[0], INFINITY), nextafter(good[1], -INFINITY), INFINITY, -INFINITY, NAN};
  for (int i = 0; i < 5; i++) {
    char text[64];
    snprintf(text, sizeof text, "%s: %g is outside", option->name, bad[i]);
    assert_fails(context, set_real(holder, option->handle, option->key, bad[i]), LOTTERY_ERROR_ARGUMENT, text);
    assert_ok(context, get_real(holder, option->handle, option->key, &value));
    assert_true(value == good[1]);
  }
  if (option->handle == LOTTERY_HANDLE_NETWORK) return; /* has no integers */
  int64_t integer = -99;
  assert_fails(context, set_integer(holder, option->handle, option->key, 0), LOTTERY_ERROR_ARGUMENT,
               "is a real number, not an integer");
  assert_fails(context, get_integer(holder, option->handle, option->key, &integer), LOTTERY_ERROR_ARGUMENT,
               option->name);
  assert_int_equal(integer, -99);
}

/* A key of another handle, or of none. */
static void check_keys(const struct holder *holder) {
  for (int32_t handle = NODE; handle <= ARCHIVE; handle++)
    for (int i = -3; i < EXPECTED; i++) {
      const int32_t key = i >= 0 ? expected[i].key : i == -1 ? INT32_MAX : i == -2 ? -1 : 0;
      if (handle == LOTTERY_HANDLE_NETWORK || (i >= 0 && expected[i].handle == handle)) continue;
      int64_t integer = -99;
      double real = -99;
      char text[64];
      snprintf(text, sizeof text, "key: %d is not an option of this handle", (int)key);
      if (key != LOTTERY_PRUNER_COUNT)
        assert_fails(holder->context, get_integer(holder, handle, key, &integer), LOTTERY_ERROR_ARGUMENT, text);
      assert_fails(holder->context, set_integer(holder, handle, key, 1), LOTTERY_ERROR_ARGUMENT, text);
      if (handle == NODE || handle == ARCHIVE) continue;
      assert_fails(holder->context, get_real(holder, handle, key, &real), LOTTERY_ERROR_ARGUMENT, text);
      assert_fails(holder->context, set_real(holder, handle, key, 0.5), LOTTERY_ERROR_ARGUMENT, text);
      assert_int_equal(integer, -99);
      assert_true(real == -99);
    }
}

static void check_milestones(const struct holder *holder) {
  lottery_context *context = holder->context;
  lottery_trainer *trainer = holder->trainer;
  const int32_t key = LOTTERY_TRAINER_MILESTONES;
  double values[4] = {-1, -1, -1, -1};
  int64_t count = -1;
  assert_ok(context, lottery_trainer_get_reals(trainer, key, 0, NULL, &count));
  assert_int_equal(count, 0);
  const double good[] = {0, 5, WHOLE};
  assert_ok(context, lottery_trainer_set_reals(trainer, key, good, 3));
  assert_ok(context, lottery_trainer_get_reals(trainer, key, 0, NULL, &count));
  assert_int_equal(count, 3);
  assert_fails(context, lottery_trainer_get_reals(trainer, key, 2, values, &count), LOTTERY_ERROR_ARGUMENT,
               "capacity: 2, but values has 3 elements");
  assert_true(values[0] == -1 && values[1] == -1);
  assert_ok(context, lottery_trainer_get_reals(trainer, key, 4, values, &count));
  assert_memory_equal(values, good, sizeof good);
  assert_true(values[3] == -1);
  static const double bad[][2] = {{3, 3},   {3, 2},         {1.5, 2},      {-1, 2},  {0, NAN},
                                  {NAN, 2}, {0, WHOLE + 2}, {0, INFINITY}, {4, 4.5}, {-INFINITY, 0}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_fails(context, lottery_trainer_set_reals(trainer, key, bad[i], 2), LOTTERY_ERROR_ARGUMENT,
                 "is not a whole number above the one before");
  assert_fails(context, lottery_trainer_set_reals(trainer, key, good, -1), LOTTERY_ERROR_ARGUMENT, "count: -1");
  assert_fails(context, lottery_trainer_set_reals(trainer, LOTTERY_TRAINER_MOMENTUM, good, 1), LOTTERY_ERROR_ARGUMENT,
               "momentum is a real number, not a list");
  assert_fails(context, lottery_trainer_get_reals(trainer, LOTTERY_TRAINER_MOMENTUM, 4, values, &count),
               LOTTERY_ERROR_ARGUMENT, "momentum is a real number, not a list");
  assert_fails(context, lottery_trainer_get_reals(trainer, key, -1, values, &count), LOTTERY_ERROR_ARGUMENT,
               "capacity: -1");
  assert_fails(context, lottery_trainer_set_integer(trainer, key, 1), LOTTERY_ERROR_ARGUMENT, "list of real numbers");
  assert_fails(context, lottery_trainer_set_real(trainer, LOTTERY_TRAINER_BETA1, 1), LOTTERY_ERROR_ARGUMENT,
               "beta1: 1 is outside 0 to below 1");
  assert_fails(context, lottery_trainer_set_real(trainer, key, 1), LOTTERY_ERROR_ARGUMENT, "list of real numbers");
  memset(values, 0, sizeof values);
  assert_ok(context, lottery_trainer_get_reals(trainer, key, 3, values, &count)); /* what was set is still there */
  assert_memory_equal(values, good, sizeof good);
  assert_ok(context, lottery_trainer_set_reals(trainer, key, NULL, 0));
  assert_ok(context, lottery_trainer_get_reals(trainer, key, 4, values, &count));
  assert_int_equal(count, 0);
}

static void test_setters(void **unused) {
  (void)unused;
  struct counting_allocator allocator;
  allocator_start(&allocator);
  struct holder holder = {.context = allocator_context(&allocator)};
  lottery_context *context = holder.context;
  const int64_t two = 2;
  int32_t node;
  assert_ok(context, lottery_network_create(context, &holder.network));
  assert_ok(context, lottery_network_input(holder.network, 1, &two, &node));
  assert_ok(context, lottery_network_dense(holder.network, node, 2, &node));
  assert_ok(context, lottery_network_preset(context, "mlp-2-2", &holder.trained));
  assert_ok(context, lottery_trainer_create(holder.trained, NULL, 1, &holder.trainer));
  assert_ok(context, lottery_pruner_create(context, &holder.pruner));
  assert_ok(context, lottery_archive_create(context, &holder.archive));
  for (int i = 0; i < EXPECTED; i++) {
    if (expected[i].type == INTEGER || expected[i].type == CHOICE) check_integer(&holder, &expected[i]);
    if (expected[i].type == REAL) check_real(&holder, &expected[i]);
  }
  check_keys(&holder);
  check_milestones(&holder);
  lottery_archive_destroy(holder.archive);
  lottery_pruner_destroy(holder.pruner);
  lottery_trainer_destroy(holder.trainer);
  lottery_network_destroy(holder.trained);
  lottery_network_destroy(holder.network);
  lottery_context_destroy(context);
  allocator_finish(&allocator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),
      cmocka_unit_test(test_table_errors),
      cmocka_unit_test(test_choices),
      cmocka_unit_test(test_setters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
