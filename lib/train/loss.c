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

enum { LOSSES = sizeof table / sizeof table[0] };

const struct loss *loss_find(int64_t kind) { return kind >= 0 && kind < LOSSES ? &table[kind] : NULL; }

double loss_sum(const struct kernels *kernels, int32_t kind, int64_t outputs, const float *values,
                const struct answers *answers, float *gradient) {
  float losses[BATCH_TILE] __attribute__((aligned(64)));
  const struct loss *loss = &table[kind];
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

lottery_status loss_check_targets(struct lottery_context *context, const struct lottery_dataset *dataset,
                                  int64_t outputs) {
  if (dataset->targets.storage == NULL || dataset->targets.storage->width == outputs) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE,
                      "dataset: %lld targets per example, but the network has %lld outputs",
                      (long long)dataset->targets.storage->width, (long long)outputs);
}

lottery_status loss_check_answers(struct lottery_context *context, const struct lottery_dataset *dataset, int32_t kind,
                                  int64_t outputs) {
  const struct loss *loss = &table[kind];
  if (loss->needs_labels) {
    if (dataset->labels != NULL) return LOTTERY_OK;
    return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: no labels, which %s needs", loss->name);
  }
  if (dataset->targets.storage != NULL) return loss_check_targets(context, dataset, outputs);
  if (dataset->labels != NULL) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_SHAPE, "dataset: neither targets nor labels for %s", loss->name);
}

/* False where there are none. */
static bool gather_labels(const struct answer_source *source, int32_t *labels) {
  const struct lottery_dataset *dataset = source->dataset;
  if ((dataset != NULL ? dataset->labels : source->labels) == NULL) return false;
  if (dataset != NULL)
    dataset_gather_labels(dataset, source->examples, source->count, labels);
  else
    dataset_pad_labels(source->labels, source->count, labels);
  return true;
}

static bool gather_targets(const struct answer_source *source, int64_t outputs, float *targets) {
  const struct lottery_dataset *dataset = source->dataset;
  if (dataset != NULL ? dataset->targets.storage == NULL : source->targets == NULL) return false;
  if (dataset != NULL)
    dataset_gather_targets(dataset, source->examples, source->count, targets);
  else
    dataset_gather_rows(source->targets, outputs, source->count, targets);
  return true;
}

struct answers loss_gather(const struct answer_source *source, int32_t kind, int64_t outputs, int32_t *labels,
                           float *targets) {
  struct answers answers = {.count = source->count};
  if (gather_labels(source, labels)) answers.labels = labels;
  if (table[kind].needs_labels) return answers;
  if (!gather_targets(source, outputs, targets)) dataset_one_hot(labels, source->count, outputs, targets);
  answers.targets = targets;
  return answers;
}
