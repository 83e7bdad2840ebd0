/* Drawing a batch. */
#include "train/draw.h"

#include "data/batch.h"
#include "run/executor.h"
#include "train/load.h"

/* The next batch of the dataset; the one after it is asked for while this one computes. */
static struct answers draw_next(struct lottery_trainer *trainer, int32_t kind, int64_t outputs, float *targets) {
  const int64_t size = option_integer(&trainer->options, LOTTERY_TRAINER_BATCH_SIZE);
  int64_t count, next_count;
  const int32_t *examples = order_batch(&trainer->order, trainer->position.seed, trainer->position.batch, size, &count);
  struct pass *pass = &trainer->pass;
  pass->input =
      load_examples(executor_feed(trainer->executor), pass->parameters->layout, trainer->dataset, examples, count);
  pass->count = count;
  const int32_t *next = order_after(&trainer->order, examples, count, size, &next_count);
  trainer->ahead = dataset_ahead(trainer->dataset, next, next_count);
  pass->ahead = &trainer->ahead;
  ahead_begin(pass->ahead);
  return loss_gather(trainer->dataset, kind, outputs, examples, count, trainer->labels, targets);
}

static struct answers take_given(struct lottery_trainer *trainer, const struct batch *batch, int32_t kind,
                                 int64_t outputs, float *targets) {
  struct pass *pass = &trainer->pass;
  pass->input = load_rows(executor_feed(trainer->executor), pass->parameters->layout, batch->inputs, batch->count);
  pass->count = batch->count;
  struct answers answers = {.count = batch->count};
  if (batch->labels != NULL) {
    dataset_pad_labels(batch->labels, batch->count, trainer->labels);
    answers.labels = trainer->labels;
  }
  if (loss_find(kind)->needs_labels) return answers;
  if (batch->targets != NULL)
    dataset_gather_rows(batch->targets, outputs, batch->count, targets);
  else
    dataset_one_hot(trainer->labels, batch->count, outputs, targets);
  answers.targets = targets;
  return answers;
}

struct answers draw_batch(struct lottery_trainer *trainer, const struct batch *batch) {
  const int32_t kind = (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_LOSS);
  const int64_t outputs = network_outputs(trainer->network);
  float *targets = executor_targets(trainer->executor);
  trainer->pass = (struct pass){.parameters = &trainer->network->parameters};
  if (batch->inputs == NULL) return draw_next(trainer, kind, outputs, targets);
  return take_given(trainer, batch, kind, outputs, targets);
}
