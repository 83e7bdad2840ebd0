/* One iteration: forward, loss, backward, mask, optimiser; whole or in its parts. */
#include "train/trainer.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include "base/real_text.h"
#include "base/status.h"
#include "data/batch.h"
#include "kernels/float_overflow.h"
#include "train/draw.h"
#include "train/load.h"
#include "train/loss.h"
#include "train/optimiser.h"
#include "train/schedule.h"

static void finalise(void *self) {
  struct lottery_trainer *trainer = self;
  struct lottery_context *context = trainer->object.context;
  object_release(trainer->executor);
  trainer_arrays_release(context, &trainer->arrays);
  order_destroy(&trainer->order);
  memory_release(context, trainer->labels);
  memory_release(context, trainer->milestones);
  object_release(trainer->dataset);
  object_release(trainer->network);
}

struct lottery_trainer *trainer_create(struct lottery_network *network, struct lottery_dataset *dataset,
                                       uint64_t seed) {
  struct lottery_context *context = network->object.context;
  struct lottery_trainer *trainer = object_create(context, OBJECT_TRAINER, sizeof *trainer, finalise);
  if (trainer == NULL) return NULL;
  trainer->network = object_retain(network);
  trainer->dataset = object_retain(dataset);
  trainer->position.seed = seed;
  option_initialise(&trainer->options, LOTTERY_HANDLE_TRAINER);
  if (dataset != NULL && dataset->targets.storage != NULL && dataset->labels == NULL)
    option_put_integer(&trainer->options, LOTTERY_TRAINER_LOSS, LOTTERY_LOSS_MEAN_SQUARED_ERROR);
  if (dataset == NULL || order_create(&trainer->order, context, dataset->count)) return trainer;
  object_release(trainer);
  return NULL;
}

void trainer_enter(struct lottery_trainer *trainer) {
  trainer->running = trainer->network->running = true;
  object_retain(trainer);
}

void trainer_leave(struct lottery_trainer *trainer) {
  trainer->running = trainer->network->running = false;
  object_release(trainer);
}

lottery_status trainer_require_idle(struct lottery_context *context, const struct lottery_trainer *trainer) {
  if (!trainer->running && !trainer->network->running) return LOTTERY_OK;
  return context_fail(context, LOTTERY_ERROR_STATE, "trainer: running");
}

static int64_t batch_size(const struct lottery_trainer *trainer) {
  return option_integer(&trainer->options, LOTTERY_TRAINER_BATCH_SIZE);
}

/* The executor for the batch size. */
static lottery_status prepare_executor(struct lottery_trainer *trainer) {
  struct lottery_context *context = trainer->object.context;
  const int64_t tiles = batch_tiles(batch_size(trainer));
  if (trainer->executor != NULL && executor_tiles(trainer->executor) == tiles) return LOTTERY_OK;
  const bool bytes = trainer->dataset != NULL && dataset_is_whole_numbers(trainer->dataset);
  struct executor *executor = executor_create(trainer->network, tiles, true, bytes);
  int32_t *labels = memory_allocate(context, tiles * BATCH_TILE, sizeof *labels);
  if (executor == NULL || labels == NULL) {
    object_release(executor);
    memory_release(context, labels);
    return LOTTERY_ERROR_MEMORY;
  }
  object_release(trainer->executor);
  memory_release(context, trainer->labels);
  trainer->executor = executor;
  trainer->labels = labels;
  if (trainer->phase == PHASE_FORWARD) trainer->phase = PHASE_IDLE; /* a gradient outlives the executor */
  return LOTTERY_OK;
}

lottery_status trainer_prepare(struct lottery_trainer *trainer) {
  RETURN_IF_ERROR(network_require_filled(trainer->network));
  RETURN_IF_ERROR(prepare_executor(trainer));
  return trainer_match_layout(trainer);
}

lottery_status trainer_forward(struct lottery_trainer *trainer, int64_t count, const float *inputs, float *outputs) {
  const lottery_status status = trainer_prepare(trainer);
  if (status != LOTTERY_OK) return status;
  const uint64_t mode = float_mode_enter();
  const struct parameters *parameters = &trainer->network->parameters;
  trainer->pass = (struct pass){.parameters = parameters, .count = count};
  trainer->pass.input = load_rows(executor_feed(trainer->executor), parameters->layout, inputs, count);
  executor_forward(trainer->executor, &trainer->pass);
  dataset_scatter_rows(executor_output(trainer->executor), network_outputs(trainer->network), count, outputs);
  float_mode_leave(mode);
  trainer->phase = PHASE_FORWARD;
  trainer->version = trainer->network->version;
  trainer->phase_drawn = false;
  return LOTTERY_OK;
}

/* On the executor of the forward pass, also where the batch size has changed since. */
lottery_status trainer_backward(struct lottery_trainer *trainer, const float *output_gradient, float *input_gradient) {
  RETURN_IF_ERROR(trainer_match_layout(trainer));
  if (input_gradient != NULL) RETURN_IF_ERROR(executor_want_input_gradient(trainer->executor));
  const int64_t outputs = network_outputs(trainer->network), count = trainer->pass.count;
  const uint64_t mode = float_mode_enter();
  dataset_gather_rows(output_gradient, outputs, count, executor_output_gradient(trainer->executor));
  const struct gradient_sink sink = optimiser_store(trainer);
  executor_backward(trainer->executor, &trainer->pass, &sink, input_gradient != NULL);
  if (input_gradient != NULL)
    dataset_scatter_rows(executor_input_gradient(trainer->executor), network_inputs(trainer->network), count,
                         input_gradient);
  float_mode_leave(mode);
  trainer->phase = PHASE_GRADIENT;
  return LOTTERY_OK;
}

/* LOTTERY_ERROR_NOT_FINITE for a loss: by the batch, or by weights that an earlier step has left. */
static lottery_status fail_loss(const struct lottery_trainer *trainer, double loss) {
  const struct overflow overflow = optimiser_find_overflow(trainer);
  const long long iteration = (long long)trainer->position.iteration;
  if (overflow.tensor == NULL)
    return context_fail(trainer->object.context, LOTTERY_ERROR_NOT_FINITE,
                        "loss: %s at iteration %lld; no weight was changed", real_text(loss).text, iteration);
  return context_fail(trainer->object.context, LOTTERY_ERROR_NOT_FINITE,
                      "loss: %s at iteration %lld; an earlier step left %s in the %s of %.256s: restore a snapshot",
                      real_text(loss).text, iteration, real_text((double)overflow.value).text, overflow.part,
                      overflow.tensor);
}

/* LOTTERY_ERROR_NOT_FINITE when the step just taken left what is not finite. */
static lottery_status check_step(const struct lottery_trainer *trainer) {
  const struct overflow overflow = optimiser_find_overflow(trainer);
  if (overflow.tensor == NULL) return LOTTERY_OK;
  return context_fail(trainer->object.context, LOTTERY_ERROR_NOT_FINITE,
                      "step: iteration %lld overflowed and left %s in the %s of %.256s: restore a snapshot, and lower "
                      "the learning rate",
                      (long long)trainer->position.iteration, real_text((double)overflow.value).text, overflow.part,
                      overflow.tensor);
}

/* The forward pass and the loss with its gradient to the outputs. LOTTERY_ERROR_NOT_FINITE before anything changes.
 * Runs in the library's floating-point mode. */
static lottery_status compute_loss(struct lottery_trainer *trainer, const struct batch *batch, double *loss) {
  const struct answers answers = draw_batch(trainer, batch);
  executor_forward(trainer->executor, &trainer->pass);
  const int32_t kind = (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_LOSS);
  const double sum =
      loss_sum(trainer->network->kernels, kind, network_outputs(trainer->network), executor_output(trainer->executor),
               &answers, executor_output_gradient(trainer->executor));
  *loss = sum / (double)answers.count;
  trainer->phase = PHASE_IDLE;
  trainer->phase_drawn = batch->inputs == NULL;
  if (isfinite(*loss)) {
    trainer->loss = *loss;
    trainer->has_loss = true;
    return LOTTERY_OK;
  }
  return fail_loss(trainer, *loss);
}

/* A step was taken. */
static void advance(struct lottery_trainer *trainer) {
  network_touch(trainer->network);
  trainer->position.iteration++;
  if (trainer->phase_drawn) trainer->position.batch++;
  trainer->phase = PHASE_IDLE;
}

lottery_status trainer_gradient(struct lottery_trainer *trainer, const struct batch *batch, double *loss) {
  lottery_status status = trainer_prepare(trainer);
  if (status != LOTTERY_OK) return status;
  double mean;
  const uint64_t mode = float_mode_enter();
  status = compute_loss(trainer, batch, &mean);
  if (status == LOTTERY_OK) {
    const struct gradient_sink sink = optimiser_store(trainer);
    executor_backward(trainer->executor, &trainer->pass, &sink, false);
    trainer->phase = PHASE_GRADIENT;
  }
  float_mode_leave(mode);
  if (loss != NULL && status == LOTTERY_OK) *loss = mean;
  return status;
}

lottery_status trainer_apply(struct lottery_trainer *trainer) {
  const uint64_t mode = float_mode_enter();
  const struct gradient_sink sink = optimiser_step(trainer, schedule_rate(trainer, trainer->position.iteration));
  optimiser_apply(trainer, &sink);
  const bool overflow = float_overflow_seen();
  float_mode_leave(mode);
  advance(trainer);
  return overflow ? check_step(trainer) : LOTTERY_OK;
}

lottery_status trainer_step(struct lottery_trainer *trainer, const struct batch *batch, double *loss) {
  lottery_status status = trainer_prepare(trainer);
  if (status != LOTTERY_OK) return status;
  double mean;
  bool overflow = false;
  const uint64_t mode = float_mode_enter();
  status = compute_loss(trainer, batch, &mean);
  if (status == LOTTERY_OK) {
    float_overflow_forget();
    const struct gradient_sink sink = optimiser_step(trainer, schedule_rate(trainer, trainer->position.iteration));
    executor_backward(trainer->executor, &trainer->pass, &sink, false);
    overflow = float_overflow_seen();
    advance(trainer);
  }
  float_mode_leave(mode);
  if (overflow) status = check_step(trainer);
  if (loss != NULL && status == LOTTERY_OK) *loss = mean;
  return status;
}

lottery_status trainer_run(struct lottery_trainer *trainer, int64_t iterations, lottery_progress progress, void *user,
                           int64_t *done) {
  const int64_t interval = option_integer(&trainer->options, LOTTERY_TRAINER_PROGRESS_INTERVAL);
  const struct batch next = {0};
  for (int64_t i = 0; i < iterations; i++) {
    if (context_is_cancelled(trainer->object.context)) return LOTTERY_CANCELLED;
    double loss;
    const int64_t before = trainer->position.iteration;
    const lottery_status status = trainer_step(trainer, &next, &loss);
    *done += trainer->position.iteration - before; /* a step that overflows was taken, too */
    if (status != LOTTERY_OK) return status;
    if (progress != NULL && trainer->position.iteration % interval == 0 &&
        progress(trainer->position.iteration, loss, user) != 0)
      return LOTTERY_STOPPED;
  }
  return context_is_cancelled(trainer->object.context) ? LOTTERY_CANCELLED : LOTTERY_OK;
}
