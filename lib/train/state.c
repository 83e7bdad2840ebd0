/* Snapshots and rewinding. */
#include "train/state.h"

#include "base/context.h"
#include "train/optimiser.h"
#include "train/trainer.h"

/* Copies a flat array of parameters into a slot of the snapshot. */
static void save(const struct lottery_network *network, const float *flat, struct lottery_snapshot *snapshot,
                 int slot) {
  for (int64_t i = 0; flat != NULL && i < network->tensor_count; i++)
    network_read_flat(network, flat, i, snapshot->slots[slot] + snapshot->offsets[i]);
}

struct lottery_snapshot *state_of_network(struct lottery_network *network) {
  struct lottery_snapshot *snapshot = snapshot_create(network->object.context, network->tensors, network->tensor_count,
                                                      LOTTERY_STATE_WEIGHTS, 1 << LOTTERY_SLOT_WEIGHT);
  if (snapshot != NULL) save(network, network->parameters, snapshot, LOTTERY_SLOT_WEIGHT);
  return snapshot;
}

struct lottery_snapshot *state_of_trainer(struct lottery_trainer *trainer, int32_t what) {
  struct lottery_network *network = trainer->network;
  int32_t slots = (what & LOTTERY_STATE_WEIGHTS) != 0 ? 1 << LOTTERY_SLOT_WEIGHT : 0;
  if ((what & LOTTERY_STATE_OPTIMISER) != 0) slots |= optimiser_slots(trainer);
  struct lottery_snapshot *snapshot =
      snapshot_create(trainer->object.context, network->tensors, network->tensor_count, what, slots);
  if (snapshot == NULL) return NULL;
  if (trainer->mask_changes != network->mask_changes) optimiser_apply_mask(trainer);
  snapshot->optimiser = (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_OPTIMISER);
  snapshot->optimiser_steps = trainer->optimiser_steps;
  snapshot->position = trainer->position;
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    if (snapshot->slots[slot] != NULL)
      save(network, slot == LOTTERY_SLOT_WEIGHT ? network->parameters : trainer->state[slot], snapshot, slot);
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
    if (tensor >= 0)
      network_write_flat(network, network->parameters, tensor,
                         snapshot->slots[LOTTERY_SLOT_WEIGHT] + snapshot->offsets[i]);
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

static void restore(struct lottery_trainer *trainer, const struct lottery_snapshot *snapshot, int slot, float *flat) {
  if (flat == NULL || snapshot->slots[slot] == NULL) return;
  for (int64_t i = 0; i < snapshot->tensor_count; i++)
    network_write_flat(trainer->network, flat, i, snapshot->slots[slot] + snapshot->offsets[i]);
}

lottery_status state_rewind(struct lottery_trainer *trainer, const struct lottery_snapshot *snapshot,
                            struct lottery_mask *mask, int32_t what) {
  lottery_status status = check_rewind(trainer, snapshot, mask, what);
  if (status == LOTTERY_OK) status = optimiser_prepare(trainer); /* the last thing that can fail */
  if (status != LOTTERY_OK) return status;
  if (mask != NULL) network_set_mask(trainer->network, mask);
  optimiser_apply_mask(trainer);
  trainer->mask_changes = trainer->network->mask_changes;
  trainer->phase = PHASE_IDLE;
  if ((what & LOTTERY_STATE_WEIGHTS) != 0)
    restore(trainer, snapshot, LOTTERY_SLOT_WEIGHT, trainer->network->parameters);
  if ((what & LOTTERY_STATE_OPTIMISER) != 0) {
    optimiser_reset(trainer); /* a slot that the snapshot lacks was zero when it was taken */
    for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++)
      restore(trainer, snapshot, slot, trainer->state[slot]);
    trainer->optimiser_steps = snapshot->optimiser_steps;
  }
  if ((what & LOTTERY_STATE_POSITION) != 0) trainer->position = snapshot->position;
  return LOTTERY_OK;
}
