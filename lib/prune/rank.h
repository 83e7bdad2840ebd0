/* Exact selection: which of the surviving weights have the lowest scores, by 32-bit keys in the scores' order. */
#ifndef PRUNE_RANK_H
#define PRUNE_RANK_H

#include <stdint.h>

/* A tensor among those that are ranked together. */
struct rank_tensor {
  uint64_t *bits; /* which elements survive, as in a mask */
  int64_t count;
  const uint32_t *keys; /* [count] */
};

enum { RANK_BUCKETS = 1 << 11 };

/* Clears the bits of the `removed` (0 to the number of ones) surviving elements of lowest key; of equal keys those
 * of the earlier tensor and then of the lower element go first. histogram: scratch of RANK_BUCKETS counts. Linear in
 * the number of elements. */
void rank_remove(const struct rank_tensor *tensors, int64_t tensor_count, int64_t removed, int64_t *histogram);

#endif
