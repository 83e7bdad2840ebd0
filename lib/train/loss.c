/* Losses over a batch. */
#include "train/loss.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "data/batch.h"
#include "kernels/kernels.h"
#include "kernels/loss.h"

static void cross_entropy(const struct kernels *kernels, const float *values, int64_t outputs,
                          const struct answers *answers, float scale, float *losses, float *gradient) {
  kernels->loss->cross_entropy(values, outputs, answers->labels, scale, losses, gradient);
}

static void squared_error(const struct kernels *kernels, const float *values, int64_t outputs,
                          const struct answers *answers, float scale, float *losses, float *gradient) {
  kernels->loss->squared_error(values, answers->targets, outputs, answers->count, scale, losses, gradient);
}

static const struct loss table[] = {
    [LOTTERY_LOSS_CROSS_ENTROPY] = {"cross-entropy", true, false, 1.0, cross_entropy},
    [LOTTERY_LOSS_MEAN_SQUARED_ERROR] = {"the mean squared error", false, true, 2.0, squared_error},
};

const struct loss *loss_find(int64_t kind) { return &table[kind]; }

double loss_sum(const struct kernels *kernels, int32_t kind, int64_t outputs, const float *values,
                const struct answers *answers, float *gradient) {
  float losses[BATCH_TILE] __attribute__((aligned(64)));
  const struct loss *loss = loss_find(kind);
  const double terms = loss->over_outputs ? (double)outputs : 1.0;
  const float scale = (float)(loss->slope / ((double)answers->count * terms));
  double sum = 0.0;
  for (int64_t first = 0; first < answers->count; first += BATCH_TILE) {
    const int64_t valid = arithmetic_minimum(BATCH_TILE, answers->count - first);
    const struct answers tile = {.count = valid,
                                 .labels = answers->labels == NULL ? NULL : answers->labels + first,
                                 .targets = answers->targets == NULL ? NULL : answers->targets + first * outputs};
    loss->tile(kernels, values + first * outputs, outputs, &tile, scale, losses,
               gradient == NULL ? NULL : gradient + first * outputs);
    for (int64_t lane = 0; lane < valid; lane++) sum += (double)losses[lane];
  }
  return sum / terms;
}

lottery_status loss_check_features(struct lottery_context *context, const struct lottery_dataset *dataset,
                                   int64_t inputs, int64_t outputs) {
  if (dataset->features != inputs)
    return context_fail(context, LOTTERY_ERROR_SHAPE,
                        "dataset: %lld features per example, but the network has %lld inputs",
                        (long long)dataset->features, (long long)inputs);
  if (dataset->classes > outputs)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: %d classes, but the network has %lld outputs",
                        (int)dataset->classes, (long long)outputs);
  return LOTTERY_OK;
}

lottery_status loss_check_answers(struct lottery_context *context, const struct lottery_dataset *dataset, int32_t kind,
                                  int64_t outputs) {
  const struct loss *loss = loss_find(kind);
  if (loss->needs_labels) {
    if (dataset->labels != NULL) return LOTTERY_OK;
    return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: no labels, which %s needs", loss->name);
  }
  if (dataset->targets.storage != NULL) {
    if (dataset->targets.storage->width == outputs) return LOTTERY_OK;
    return context_fail(context, LOTTERY_ERROR_SHAPE,
                        "dataset: %lld targets per example, but the network has %lld outputs",
                        (long long)dataset->targets.storage->width, (long long)outputs);
  }
  if (dataset->labels != NULL) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: neither targets nor labels for %s", loss->name);
}

struct answers loss_gather(const struct lottery_dataset *dataset, int32_t kind, int64_t outputs,
                           const int32_t *examples, int64_t count, int32_t *labels, float *targets) {
  struct answers answers = {.count = count};
  if (dataset->labels != NULL) {
    dataset_gather_labels(dataset, examples, count, labels);
    answers.labels = labels;
  }
  if (loss_find(kind)->needs_labels) return answers;
  if (dataset->targets.storage != NULL)
    dataset_gather_targets(dataset, examples, count, targets);
  else
    dataset_one_hot(labels, count, outputs, targets);
  answers.targets = targets;
  return answers;
}
