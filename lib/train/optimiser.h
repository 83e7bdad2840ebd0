/* The optimiser's state and its step. */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "base/public.h"

struct lottery_trainer;

/* The slots (a set of bits 1 << LOTTERY_SLOT_…) of state that the trainer's optimiser has under its options. */
int32_t optimiser_slots(const struct lottery_trainer *trainer);

/* Allocates the slots, zeroed, that are not there yet. */
lottery_status optimiser_prepare(struct lottery_trainer *trainer);

/* Forgets the state: zero, no steps made. */
void optimiser_reset(struct lottery_trainer *trainer);

/* Releases the state's memory. */
void optimiser_release(struct lottery_trainer *trainer);

/* Zeroes the state of weights that the network's mask prunes. */
void optimiser_apply_mask(struct lottery_trainer *trainer);

/* One step with the trainer's gradient at the given rate. */
void optimiser_step(struct lottery_trainer *trainer, double rate);

#endif
