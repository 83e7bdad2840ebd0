/* The table of options and the checks against it. */
#include "base/option.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/context.h"
#include "base/float_mode.h"
#include "base/real_text.h"

#define LARGEST_INTEGER 9007199254740992.0 /* 2^53: whole numbers up to here are exact in a double */
#define BELOW_ONE 0x1.fffffffffffffp-1

static const char *const optimisers[] = {"sgd", "adam"};
static const char *const losses[] = {"cross_entropy", "mean_squared_error"};
static const char *const criteria[] = {"magnitude", "random"};
static const char *const scopes[] = {"layerwise", "global"};

enum {
  NODE = LOTTERY_HANDLE_NODE,
  TRAINER = LOTTERY_HANDLE_TRAINER,
  PRUNER = LOTTERY_HANDLE_PRUNER,
  NETWORK = LOTTERY_HANDLE_NETWORK,
  ARCHIVE = LOTTERY_HANDLE_ARCHIVE,
  INTEGER = LOTTERY_TYPE_INTEGER,
  REAL = LOTTERY_TYPE_REAL,
  REALS = LOTTERY_TYPE_REALS,
  CHOICE = LOTTERY_TYPE_CHOICE
};

static const struct option table[] = {
    {LOTTERY_NODE_BIAS, NODE, INTEGER, 0, 1, 1, "bias", "Whether a dense layer adds a bias to each unit.", NULL},
    {LOTTERY_TRAINER_OPTIMISER, TRAINER, CHOICE, 0, 1, 1, "optimiser", "The optimiser.", optimisers},
    {LOTTERY_TRAINER_LOSS, TRAINER, CHOICE, 0, 1, 0, "loss", "The loss.", losses},
    {LOTTERY_TRAINER_BATCH_SIZE, TRAINER, INTEGER, 1, 65536, 60, "batch_size", "Examples of one iteration.", NULL},
    {LOTTERY_TRAINER_LEARNING_RATE, TRAINER, REAL, 0, 1e6, 1.2e-3, "learning_rate", "The learning rate.", NULL},
    {LOTTERY_TRAINER_MOMENTUM, TRAINER, REAL, 0, 1, 0, "momentum", "SGD's momentum.", NULL},
    {LOTTERY_TRAINER_NESTEROV, TRAINER, INTEGER, 0, 1, 0, "nesterov", "Whether SGD's momentum is Nesterov's.", NULL},
    {LOTTERY_TRAINER_BETA1, TRAINER, REAL, 0, BELOW_ONE, 0.9, "beta1", "Adam's decay of the first moment.", NULL},
    {LOTTERY_TRAINER_BETA2, TRAINER, REAL, 0, BELOW_ONE, 0.999, "beta2", "Adam's decay of the second moment.", NULL},
    {LOTTERY_TRAINER_EPSILON, TRAINER, REAL, 1e-30, 1, 1e-8, "epsilon", "Adam's epsilon.", NULL},
    {LOTTERY_TRAINER_WEIGHT_DECAY, TRAINER, REAL, 0, 1e6, 0, "weight_decay", "L2 weight decay, added to the gradient.",
     NULL},
    {LOTTERY_TRAINER_DECAY_BIASES, TRAINER, INTEGER, 0, 1, 0, "decay_biases", "Whether biases decay too.", NULL},
    {LOTTERY_TRAINER_WARMUP, TRAINER, INTEGER, 0, LARGEST_INTEGER, 0, "warmup",
     "Iterations over which the learning rate rises linearly.", NULL},
    {LOTTERY_TRAINER_MILESTONES, TRAINER, REALS, 0, LARGEST_INTEGER, 0, "milestones",
     "Iterations at which the learning rate is multiplied by milestone_factor.", NULL},
    {LOTTERY_TRAINER_MILESTONE_FACTOR, TRAINER, REAL, 0, 1, 0.1, "milestone_factor",
     "What the learning rate is multiplied by at each milestone.", NULL},
    {LOTTERY_TRAINER_PROGRESS_INTERVAL, TRAINER, INTEGER, 1, LARGEST_INTEGER, 100, "progress_interval",
     "Iterations between two calls of the progress callback.", NULL},
    {LOTTERY_NETWORK_CROSSOVER, NETWORK, REAL, -1, 1, -1, "crossover",
     "The density below which a layer is packed; below 0 the library's table decides.", NULL},
    {LOTTERY_PRUNER_CRITERION, PRUNER, CHOICE, 0, 1, 0, "criterion", "What weights are ranked by.", criteria},
    {LOTTERY_PRUNER_SCOPE, PRUNER, CHOICE, 0, 1, 0, "scope", "Whether tensors are ranked one by one or together.",
     scopes},
    {LOTTERY_PRUNER_RATE, PRUNER, REAL, 0, 1, 0.2, "rate", "The fraction of the surviving weights that goes.", NULL},
    {LOTTERY_PRUNER_OUTPUT_FACTOR, PRUNER, REAL, 0, 1, 0.5, "output_factor",
     "What multiplies the rate of the output layer.", NULL},
    {LOTTERY_PRUNER_COUNT, PRUNER, INTEGER, 0, LARGEST_INTEGER, 0, "count", "Exactly how many weights go.", NULL},
    {LOTTERY_PRUNER_DENSITY, PRUNER, REAL, 0, 1, 1, "density", "The fraction of all weights that stays.", NULL},
    {LOTTERY_PRUNER_SEED, PRUNER, INTEGER, 0, LARGEST_INTEGER, 0, "seed", "Seed of the random criterion.", NULL},
    {LOTTERY_ARCHIVE_HEADER_LIMIT, ARCHIVE, INTEGER, 1024, 1 << 30, 1 << 20, "header_limit",
     "Bytes that the header of a file may have.", NULL},
    {LOTTERY_ARCHIVE_BYTE_LIMIT, ARCHIVE, INTEGER, 1024, LARGEST_INTEGER, 4294967296.0, "byte_limit",
     "Bytes that a file, and the weights that it stands for, all dense, may have.", NULL},
};

enum { TABLE_COUNT = sizeof table / sizeof table[0] };

int64_t option_count(void) { return TABLE_COUNT; }

const struct option *option_at(int64_t index) { return index >= 0 && index < TABLE_COUNT ? &table[index] : NULL; }

const struct option *option_find(int32_t key) {
  for (int i = 0; i < TABLE_COUNT; i++)
    if (table[i].key == key) return &table[i];
  return NULL;
}

const struct option *option_find_name(int32_t handle, const char *name) {
  for (int i = 0; i < TABLE_COUNT; i++)
    if (table[i].handle == handle && strcmp(table[i].name, name) == 0) return &table[i];
  return NULL;
}

/* Keys of one handle share their hundreds. */
static int32_t slot(int32_t key) { return key % 100; }

void option_initialise(struct option_values *values, int32_t handle) {
  *values = (struct option_values){.handle = handle};
  for (int i = 0; i < TABLE_COUNT; i++) {
    if (table[i].handle != handle) continue;
    /* Only whole numbers are converted: the exception "inexact" may be trapped by the host. */
    if (table[i].type == INTEGER || table[i].type == CHOICE)
      values->integer[slot(table[i].key)] = (int64_t)table[i].initial;
    else
      values->real[slot(table[i].key)] = table[i].initial;
  }
}

static const char *type_name(int32_t type) {
  switch (type) {
    case INTEGER: return "an integer";
    case REAL: return "a real number";
    case REALS: return "a list of real numbers";
    default: return "a choice";
  }
}

const struct option *option_require(struct lottery_context *context, int32_t handle, int32_t key, int32_t type,
                                    int32_t other_type) {
  const struct option *option = option_find(key);
  if (option == NULL || option->handle != handle) {
    context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: %d is not an option of this handle", (int)key);
    return NULL;
  }
  if (option->type != type && option->type != other_type) {
    context_fail(context, LOTTERY_ERROR_ARGUMENT, "key: option %s is %s, not %s", option->name, type_name(option->type),
                 type_name(type));
    return NULL;
  }
  return option;
}

lottery_status option_set_integer(struct lottery_context *context, struct option_values *values, int32_t key,
                                  int64_t value) {
  const struct option *option = option_require(context, values->handle, key, INTEGER, CHOICE);
  if (option == NULL) return LOTTERY_ERROR_ARGUMENT;
  if (value < (int64_t)option->minimum || value > (int64_t)option->maximum)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: %lld is outside %lld to %lld", option->name,
                        (long long)value, (long long)option->minimum, (long long)option->maximum);
  values->integer[slot(key)] = value;
  return LOTTERY_OK;
}

lottery_status option_get_integer(struct lottery_context *context, const struct option_values *values, int32_t key,
                                  int64_t *out) {
  if (option_require(context, values->handle, key, INTEGER, CHOICE) == NULL) return LOTTERY_ERROR_ARGUMENT;
  *out = values->integer[slot(key)];
  return LOTTERY_OK;
}

bool option_is_within(double value, double minimum, double maximum) {
  const uint64_t mode = float_mode_enter_ieee();
  const volatile double checked = value; /* volatile: or the comparison might move out of the mode */
  const volatile bool within = checked >= minimum && checked <= maximum;
  float_mode_leave(mode);
  return within;
}

lottery_status option_set_real(struct lottery_context *context, struct option_values *values, int32_t key,
                               double value) {
  const struct option *option = option_require(context, values->handle, key, REAL, REAL);
  if (option == NULL) return LOTTERY_ERROR_ARGUMENT;
  if (!option_is_within(value, option->minimum, option->maximum))
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "%s: %s is outside %s to %s%s", option->name,
                        real_text(value).text, real_text(option->minimum).text,
                        option->maximum == BELOW_ONE ? "below " : "", real_text(option->maximum).text);
  values->real[slot(key)] = value;
  return LOTTERY_OK;
}

lottery_status option_get_real(struct lottery_context *context, const struct option_values *values, int32_t key,
                               double *out) {
  if (option_require(context, values->handle, key, REAL, REAL) == NULL) return LOTTERY_ERROR_ARGUMENT;
  *out = values->real[slot(key)];
  return LOTTERY_OK;
}

void option_put_integer(struct option_values *values, int32_t key, int64_t value) {
  values->integer[slot(key)] = value;
}
void option_put_real(struct option_values *values, int32_t key, double value) { values->real[slot(key)] = value; }

_Static_assert(OPTION_SLOTS <= 64, "option_note has 64 bits");
bool option_note(uint64_t *seen, const struct option *option) {
  const uint64_t bit = (uint64_t)1 << slot(option->key), before = *seen & bit;
  *seen |= bit;
  return before != 0;
}

int64_t option_integer(const struct option_values *values, int32_t key) { return values->integer[slot(key)]; }
double option_real(const struct option_values *values, int32_t key) { return values->real[slot(key)]; }
