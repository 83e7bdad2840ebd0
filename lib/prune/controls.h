/* Masks for controls and other networks: a random mask of the same densities, and a mask moved to another network. */
#ifndef PRUNE_CONTROLS_H
#define PRUNE_CONTROLS_H

#include "model/mask.h"

/* A mask that keeps as many weights of each tensor, every choice of them equally likely; NULL when memory is out
 * (message set). */
struct lottery_mask *mask_shuffle(struct lottery_context *context, const struct lottery_mask *mask, uint64_t seed);

/* A mask over a network's `tensors`: those that match are taken from `mask`, the others are ones. LOTTERY_PARTIAL when
 * some did not match; LOTTERY_ERROR_SHAPE, with *out NULL, when none did. */
lottery_status mask_transfer(struct lottery_context *context, const struct lottery_mask *mask,
                             const struct tensor *tensors, int64_t count, struct lottery_mask **out);

#endif
