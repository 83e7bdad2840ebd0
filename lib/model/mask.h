/* A mask: a bit for each weight of each prunable tensor. Immutable once it leaves the function that makes it. */
#ifndef MODEL_MASK_H
#define MODEL_MASK_H

#include "base/object.h"
#include "model/tensor.h"

struct lottery_mask {
  struct object object;
  int64_t tensor_count;
  struct tensor *tensors;
  uint64_t *
      *bits; /* per tensor mask_words(count) words; element i is bit i % 64 of word i / 64; bits past the end are 0 */
  int64_t *kept; /* per tensor, the number of one bits */
};

/* Words of a tensor of `count` weights. */
static inline int64_t mask_words(int64_t count) { return (count + 63) / 64; }

static inline bool mask_bit(const uint64_t *bits, int64_t element) {
  return (bits[element / 64] >> (element % 64)) & 1;
}

/* A mask over `tensors` that keeps nothing; the list is copied. NULL when memory is out (message set). */
struct lottery_mask *mask_create(struct lottery_context *context, const struct tensor *tensors, int64_t tensor_count);

/* Whether two masks over the same tensors agree in one. */
bool mask_tensors_equal(const struct lottery_mask *a, const struct lottery_mask *b, int64_t tensor);

/* Sets every bit of a tensor. Only for masks under construction, like the next two. */
void mask_fill(struct lottery_mask *mask, int64_t tensor);
/* Copies the bits of a tensor of the same count. */
void mask_copy_tensor(struct lottery_mask *mask, int64_t tensor, const struct lottery_mask *source,
                      int64_t source_tensor);
/* Recounts `kept` of every tensor: the last call of a construction. */
void mask_count(struct lottery_mask *mask);

#endif
