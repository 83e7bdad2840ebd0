/* Setting options that have consequences, and the list of milestones. */
#include "train/options.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/float_mode.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/real_text.h"
#include "base/status.h"
#include "train/optimiser.h"

lottery_status trainer_set_integer(struct lottery_trainer *trainer, int32_t key, int64_t value) {
  int64_t before = 0;
  if (key == LOTTERY_TRAINER_OPTIMISER) before = option_integer(&trainer->options, key);
  RETURN_IF_ERROR(option_set_integer(trainer->object.context, &trainer->options, key, value));
  if (key == LOTTERY_TRAINER_OPTIMISER && value != before) optimiser_reset(trainer);
  return LOTTERY_OK;
}

static const struct option *require_list(const struct lottery_trainer *trainer, int32_t key) {
  return option_require(trainer->object.context, LOTTERY_HANDLE_TRAINER, key, LOTTERY_TYPE_REALS, LOTTERY_TYPE_REALS);
}

/* The first of the values that is not a whole number in the option's range above the one before; or count. */
static int64_t milestones_end(const struct option *option, const double *values, int64_t count) {
  const uint64_t mode = float_mode_enter_ieee();
  int64_t i = 0;
  while (i < count && values[i] >= option->minimum && values[i] <= option->maximum && values[i] == floor(values[i]) &&
         (i == 0 || values[i] > values[i - 1]))
    i++;
  float_mode_leave(mode);
  return i;
}

/* MILESTONES is the one list there is. */
lottery_status trainer_set_reals(struct lottery_trainer *trainer, int32_t key, const double *values, int64_t count) {
  struct lottery_context *context = trainer->object.context;
  const struct option *option = require_list(trainer, key);
  if (option == NULL) return LOTTERY_ERROR_ARGUMENT;
  if (count < 0) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "count: %lld is below 0", (long long)count);
  if (count > 0 && values == NULL) return context_fail(context, LOTTERY_ERROR_ARGUMENT, "values: NULL");
  const int64_t end = milestones_end(option, values, count);
  if (end < count)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT,
                        "values: element %lld of %s, %s, is not a whole number above the one before", (long long)end,
                        option->name, real_text(values[end]).text);
  double *milestones = memory_allocate(context, count, sizeof *milestones);
  if (milestones == NULL) return LOTTERY_ERROR_MEMORY;
  if (count > 0) memcpy(milestones, values, (size_t)count * sizeof *milestones);
  memory_release(context, trainer->milestones);
  trainer->milestones = milestones;
  trainer->milestone_count = count;
  return LOTTERY_OK;
}

lottery_status trainer_get_reals(const struct lottery_trainer *trainer, int32_t key, int64_t capacity, double *values,
                                 int64_t *count) {
  if (require_list(trainer, key) == NULL) return LOTTERY_ERROR_ARGUMENT;
  if (count == NULL) return context_fail(trainer->object.context, LOTTERY_ERROR_ARGUMENT, "count: NULL");
  RETURN_IF_ERROR(list_check(trainer->object.context, "values", values, capacity, trainer->milestone_count));
  if (capacity > 0 && trainer->milestone_count > 0)
    memcpy(values, trainer->milestones, (size_t)trainer->milestone_count * sizeof *values);
  *count = trainer->milestone_count;
  return LOTTERY_OK;
}
