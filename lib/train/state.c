/* Snapshots and rewinding. */
#include "train/state.h"

#include "base/context.h"
#include "train/optimiser.h"
#include "train/trainer.h"

/* Copies a flat array of a layout into a slot of the snapshot. */
static void save(const struct layout *layout, const float *flat, struct lottery_snapshot *snapshot, int slot) {
  for (int64_t i = 0; flat != NULL && i < layout->tensor_count; i++)
    layout_read(layout, flat, i, snapshot->slots[slot] + snapshot->offsets[i]);
}

struct lottery_snapshot *state_of_network(struct lottery_network *network) {
  struct lottery_snapshot *snapshot = snapshot_create(network->object.context, network->tensors, network->tensor_count,
                                                      LOTTERY_STATE_WEIGHTS, 1 << LOTTERY_SLOT_WEIGHT);
  if (snapshot != NULL) save(network->parameters.layout, network->parameters.values, snapshot, LOTTERY_SLOT_WEIGHT);
  return snapshot;
}

struct lottery_snapshot *state_of_trainer(struct lottery_trainer *trainer, int32_t what) {
  struct lottery_network *network = trainer->network;
  if (trainer_match_layout(trainer) != LOTTERY_OK) return NULL;
  int32_t slots = (what & LOTTERY_STATE_WEIGHTS) != 0 ? 1 << LOTTERY_SLOT_WEIGHT : 0;
  if ((what & LOTTERY_STATE_OPTIMISER) != 0) /* also a momentum that is switched off at present */
    slots |= optimiser_slots(&trainer->options) | (trainer_slots(trainer) & 1 << LOTTERY_SLOT_FIRST);
  struct lottery_snapshot *snapshot =
      snapshot_create(trainer->object.context, network->tensors, network->tensor_count, what, slots);
  if (snapshot == NULL) return NULL;
  snapshot->optimiser = (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_OPTIMISER);
  snapshot->optimiser_steps = trainer->optimiser_steps;
  snapshot->position = trainer->position;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++) {
    if (snapshot->slots[slot] == NULL) continue;
    if (slot == LOTTERY_SLOT_WEIGHT)
      save(network->parameters.layout, network->parameters.values, snapshot, slot);
    else
      save(trainer->arrays.layout, trainer->arrays.state[slot], snapshot, slot);
  }
  return snapshot;
}

lottery_status state_restore_network(struct lottery_network *network, const struct lottery_snapshot *snapshot) {
  if (snapshot->slots[LOTTERY_SLOT_WEIGHT] == NULL)
    return context_fail(network->object.context, LOTTERY_ERROR_STATE, "snapshot: holds no weights");
  const lottery_status status =
      tensor_report_unmatched(network->object.context, "snapshot", snapshot->tensors, snapshot->tensor_count,
                              network->tensors, network->tensor_count);
  if (status < LOTTERY_OK) return status;
  for (int64_t i = 0; i < snapshot->tensor_count; i++) {
    const int64_t tensor = tensor_match(network->tensors, network->tensor_count, &snapshot->tensors[i]);
    if (tensor >= 0) network_write(network, tensor, snapshot->slots[LOTTERY_SLOT_WEIGHT] + snapshot->offsets[i]);
  }
  return status;
}

/* Everything that can be wrong with a rewind, before anything is changed. */
static lottery_status check_rewind(struct lottery_trainer *trainer, const struct lottery_snapshot *snapshot,
                                   const struct lottery_mask *mask, int32_t what) {
  struct lottery_context *context = trainer->object.context;
  struct lottery_network *network = trainer->network;
  if (mask != NULL) {
    const lottery_status status = network_check_mask_shape(network, mask);
    if (status != LOTTERY_OK) return status;
  }
  if (what == 0) return LOTTERY_OK;
  if (snapshot == NULL)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "snapshot: NULL, but what is %d", (int)what);
  if ((what & ~snapshot->contents) != 0)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "what: %d asks for parts that the snapshot (%d) does not hold",
                        (int)what, (int)snapshot->contents);
  if (!tensor_lists_equal(snapshot->tensors, snapshot->tensor_count, network->tensors, network->tensor_count))
    return context_fail(context, LOTTERY_ERROR_SHAPE,
                        "snapshot: its tensors are not the network's; lottery_network_restore moves weights by name");
  const int32_t optimiser = (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_OPTIMISER);
  if ((what & LOTTERY_STATE_OPTIMISER) != 0 && snapshot->optimiser != optimiser)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "snapshot: holds the state of optimiser %d, the trainer's is %d",
                        (int)snapshot->optimiser, (int)optimiser);
  return LOTTERY_OK;
}

/* Copies a slot of the snapshot into a flat array of the network's layout. */
static void restore(const struct lottery_network *network, const struct lottery_snapshot *snapshot, int slot,
                    float *flat) {
  for (int64_t i = 0; i < snapshot->tensor_count; i++)
    layout_write(network->parameters.layout, flat, i, snapshot->slots[slot] + snapshot->offsets[i]);
}

/* The trainer's arrays and, where the mask changes, the network's parameters in their new layout, all or nothing. */
static lottery_status change_layout(struct lottery_trainer *trainer, struct lottery_mask *mask) {
  struct lottery_network *network = trainer->network;
  if (mask == NULL || mask == network_mask(network)) return trainer_match_layout(trainer);
  struct parameters converted;
  lottery_status status = network_convert(network, mask, network_crossover(network), &converted);
  if (status != LOTTERY_OK) return status;
  struct trainer_arrays arrays;
  status = trainer_arrays_create(trainer, converted.layout, &arrays);
  if (status != LOTTERY_OK) {
    parameters_release(&converted);
    return status;
  }
  network_take(network, &converted);
  trainer_arrays_commit(trainer, &arrays);
  return LOTTERY_OK;
}

lottery_status state_rewind(struct lottery_trainer *trainer, const struct lottery_snapshot *snapshot,
                            struct lottery_mask *mask, int32_t what) {
  struct lottery_network *network = trainer->network;
  lottery_status status = check_rewind(trainer, snapshot, mask, what);
  if (status == LOTTERY_OK) status = change_layout(trainer, mask); /* nothing after this can fail */
  if (status != LOTTERY_OK) return status;
  trainer->phase = PHASE_IDLE;
  if ((what & LOTTERY_STATE_WEIGHTS) != 0) {
    restore(network, snapshot, LOTTERY_SLOT_WEIGHT, network->parameters.values);
    network_touch(network);
  }
  if ((what & LOTTERY_STATE_OPTIMISER) != 0) {
    optimiser_reset(trainer); /* a slot that the snapshot lacks was zero when it was taken */
    for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++)
      if (trainer->arrays.state[slot] != NULL && snapshot->slots[slot] != NULL)
        restore(network, snapshot, slot, trainer->arrays.state[slot]);
    trainer->optimiser_steps = snapshot->optimiser_steps;
  }
  if ((what & LOTTERY_STATE_POSITION) != 0) trainer->position = snapshot->position;
  return LOTTERY_OK;
}
