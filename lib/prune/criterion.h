/* Criteria that need only weights: the pruner makes their scores from what a network holds. A new one is a function in
 * criterion.c and a line in its table, a value LOTTERY_CRITERION_…, and its name in the table of options. A criterion
 * that needs data or gradients belongs above train/, which hands its scores to the pruner. */
#ifndef PRUNE_CRITERION_H
#define PRUNE_CRITERION_H

#include "model/network.h"
#include "prune/scores.h"

/* The data that a criterion may use. */
struct criterion_input {
  const float *weights; /* [count], the surviving ones finite */
  int64_t count;
  int64_t tensor; /* the tensor's number in the mask */
  uint64_t seed;
};

/* Fills keys, [count], as struct score_source says. */
typedef void criterion_function(const struct criterion_input *input, uint32_t *keys);

/* The function of a valid LOTTERY_CRITERION_…. */
criterion_function *criterion_find(int64_t criterion);

/* A criterion's scores of a network's weights, NOT_FINITE where a surviving one is not finite. */
struct criterion_scores {
  struct score_source source;
  const struct lottery_network *network;
  criterion_function *criterion;
  uint64_t seed;
  float *weights; /* scratch: [elements of the largest prunable tensor] */
};

struct criterion_scores criterion_scores(struct lottery_context *context, const struct lottery_network *network,
                                         int64_t criterion, uint64_t seed, float *weights);

#endif
