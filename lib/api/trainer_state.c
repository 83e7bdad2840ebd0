/* The public functions of what a trainer holds: its place in the data, its optimiser's state, snapshots, rewinding. */
#include "api/check_trainer.h"
#include "base/finite.h"
#include "base/float_mode.h"
#include "base/list.h"
#include "base/real_text.h"
#include "train/optimiser.h"
#include "train/state.h"

#define LARGEST_COUNT ((int64_t)1 << 53)

static lottery_status check_count_argument(lottery_trainer *trainer, const char *name, int64_t value) {
  if (value >= 0 && value <= LARGEST_COUNT) return LOTTERY_OK;
  return context_fail(trainer->object.context, LOTTERY_ERROR_ARGUMENT, "%s: %lld is outside 0 to 2^53", name,
                      (long long)value);
}

lottery_status lottery_trainer_epoch_batches(lottery_trainer *trainer, int64_t *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_ERROR(check_has_dataset(trainer));
  RETURN_IF_NULL(trainer->object.context, out);
  *out = order_batches(&trainer->order, option_integer(&trainer->options, LOTTERY_TRAINER_BATCH_SIZE));
  return LOTTERY_OK;
}

lottery_status lottery_trainer_batch(lottery_trainer *trainer, int64_t ahead, int64_t capacity, int64_t *indices,
                                     int64_t *count) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_ERROR(check_has_dataset(trainer));
  struct lottery_context *context = trainer->object.context;
  RETURN_IF_NULL(context, count);
  RETURN_IF_ERROR(check_count_argument(trainer, "ahead", ahead));
  const int64_t size = option_integer(&trainer->options, LOTTERY_TRAINER_BATCH_SIZE);
  int64_t examples;
  const int32_t *batch =
      order_batch(&trainer->order, trainer->position.seed, trainer->position.batch + ahead, size, &examples);
  RETURN_IF_ERROR(list_check(context, "indices", indices, capacity, examples));
  for (int64_t i = 0; capacity > 0 && i < examples; i++) indices[i] = batch[i];
  *count = examples;
  return LOTTERY_OK;
}

lottery_status lottery_trainer_get_optimiser_steps(lottery_trainer *trainer, int64_t *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  *out = trainer->optimiser_steps;
  return LOTTERY_OK;
}

lottery_status lottery_trainer_set_optimiser_steps(lottery_trainer *trainer, int64_t steps) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_count_argument(trainer, "steps", steps));
  trainer->optimiser_steps = steps;
  return LOTTERY_OK;
}

/* The arguments for a tensor's slot of optimiser state, which exists afterwards. */
static lottery_status check_slot(lottery_trainer *trainer, int64_t tensor, int32_t slot, const float *values,
                                 int64_t count) {
  struct lottery_context *context = trainer->object.context;
  const struct lottery_network *network = trainer->network;
  RETURN_IF_NULL(context, values);
  RETURN_IF_ERROR(tensor_check_index(context, tensor, network->tensor_count));
  RETURN_IF_ERROR(tensor_check_count(context, &network->tensors[tensor], count));
  if (slot != LOTTERY_SLOT_FIRST && slot != LOTTERY_SLOT_SECOND)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "slot: %d is neither FIRST (%d) nor SECOND (%d)", (int)slot,
                        LOTTERY_SLOT_FIRST, LOTTERY_SLOT_SECOND);
  if ((optimiser_slots(&trainer->options) & 1 << slot) == 0)
    return context_fail(context, LOTTERY_ERROR_STATE, "slot: the optimiser has no state %d under its options",
                        (int)slot);
  return trainer_match_layout(trainer);
}

lottery_status lottery_trainer_read_optimiser(lottery_trainer *trainer, int64_t tensor, int32_t slot, float *values,
                                              int64_t count) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_ERROR(check_slot(trainer, tensor, slot, values, count));
  layout_read(trainer->arrays.layout, trainer->arrays.state[slot], tensor, values);
  return LOTTERY_OK;
}

/* A second moment is a mean of squares, whose root is taken. */
static lottery_status check_not_negative(struct lottery_context *context, const float *values, int64_t count) {
  const uint64_t mode = float_mode_enter_ieee();
  int64_t i = 0;
  while (i < count && values[i] >= 0.0F) i++;
  float_mode_leave(mode);
  if (i == count) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_ARGUMENT, "values: element %lld, %s, is below 0", (long long)i,
                      real_text(finite_widen(&values[i])).text);
}

lottery_status lottery_trainer_write_optimiser(lottery_trainer *trainer, int64_t tensor, int32_t slot,
                                               const float *values, int64_t count) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_slot(trainer, tensor, slot, values, count));
  RETURN_IF_ERROR(finite_check(trainer->object.context, "values", values, count));
  if (slot == LOTTERY_SLOT_SECOND) RETURN_IF_ERROR(check_not_negative(trainer->object.context, values, count));
  layout_write(trainer->arrays.layout, trainer->arrays.state[slot], tensor, values);
  return LOTTERY_OK;
}

/* what: a set of LOTTERY_STATE_… within `allowed`. */
static lottery_status check_what(lottery_trainer *trainer, int32_t what, int32_t allowed) {
  if ((what & ~allowed) == 0) return LOTTERY_OK;
  return context_fail(trainer->object.context, LOTTERY_ERROR_ARGUMENT, "what: %d has bits outside %d", (int)what,
                      (int)allowed);
}

lottery_status lottery_trainer_snapshot(lottery_trainer *trainer, int32_t what, lottery_snapshot **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  RETURN_IF_ERROR(check_what(trainer, what, LOTTERY_STATE_ALL));
  *out = state_of_trainer(trainer, what);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

lottery_status lottery_trainer_rewind(lottery_trainer *trainer, lottery_snapshot *snapshot, lottery_mask *mask,
                                      int32_t what) {
  RETURN_IF_ERROR(check_idle(trainer));
  if (snapshot != NULL) RETURN_UNLESS_OTHER_HANDLE(trainer->object.context, snapshot, OBJECT_SNAPSHOT);
  if (mask != NULL) RETURN_UNLESS_OTHER_HANDLE(trainer->object.context, mask, OBJECT_MASK);
  RETURN_IF_ERROR(check_what(trainer, what, LOTTERY_STATE_ALL));
  return state_rewind(trainer, snapshot, mask, what);
}

lottery_status lottery_trainer_reset(lottery_trainer *trainer, int32_t what) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_what(trainer, what, LOTTERY_STATE_OPTIMISER | LOTTERY_STATE_POSITION));
  trainer->phase = PHASE_IDLE;
  if ((what & LOTTERY_STATE_OPTIMISER) != 0) optimiser_reset(trainer);
  if ((what & LOTTERY_STATE_POSITION) != 0) trainer->position.iteration = trainer->position.batch = 0;
  return LOTTERY_OK;
}
