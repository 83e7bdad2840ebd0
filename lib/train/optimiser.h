/* The optimiser: which state it has, and its step as an update of gradients (kernels/update.h). */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "model/layer/layer.h"

struct lottery_trainer;

/* The slots (a set of bits 1 << LOTTERY_SLOT_…) of state that the trainer's optimiser has under its options. */
int32_t optimiser_slots(const struct option_values *options);

/* Forgets the state: zero, no steps made. */
void optimiser_reset(struct lottery_trainer *trainer);

/* A sink that only stores the gradient. */
struct gradient_sink optimiser_store(const struct lottery_trainer *trainer);

/* Counts a step and makes the sink that takes it, at the given rate. */
struct gradient_sink optimiser_step(struct lottery_trainer *trainer, double rate);

/* Takes the step with the gradient that is stored. */
void optimiser_apply(struct lottery_trainer *trainer, const struct gradient_sink *sink);

/* The first tensor with a weight, or else with optimiser state, that is not finite, and that value; NULL: there is
 * none. A step that overflows makes them. */
struct overflow {
  const char *tensor, *part;
  float value;
};
struct overflow optimiser_find_overflow(const struct lottery_trainer *trainer);

#endif
