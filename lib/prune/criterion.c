/* The score functions. */
#include "prune/criterion.h"

#include <string.h>

#include "base/random.h"

/* |w| (Han et al., NeurIPS 2015): without its sign bit a finite float's pattern rises with its absolute value. */
static void score_magnitude(const struct criterion_source *source, uint32_t *scores) {
  memcpy(scores, source->weights, (size_t)source->count * sizeof *scores);
  for (int64_t i = 0; i < source->count; i++) scores[i] &= 0x7fffffffu;
}

/* A random number for each element, four to a block. */
static void score_random(const struct criterion_source *source, uint32_t *scores) {
  uint64_t bits[2] = {0, 0};
  for (int64_t i = 0; i < source->count; i++) {
    if (i % 4 == 0) random_block(source->seed, RANDOM_CRITERION, (uint32_t)source->tensor, (uint64_t)i / 4, bits);
    scores[i] = (uint32_t)(bits[i % 4 / 2] >> (i % 2 * 32));
  }
}

static criterion_function *const table[] = {
    [LOTTERY_CRITERION_MAGNITUDE] = score_magnitude,
    [LOTTERY_CRITERION_RANDOM] = score_random,
};

criterion_function *criterion_find(int64_t criterion) { return table[criterion]; }
