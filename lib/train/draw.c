/* Drawing a batch. */
#include "train/draw.h"

#include "data/batch.h"
#include "run/executor.h"
#include "train/load.h"

/* The next batch of the dataset; the one after it is prefetched while this one computes. */
static struct answer_source draw_next(struct lottery_trainer *trainer) {
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
  return (struct answer_source){.count = count, .dataset = trainer->dataset, .examples = examples};
}

static struct answer_source take_given(struct lottery_trainer *trainer, const struct batch *batch) {
  struct pass *pass = &trainer->pass;
  pass->input = load_rows(executor_feed(trainer->executor), pass->parameters->layout, batch->inputs, batch->count);
  pass->count = batch->count;
  return (struct answer_source){.count = batch->count, .labels = batch->labels, .targets = batch->targets};
}

struct answers draw_batch(struct lottery_trainer *trainer, const struct batch *batch) {
  trainer->pass = (struct pass){.parameters = &trainer->network->parameters};
  const struct answer_source source = batch->inputs == NULL ? draw_next(trainer) : take_given(trainer, batch);
  return loss_gather(&source, (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_LOSS),
                     network_outputs(trainer->network), trainer->labels, executor_targets(trainer->executor));
}
