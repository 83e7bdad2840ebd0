/* Masks for controls and other networks: the random mask of the same densities, and a ticket moved elsewhere. */
#ifndef PRUNE_CONTROLS_H
#define PRUNE_CONTROLS_H

#include "model/mask.h"

/* A mask that keeps as many weights of each tensor, every choice of them equally likely; NULL when memory is out
 * (message set). */
struct lottery_mask *mask_shuffle(struct lottery_context *context, const struct lottery_mask *mask, uint64_t seed);

/* A mask over `tensors`, a network's, with what matches taken from `mask` and ones elsewhere. LOTTERY_PARTIAL when
 * something did not match; LOTTERY_ERROR_SHAPE, *out NULL, when nothing did. */
lottery_status mask_transfer(struct lottery_context *context, const struct lottery_mask *mask,
                             const struct tensor *tensors, int64_t count, struct lottery_mask **out);

#endif
