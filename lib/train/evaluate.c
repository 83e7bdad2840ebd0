/* Prediction and evaluation, a tile at a time, so that activations stay in the cache. */
#include "train/evaluate.h"

#include "base/arithmetic.h"
#include "base/context.h"
#include "base/float_mode.h"
#include "data/batch.h"
#include "kernels/kernels.h"
#include "kernels/loss.h"
#include "run/executor.h"
#include "train/load.h"
#include "train/loss.h"

/* The network keeps the memory for its next evaluation. */
static struct executor *predictor(struct lottery_network *network) {
  if (network->predictor == NULL) network->predictor = (struct object *)executor_create(network, 1, false, true);
  return (struct executor *)network->predictor;
}

lottery_status predict(struct lottery_network *network, int64_t count, const float *inputs, float *outputs) {
  struct executor *executor = predictor(network);
  if (executor == NULL) return LOTTERY_ERROR_MEMORY;
  struct input_feed *feed = executor_feed(executor);
  const struct parameters *parameters = &network->parameters;
  const uint64_t mode = float_mode_enter();
  const int64_t in = network_inputs(network), out = network_outputs(network);
  for (int64_t first = 0; first < count; first += BATCH_TILE) {
    const int64_t lanes = arithmetic_minimum(BATCH_TILE, count - first);
    const struct pass pass = {.parameters = parameters,
                              .input = load_rows(feed, parameters->layout, inputs + first * in, lanes),
                              .count = lanes};
    executor_forward(executor, &pass);
    dataset_scatter_rows(executor_output(executor), out, lanes, outputs + first * out);
  }
  float_mode_leave(mode);
  return LOTTERY_OK;
}

lottery_status evaluate(struct lottery_network *network, struct lottery_dataset *dataset, int32_t kind, double *loss,
                        int64_t *correct) {
  struct lottery_context *context = network->object.context;
  const int64_t outputs = network_outputs(network);
  lottery_status status = loss_check_features(context, dataset, network_inputs(network), outputs);
  if (status == LOTTERY_OK) status = loss_check_answers(context, dataset, kind, outputs);
  if (status != LOTTERY_OK) return status;
  struct executor *executor = predictor(network);
  if (executor == NULL) return LOTTERY_ERROR_MEMORY;
  struct input_feed *feed = executor_feed(executor);
  const struct parameters *parameters = &network->parameters;
  const uint64_t mode = float_mode_enter();
  double sum = 0.0;
  int64_t right = 0;
  for (int64_t first = 0; first < dataset->count; first += BATCH_TILE) {
    int32_t examples[BATCH_TILE], labels[BATCH_TILE] __attribute__((aligned(64)));
    const int64_t count = arithmetic_minimum(BATCH_TILE, dataset->count - first);
    for (int64_t i = 0; i < count; i++) examples[i] = (int32_t)(first + i);
    const struct pass pass = {.parameters = parameters,
                              .input = load_examples(feed, parameters->layout, dataset, examples, count),
                              .count = count};
    executor_forward(executor, &pass);
    const struct answer_source source = {.count = count, .dataset = dataset, .examples = examples};
    const struct answers answers = loss_gather(&source, kind, outputs, labels, executor_targets(executor));
    const float *values = executor_output(executor);
    sum += loss_sum(network->kernels, kind, outputs, values, &answers, NULL);
    if (answers.labels != NULL) right += network->kernels->loss->count_correct(values, outputs, answers.labels);
  }
  if (loss != NULL) *loss = sum / (double)dataset->count;
  float_mode_leave(mode);
  if (correct != NULL) *correct = right;
  return LOTTERY_OK;
}
