/* Changing, combining and comparing masks, bit by bit. */
#ifndef PRUNE_MASK_ALGEBRA_H
#define PRUNE_MASK_ALGEBRA_H

#include "model/mask.h"

/* LOTTERY_ERROR_SHAPE with a message unless the mask covers exactly these tensors. argument: its name, for the
 * message. */
lottery_status mask_require_tensors(struct lottery_context *context, const char *argument,
                                    const struct lottery_mask *mask, const struct tensor *tensors, int64_t count);

/* The mask with one tensor taken from its bytes, 0 for pruned; NULL when memory is out (message set), as the next
 * four. */
struct lottery_mask *mask_replace(struct lottery_context *context, const struct lottery_mask *mask, int64_t tensor,
                                  const uint8_t *bytes);

/* The weights that both masks keep; that either keeps; that the first keeps and the second does not. The masks
 * agree. */
struct lottery_mask *mask_intersect(struct lottery_context *context, const struct lottery_mask *first,
                                    const struct lottery_mask *second);
struct lottery_mask *mask_unite(struct lottery_context *context, const struct lottery_mask *first,
                                const struct lottery_mask *second);
struct lottery_mask *mask_subtract(struct lottery_context *context, const struct lottery_mask *first,
                                   const struct lottery_mask *second);

/* The weights that the mask prunes. */
struct lottery_mask *mask_complement(struct lottery_context *context, const struct lottery_mask *mask);

/* In how many weights two agreeing masks differ; kept by both / kept by either (1 if neither keeps any). */
int64_t mask_hamming(const struct lottery_mask *first, const struct lottery_mask *second);
double mask_jaccard(const struct lottery_mask *first, const struct lottery_mask *second);

#endif
