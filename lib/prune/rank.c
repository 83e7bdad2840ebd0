/* Radix selection by three digits of a 32-bit key, the highest first. A histogram of the survivors that agree with the
 * digits found so far gives the next digit. */
#include "prune/rank.h"

#include <string.h>

#include "model/mask.h"

/* Where a digit lies in a key. */
struct digit {
  uint32_t bits;
  int shift;
};

/* Counts the surviving keys that agree with `prefix` in `prefix_bits`, by their digit. */
static void count_digits(const struct rank_tensor *tensor, uint32_t prefix, uint32_t prefix_bits, struct digit digit,
                         int64_t *histogram) {
  for (int64_t word = 0; word < mask_words(tensor->count); word++) {
    for (uint64_t left = tensor->bits[word]; left != 0; left &= left - 1) {
      const uint32_t key = tensor->keys[word * 64 + __builtin_ctzll(left)];
      if ((key & prefix_bits) == prefix) histogram[(key & digit.bits) >> digit.shift]++;
    }
  }
}

/* The removed-th lowest key; *equal receives how many survivors with this key go. */
static uint32_t find_threshold(const struct rank_tensor *tensors, int64_t tensor_count, int64_t removed,
                               int64_t *histogram, int64_t *equal) {
  static const struct digit digits[] = {{0xffe00000u, 21}, {0x001ffc00u, 10}, {0x000003ffu, 0}};
  uint32_t threshold = 0, found = 0;
  for (int k = 0; k < 3; k++) {
    memset(histogram, 0, RANK_BUCKETS * sizeof *histogram);
    for (int64_t i = 0; i < tensor_count; i++) count_digits(&tensors[i], threshold, found, digits[k], histogram);
    uint32_t value = 0;
    while (removed > histogram[value]) removed -= histogram[value++];
    threshold |= value << digits[k].shift;
    found |= digits[k].bits;
  }
  *equal = removed;
  return threshold;
}

void rank_remove(const struct rank_tensor *tensors, int64_t tensor_count, int64_t removed, int64_t *histogram) {
  if (removed == 0) return;
  int64_t equal;
  const uint32_t threshold = find_threshold(tensors, tensor_count, removed, histogram, &equal);
  for (int64_t i = 0; i < tensor_count; i++) {
    for (int64_t word = 0; word < mask_words(tensors[i].count); word++) {
      for (uint64_t left = tensors[i].bits[word]; left != 0; left &= left - 1) {
        const uint32_t key = tensors[i].keys[word * 64 + __builtin_ctzll(left)];
        if (key > threshold || (key == threshold && equal-- <= 0)) continue;
        tensors[i].bits[word] &= ~(left & -left);
      }
    }
  }
}
