/* The arrays that go with the parameters, made for a layout and converted from the one before. */
#include "base/context.h"
#include "base/memory.h"
#include "train/optimiser.h"
#include "train/trainer.h"

void trainer_arrays_release(struct lottery_context *context, struct trainer_arrays *arrays) {
  memory_release(context, arrays->gradient);
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++) memory_release(context, arrays->state[slot]);
  object_release(arrays->layout);
  *arrays = (struct trainer_arrays){0};
}

int32_t trainer_slots(const struct lottery_trainer *trainer) {
  int32_t slots = 0;
  for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++)
    if (trainer->arrays.state[slot] != NULL) slots |= 1 << slot;
  return slots;
}

lottery_status trainer_arrays_allocate(struct layout *layout, int32_t slots, struct trainer_arrays *arrays) {
  *arrays = (struct trainer_arrays){.layout = object_retain(layout), .gradient = layout_allocate(layout)};
  bool complete = arrays->gradient != NULL;
  for (int slot = LOTTERY_SLOT_FIRST; complete && slot < SNAPSHOT_SLOTS; slot++) {
    if ((slots & 1 << slot) == 0) continue;
    arrays->state[slot] = layout_allocate(layout);
    complete = arrays->state[slot] != NULL;
  }
  if (complete) return LOTTERY_OK;
  trainer_arrays_release(layout->object.context, arrays);
  return LOTTERY_ERROR_MEMORY;
}

lottery_status trainer_arrays_create(struct lottery_trainer *trainer, struct layout *layout,
                                     struct trainer_arrays *arrays) {
  struct lottery_context *context = trainer->object.context;
  const struct trainer_arrays *present = &trainer->arrays;
  const int32_t slots = optimiser_slots(&trainer->options) | trainer_slots(trainer);
  const lottery_status status = trainer_arrays_allocate(layout, slots, arrays);
  if (status != LOTTERY_OK) return status;
  float *scratch = memory_allocate(context, network_largest_tensor(trainer->network), sizeof *scratch);
  if (scratch == NULL) {
    trainer_arrays_release(context, arrays);
    return LOTTERY_ERROR_MEMORY;
  }
  if (trainer->phase == PHASE_GRADIENT)
    layout_convert(present->layout, present->gradient, layout, arrays->gradient, scratch);
  for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++)
    if (present->state[slot] != NULL)
      layout_convert(present->layout, present->state[slot], layout, arrays->state[slot], scratch);
  memory_release(context, scratch);
  return LOTTERY_OK;
}

void trainer_arrays_commit(struct lottery_trainer *trainer, struct trainer_arrays *arrays) {
  trainer_arrays_release(trainer->object.context, &trainer->arrays);
  trainer->arrays = *arrays;
}

/* Whether the arrays have the network's layout and every slot that the optimiser needs. */
static bool arrays_are_current(const struct lottery_trainer *trainer) {
  const int32_t slots = optimiser_slots(&trainer->options);
  bool current = trainer->arrays.layout == trainer->network->parameters.layout;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    current = current && ((slots & 1 << slot) == 0 || trainer->arrays.state[slot] != NULL);
  return current;
}

lottery_status trainer_match_layout(struct lottery_trainer *trainer) {
  if (arrays_are_current(trainer)) return LOTTERY_OK;
  struct trainer_arrays arrays;
  const lottery_status status = trainer_arrays_create(trainer, trainer->network->parameters.layout, &arrays);
  if (status == LOTTERY_OK) trainer_arrays_commit(trainer, &arrays);
  return status;
}
