/* The criteria. */
#include "prune/criterion.h"

#include <string.h>

#include "base/random.h"
#include "base/status.h"

/* |w| (Han et al., NeurIPS 2015): the bits of a finite float without its sign rise with the absolute value. */
static void score_magnitude(const struct criterion_input *input, uint32_t *keys) {
  memcpy(keys, input->weights, (size_t)input->count * sizeof *keys);
  for (int64_t i = 0; i < input->count; i++) keys[i] &= 0x7fffffffu;
}

/* A random number for each element, four to a block. */
static void score_random(const struct criterion_input *input, uint32_t *keys) {
  uint64_t bits[2] = {0, 0};
  for (int64_t i = 0; i < input->count; i++) {
    if (i % 4 == 0) random_block(input->seed, RANDOM_CRITERION, (uint32_t)input->tensor, (uint64_t)i / 4, bits);
    keys[i] = (uint32_t)(bits[i % 4 / 2] >> (i % 2 * 32));
  }
}

static criterion_function *const table[] = {
    [LOTTERY_CRITERION_MAGNITUDE] = score_magnitude,
    [LOTTERY_CRITERION_RANDOM] = score_random,
};

criterion_function *criterion_find(int64_t criterion) { return table[criterion]; }

static lottery_status fill(const struct score_source *self, const struct lottery_mask *mask, int64_t tensor,
                           uint32_t *keys) {
  const struct criterion_scores *scores = (const struct criterion_scores *)self;
  network_read(scores->network, scores->network->prunable_tensors[tensor], scores->weights);
  RETURN_IF_ERROR(scores_require_finite(self->context, "network", mask, tensor, scores->weights));
  scores->criterion(&(struct criterion_input){scores->weights, mask->tensors[tensor].count, tensor, scores->seed},
                    keys);
  return LOTTERY_OK;
}

struct criterion_scores criterion_scores(struct lottery_context *context, const struct lottery_network *network,
                                         int64_t criterion, uint64_t seed, float *weights) {
  return (struct criterion_scores){.source = {.fill = fill, .context = context},
                                   .network = network,
                                   .criterion = criterion_find(criterion),
                                   .seed = seed,
                                   .weights = weights};
}
