/* Operations on masks, a word of 64 weights at a time. */
#include "prune/mask_algebra.h"

#include <stdio.h>
#include <string.h>

#include "base/context.h"

/* "fc1.weight [300][784]" */
static void describe(const struct tensor *tensor, char *text, size_t capacity) {
  snprintf(text, capacity, "%s ", tensor->name);
  for (int32_t i = 0; i < tensor->rank; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, capacity - used, "[%lld]", (long long)tensor->shape[i]);
  }
}

lottery_status mask_require_tensors(struct lottery_context *context, const char *argument,
                                    const struct lottery_mask *mask, const struct tensor *tensors, int64_t count) {
  if (mask->tensor_count != count)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "%s: covers %lld tensors, not %lld", argument,
                        (long long)mask->tensor_count, (long long)count);
  for (int64_t i = 0; i < count; i++) {
    if (tensor_equal(&mask->tensors[i], &tensors[i])) continue;
    char found[TENSOR_NAME_CAPACITY + TENSOR_RANK_LIMIT * 24], wanted[sizeof found];
    describe(&mask->tensors[i], found, sizeof found);
    describe(&tensors[i], wanted, sizeof wanted);
    return context_fail(context, LOTTERY_ERROR_SHAPE, "%s: its tensor %lld is %s, not %s", argument, (long long)i,
                        found, wanted);
  }
  return LOTTERY_OK;
}

struct lottery_mask *mask_replace(struct lottery_context *context, const struct lottery_mask *mask, int64_t tensor,
                                  const uint8_t *bytes) {
  struct lottery_mask *result = mask_create(context, mask->tensors, mask->tensor_count);
  if (result == NULL) return NULL;
  for (int64_t i = 0; i < mask->tensor_count; i++)
    if (i != tensor) mask_copy_tensor(result, i, mask, i);
  for (int64_t i = 0; i < mask->tensors[tensor].count; i++)
    if (bytes[i] != 0) result->bits[tensor][i / 64] |= (uint64_t)1 << (i % 64);
  mask_count(result);
  return result;
}

/* All three operations are (first & second & both) | (first & ~second & first_only) | (~first & second & second_only),
 * with each of the last masks all ones or all zeros; bits past the end are 0 in first and second and so stay 0. */
static struct lottery_mask *combine(struct lottery_context *context, const struct lottery_mask *first,
                                    const struct lottery_mask *second, uint64_t both, uint64_t first_only,
                                    uint64_t second_only) {
  struct lottery_mask *result = mask_create(context, first->tensors, first->tensor_count);
  if (result == NULL) return NULL;
  for (int64_t i = 0; i < first->tensor_count; i++) {
    const int64_t words = mask_words(first->tensors[i].count);
    for (int64_t word = 0; word < words; word++) {
      const uint64_t a = first->bits[i][word], b = second->bits[i][word];
      result->bits[i][word] = (a & b & both) | (a & ~b & first_only) | (~a & b & second_only);
    }
  }
  mask_count(result);
  return result;
}

struct lottery_mask *mask_intersect(struct lottery_context *context, const struct lottery_mask *first,
                                    const struct lottery_mask *second) {
  return combine(context, first, second, UINT64_MAX, 0, 0);
}

struct lottery_mask *mask_unite(struct lottery_context *context, const struct lottery_mask *first,
                                const struct lottery_mask *second) {
  return combine(context, first, second, UINT64_MAX, UINT64_MAX, UINT64_MAX);
}

struct lottery_mask *mask_subtract(struct lottery_context *context, const struct lottery_mask *first,
                                   const struct lottery_mask *second) {
  return combine(context, first, second, 0, UINT64_MAX, 0);
}

struct lottery_mask *mask_complement(struct lottery_context *context, const struct lottery_mask *mask) {
  struct lottery_mask *result = mask_create(context, mask->tensors, mask->tensor_count);
  if (result == NULL) return NULL;
  for (int64_t i = 0; i < mask->tensor_count; i++) {
    mask_fill(result, i); /* so that the bits past the end stay 0 */
    const int64_t words = mask_words(mask->tensors[i].count);
    for (int64_t word = 0; word < words; word++) result->bits[i][word] &= ~mask->bits[i][word];
  }
  mask_count(result);
  return result;
}

/* Counts the weights that both keep and those that either keeps. */
static void count_common(const struct lottery_mask *first, const struct lottery_mask *second, int64_t *both,
                         int64_t *either) {
  *both = *either = 0;
  for (int64_t i = 0; i < first->tensor_count; i++) {
    const int64_t words = mask_words(first->tensors[i].count);
    for (int64_t word = 0; word < words; word++) {
      *both += __builtin_popcountll(first->bits[i][word] & second->bits[i][word]);
      *either += __builtin_popcountll(first->bits[i][word] | second->bits[i][word]);
    }
  }
}

int64_t mask_hamming(const struct lottery_mask *first, const struct lottery_mask *second) {
  int64_t both, either;
  count_common(first, second, &both, &either);
  return either - both;
}

double mask_jaccard(const struct lottery_mask *first, const struct lottery_mask *second) {
  int64_t both, either;
  count_common(first, second, &both, &either);
  return either == 0 ? 1.0 : (double)both / (double)either;
}
