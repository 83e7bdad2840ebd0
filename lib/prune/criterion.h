/* Criteria: what the weights of a tensor are ranked by. A new one is a function in criterion.c and a line in its table,
 * a value LOTTERY_CRITERION_… and its name in the table of options. */
#ifndef PRUNE_CRITERION_H
#define PRUNE_CRITERION_H

#include "base/public.h"

/* What a criterion may look at. */
struct criterion_source {
  const float *weights; /* [count], the surviving ones finite */
  int64_t count;
  int64_t tensor; /* its number in the mask */
  uint64_t seed;
};

/* Fills [count] scores; the weights of the lowest go first. Scores of pruned weights are not looked at. */
typedef void criterion_function(const struct criterion_source *source, uint32_t *scores);

/* The function of a valid LOTTERY_CRITERION_…. */
criterion_function *criterion_find(int64_t criterion);

#endif
