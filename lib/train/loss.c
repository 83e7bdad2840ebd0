/* Losses over a batch. */
#include "train/loss.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "data/batch.h"
#include "kernels/kernels.h"
#include "kernels/loss.h"

double loss_sum(const struct kernels *kernels, int32_t kind, int64_t outputs, const float *values,
                const struct answers *answers, float *gradient) {
  float losses[BATCH_TILE] __attribute__((aligned(64)));
  const bool entropy = kind == LOTTERY_LOSS_CROSS_ENTROPY;
  const double count = (double)answers->count;
  const float scale = (float)(entropy ? 1.0 / count : 2.0 / (count * (double)outputs));
  double sum = 0.0;
  for (int64_t first = 0; first < answers->count; first += BATCH_TILE) {
    const int64_t valid = arithmetic_minimum(BATCH_TILE, answers->count - first);
    const float *tile = values + first * outputs;
    float *tile_gradient = gradient == NULL ? NULL : gradient + first * outputs;
    if (entropy)
      kernels->loss->cross_entropy(tile, outputs, answers->labels + first, scale, losses, tile_gradient);
    else
      kernels->loss->squared_error(tile, answers->targets + first * outputs, outputs, valid, scale, losses,
                                   tile_gradient);
    for (int64_t lane = 0; lane < valid; lane++) sum += (double)losses[lane];
  }
  return entropy ? sum : sum / (double)outputs;
}

lottery_status loss_check_features(struct lottery_context *context, const struct lottery_dataset *dataset,
                                   int64_t inputs, int64_t outputs) {
  if (dataset->features != inputs)
    return context_fail(context, LOTTERY_ERROR_SHAPE,
                        "dataset: %lld features an example, but the network has %lld inputs",
                        (long long)dataset->features, (long long)inputs);
  if (dataset->classes > outputs)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: %d classes, but the network has %lld outputs",
                        (int)dataset->classes, (long long)outputs);
  return LOTTERY_OK;
}

lottery_status loss_check_answers(struct lottery_context *context, const struct lottery_dataset *dataset, int32_t kind,
                                  int64_t outputs) {
  if (kind == LOTTERY_LOSS_CROSS_ENTROPY) {
    if (dataset->labels != NULL) return LOTTERY_OK;
    return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: no labels, which cross-entropy needs");
  }
  if (dataset->targets.storage != NULL) {
    if (dataset->targets.storage->width == outputs) return LOTTERY_OK;
    return context_fail(context, LOTTERY_ERROR_SHAPE,
                        "dataset: %lld targets an example, but the network has %lld outputs",
                        (long long)dataset->targets.storage->width, (long long)outputs);
  }
  if (dataset->labels != NULL) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: neither targets nor labels for the mean squared error");
}

struct answers loss_gather(const struct lottery_dataset *dataset, int32_t kind, int64_t outputs,
                           const int32_t *examples, int64_t count, int32_t *labels, float *targets) {
  struct answers answers = {.count = count};
  if (dataset->labels != NULL) {
    dataset_gather_labels(dataset, examples, count, labels);
    answers.labels = labels;
  }
  if (kind == LOTTERY_LOSS_CROSS_ENTROPY) return answers;
  if (dataset->targets.storage != NULL)
    dataset_gather_targets(dataset, examples, count, targets);
  else
    dataset_one_hot(labels, count, outputs, targets);
  answers.targets = targets;
  return answers;
}
