/* Shuffling a mask and moving it to other tensors. */
#include "prune/controls.h"

#include "base/random.h"

/* Draws `kept` of `count` places: Floyd's algorithm (Bentley & Floyd, Communications of the ACM 30(9), 1987), which
 * needs no memory except the bits themselves. */
static void draw_places(uint64_t seed, uint32_t tensor, int64_t count, int64_t kept, uint64_t *bits) {
  uint64_t random[2];
  for (int64_t drawn = 0; drawn < kept; drawn++) {
    if ((drawn & 1) == 0) random_block(seed, RANDOM_MASK, tensor, (uint64_t)drawn >> 1, random);
    const int64_t last = count - kept + drawn;
    int64_t place = (int64_t)random_below(random[drawn & 1], (uint64_t)last + 1);
    if (mask_bit(bits, place)) place = last;
    bits[place / 64] |= (uint64_t)1 << (place % 64);
  }
}

struct lottery_mask *mask_shuffle(struct lottery_context *context, const struct lottery_mask *mask, uint64_t seed) {
  struct lottery_mask *result = mask_create(context, mask->tensors, mask->tensor_count);
  if (result == NULL) return NULL;
  for (int64_t i = 0; i < mask->tensor_count; i++)
    draw_places(seed, (uint32_t)i, mask->tensors[i].count, mask->kept[i], result->bits[i]);
  mask_count(result);
  return result;
}

lottery_status mask_transfer(struct lottery_context *context, const struct lottery_mask *mask,
                             const struct tensor *tensors, int64_t count, struct lottery_mask **out) {
  *out = NULL;
  const lottery_status status =
      tensor_report_unmatched(context, "mask", mask->tensors, mask->tensor_count, tensors, count);
  if (status < LOTTERY_OK) return status;
  struct lottery_mask *result = mask_create(context, tensors, count);
  if (result == NULL) return LOTTERY_ERROR_MEMORY;
  for (int64_t i = 0; i < count; i++) {
    const int64_t source = tensor_match(mask->tensors, mask->tensor_count, &tensors[i]);
    if (source >= 0)
      mask_copy_tensor(result, i, mask, source);
    else
      mask_fill(result, i);
  }
  mask_count(result);
  *out = result;
  return status;
}
