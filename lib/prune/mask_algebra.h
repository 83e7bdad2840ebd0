/* Masks changed, combined and compared, bit by bit. */
#ifndef PRUNE_MASK_ALGEBRA_H
#define PRUNE_MASK_ALGEBRA_H

#include "model/mask.h"

/* LOTTERY_ERROR_SHAPE with a message unless the mask, which is the argument called `argument`, covers exactly these
 * tensors. */
lottery_status mask_require_tensors(struct lottery_context *context, const char *argument,
                                    const struct lottery_mask *mask, const struct tensor *tensors, int64_t count);

/* The mask with one tensor taken from its bytes, 0 for pruned; NULL when memory is out (message set), as the next
 * four. */
struct lottery_mask *mask_replace(struct lottery_context *context, const struct lottery_mask *mask, int64_t tensor,
                                  const uint8_t *bytes);

/* What both masks keep, what either keeps, what the first keeps and the second does not; the masks agree. */
struct lottery_mask *mask_intersect(struct lottery_context *context, const struct lottery_mask *first,
                                    const struct lottery_mask *second);
struct lottery_mask *mask_unite(struct lottery_context *context, const struct lottery_mask *first,
                                const struct lottery_mask *second);
struct lottery_mask *mask_subtract(struct lottery_context *context, const struct lottery_mask *first,
                                   const struct lottery_mask *second);

/* What the mask prunes. */
struct lottery_mask *mask_complement(struct lottery_context *context, const struct lottery_mask *mask);

/* In how many weights two agreeing masks differ; kept by both / kept by either (1 if neither keeps any). */
int64_t mask_hamming(const struct lottery_mask *first, const struct lottery_mask *second);
double mask_jaccard(const struct lottery_mask *first, const struct lottery_mask *second);

#endif
