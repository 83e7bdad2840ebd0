/* Restoring a trainer: first all memory, then nothing can fail. */
#include "train/restore.h"

#include <string.h>

#include "base/memory.h"
#include "train/optimiser.h"

/* Copies all tensors into a flat array of the layout. `values` lie as in a slot of the snapshot. */
static void write(const struct lottery_snapshot *snapshot, const float *values, const struct layout *layout,
                  float *flat) {
  for (int64_t i = 0; i < snapshot->tensor_count; i++) layout_write(layout, flat, i, values + snapshot->offsets[i]);
}

static int32_t slots_of(const struct trainer_saved *saved) {
  int32_t slots = optimiser_slots(&saved->options);
  for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++)
    if (saved->values->slots[slot] != NULL) slots |= 1 << slot;
  return slots;
}

lottery_status trainer_restore(struct lottery_trainer *trainer, const struct trainer_saved *saved) {
  struct lottery_network *network = trainer->network;
  struct lottery_context *context = trainer->object.context;
  struct parameters converted;
  struct trainer_arrays arrays;
  double *milestones = memory_allocate(context, saved->milestone_count, sizeof *milestones);
  if (milestones == NULL) return LOTTERY_ERROR_MEMORY;
  const double crossover = option_real(&saved->network_options, LOTTERY_NETWORK_CROSSOVER);
  lottery_status status = network_convert(network, saved->mask, crossover, &converted);
  if (status == LOTTERY_OK) {
    status = trainer_arrays_allocate(converted.layout, slots_of(saved), &arrays);
    if (status != LOTTERY_OK) parameters_release(&converted);
  }
  if (status != LOTTERY_OK) {
    memory_release(context, milestones);
    return status;
  }
  const struct lottery_snapshot *values = saved->values;
  write(values, values->slots[LOTTERY_SLOT_WEIGHT], converted.layout, converted.values);
  for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++)
    if (values->slots[slot] != NULL) write(values, values->slots[slot], converted.layout, arrays.state[slot]);
  if (saved->gradient != SAVED_GRADIENT_NONE) write(values, saved->gradient_values, converted.layout, arrays.gradient);
  network_take(network, &converted);
  network_touch(network);
  trainer_arrays_commit(trainer, &arrays);
  network->options = saved->network_options;
  trainer->options = saved->options;
  if (saved->milestone_count > 0)
    memcpy(milestones, saved->milestones, (size_t)saved->milestone_count * sizeof *milestones);
  memory_release(context, trainer->milestones);
  trainer->milestones = milestones;
  trainer->milestone_count = saved->milestone_count;
  trainer->optimiser_steps = values->optimiser_steps;
  trainer->position = values->position;
  trainer->has_loss = saved->has_loss;
  trainer->loss = saved->loss;
  trainer->phase = saved->gradient != SAVED_GRADIENT_NONE ? PHASE_GRADIENT : PHASE_IDLE;
  trainer->phase_drawn = saved->gradient == SAVED_GRADIENT_DRAWN;
  return LOTTERY_OK;
}
