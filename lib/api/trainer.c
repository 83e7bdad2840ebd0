/* Public functions of the trainer. */
#include <math.h>

#include "api/check_trainer.h"
#include "base/finite.h"
#include "base/float_mode.h"
#include "train/evaluate.h"
#include "train/gradient.h"
#include "train/loss.h"
#include "train/optimiser.h"
#include "train/options.h"
#include "train/schedule.h"

lottery_status lottery_trainer_create(lottery_network *network, lottery_dataset *dataset, uint64_t seed,
                                      lottery_trainer **out) {
  CLEAR_OUT(out);
  RETURN_UNLESS_HANDLE(network, OBJECT_NETWORK);
  struct lottery_context *context = network->object.context;
  RETURN_IF_NULL(context, out);
  RETURN_IF_ERROR(network_require_finished(network));
  if (dataset != NULL) {
    RETURN_UNLESS_OTHER_HANDLE(context, dataset, OBJECT_DATASET);
    RETURN_IF_ERROR(loss_check_features(context, dataset, network_inputs(network), network_outputs(network)));
    RETURN_IF_ERROR(loss_check_targets(context, dataset, network_outputs(network)));
  }
  *out = trainer_create(network, dataset, seed);
  return *out != NULL ? LOTTERY_OK : LOTTERY_ERROR_MEMORY;
}

void lottery_trainer_destroy(lottery_trainer *trainer) { destroy_handle(trainer, OBJECT_TRAINER); }

lottery_status lottery_trainer_set_integer(lottery_trainer *trainer, int32_t key, int64_t value) {
  RETURN_IF_ERROR(check_idle(trainer));
  return trainer_set_integer(trainer, key, value);
}

lottery_status lottery_trainer_get_integer(lottery_trainer *trainer, int32_t key, int64_t *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  return option_get_integer(trainer->object.context, &trainer->options, key, out);
}

lottery_status lottery_trainer_set_real(lottery_trainer *trainer, int32_t key, double value) {
  RETURN_IF_ERROR(check_idle(trainer));
  return option_set_real(trainer->object.context, &trainer->options, key, value);
}

lottery_status lottery_trainer_get_real(lottery_trainer *trainer, int32_t key, double *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  return option_get_real(trainer->object.context, &trainer->options, key, out);
}

lottery_status lottery_trainer_set_reals(lottery_trainer *trainer, int32_t key, const double *values, int64_t count) {
  RETURN_IF_ERROR(check_idle(trainer));
  return trainer_set_reals(trainer, key, values, count);
}

lottery_status lottery_trainer_get_reals(lottery_trainer *trainer, int32_t key, int64_t capacity, double *values,
                                         int64_t *count) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  return trainer_get_reals(trainer, key, capacity, values, count);
}

static int32_t loss_kind(const lottery_trainer *trainer) {
  return (int32_t)option_integer(&trainer->options, LOTTERY_TRAINER_LOSS);
}

static lottery_status check_dataset(lottery_trainer *trainer) {
  RETURN_IF_ERROR(check_has_dataset(trainer));
  return loss_check_answers(trainer->object.context, trainer->dataset, loss_kind(trainer),
                            network_outputs(trainer->network));
}

lottery_status lottery_trainer_run(lottery_trainer *trainer, int64_t iterations, lottery_progress progress, void *user,
                                   int64_t *done) {
  if (done != NULL) *done = 0;
  RETURN_IF_ERROR(check_idle(trainer));
  if (iterations < 0)
    return context_fail(trainer->object.context, LOTTERY_ERROR_ARGUMENT, "iterations: %lld is below 0",
                        (long long)iterations);
  RETURN_IF_ERROR(check_dataset(trainer));
  int64_t completed = 0;
  trainer_enter(trainer);
  const lottery_status status = trainer_run(trainer, iterations, progress, user, &completed);
  trainer_leave(trainer);
  if (done != NULL) *done = completed;
  return status;
}

static lottery_status check_count(lottery_trainer *trainer, int64_t count) {
  const int64_t most = option_integer(&trainer->options, LOTTERY_TRAINER_BATCH_SIZE);
  if (count >= 1 && count <= most) return LOTTERY_OK;
  return context_fail(trainer->object.context, LOTTERY_ERROR_ARGUMENT,
                      "count: %lld is outside 1 to the batch size %lld", (long long)count, (long long)most);
}

/* Memory before inputs are read, which cannot be there if it is not; but a forward pass that waits keeps its own until
 * the inputs are known to be good. */
static lottery_status prepare_to_read(lottery_trainer *trainer) {
  return trainer->phase == PHASE_FORWARD ? LOTTERY_OK : trainer_prepare(trainer);
}

/* A host's batch: the loss must find what it needs, labels must be classes, and inputs finite: others could give a
 * finite loss and a gradient that is not. */
static lottery_status check_batch(lottery_trainer *trainer, const struct batch *batch) {
  struct lottery_context *context = trainer->object.context;
  RETURN_IF_ERROR(check_count(trainer, batch->count));
  RETURN_IF_NULL(context, batch->inputs);
  const struct loss *loss = loss_find(loss_kind(trainer));
  if (batch->labels == NULL && loss->needs_labels)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "labels: NULL, but %s needs them", loss->name);
  if (batch->labels == NULL && batch->targets == NULL)
    return context_fail(context, LOTTERY_ERROR_SHAPE, "labels and targets: both NULL");
  const int64_t outputs = network_outputs(trainer->network);
  for (int64_t i = 0; batch->labels != NULL && i < batch->count; i++)
    if (batch->labels[i] < 0 || batch->labels[i] >= outputs)
      return context_fail(context, LOTTERY_ERROR_ARGUMENT, "labels: element %lld, %d, is outside 0 to %lld",
                          (long long)i, (int)batch->labels[i], (long long)outputs - 1);
  RETURN_IF_ERROR(prepare_to_read(trainer));
  if (batch->targets != NULL) RETURN_IF_ERROR(finite_check(context, "targets", batch->targets, batch->count * outputs));
  return finite_check(context, "inputs", batch->inputs, batch->count * network_inputs(trainer->network));
}

lottery_status lottery_trainer_step(lottery_trainer *trainer, int64_t count, const float *inputs, const int32_t *labels,
                                    const float *targets, double *loss) {
  RETURN_IF_ERROR(check_idle(trainer));
  const struct batch batch = {count, inputs, labels, targets};
  RETURN_IF_ERROR(check_batch(trainer, &batch));
  return trainer_step(trainer, &batch, loss);
}

lottery_status lottery_trainer_gradient(lottery_trainer *trainer, int64_t count, const float *inputs,
                                        const int32_t *labels, const float *targets, double *loss) {
  RETURN_IF_ERROR(check_idle(trainer));
  const struct batch batch = {count, inputs, labels, targets};
  if (inputs == NULL && count == 0)
    RETURN_IF_ERROR(check_dataset(trainer));
  else
    RETURN_IF_ERROR(check_batch(trainer, &batch));
  return trainer_gradient(trainer, &batch, loss);
}

static lottery_status check_gradient(lottery_trainer *trainer) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  if (trainer->phase == PHASE_GRADIENT) return trainer_prepare(trainer);
  return context_fail(trainer->object.context, LOTTERY_ERROR_STATE, "gradient: none was made since the last step");
}

lottery_status lottery_trainer_apply(lottery_trainer *trainer) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_gradient(trainer));
  RETURN_IF_ERROR(gradient_check_finite(trainer));
  return trainer_apply(trainer);
}

lottery_status lottery_trainer_gradient_count(lottery_trainer *trainer, int64_t *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  *out = gradient_packed_count(trainer->network);
  return LOTTERY_OK;
}

static lottery_status check_packed(lottery_trainer *trainer, const float *values, int64_t count) {
  RETURN_IF_ERROR(check_gradient(trainer));
  RETURN_IF_NULL_ARRAY(trainer->object.context, values, count);
  const int64_t expected = gradient_packed_count(trainer->network);
  if (count == expected) return LOTTERY_OK;
  return context_fail(trainer->object.context, LOTTERY_ERROR_SHAPE, "count: %lld, but the packed gradient has %lld",
                      (long long)count, (long long)expected);
}

lottery_status lottery_trainer_read_gradient(lottery_trainer *trainer, float *values, int64_t count) {
  RETURN_IF_ERROR(check_packed(trainer, values, count));
  gradient_pack(trainer->arrays.layout, trainer->arrays.gradient, values);
  return LOTTERY_OK;
}

lottery_status lottery_trainer_write_gradient(lottery_trainer *trainer, const float *values, int64_t count) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_packed(trainer, values, count));
  gradient_unpack(trainer->arrays.layout, values, trainer->arrays.gradient);
  return LOTTERY_OK;
}

/* The arguments for one tensor's gradient. */
static lottery_status check_tensor_gradient(lottery_trainer *trainer, int64_t tensor, const float *values,
                                            int64_t count) {
  RETURN_IF_ERROR(check_gradient(trainer));
  const struct lottery_network *network = trainer->network;
  RETURN_IF_NULL(trainer->object.context, values);
  RETURN_IF_ERROR(tensor_check_index(trainer->object.context, tensor, network->tensor_count));
  return tensor_check_count(trainer->object.context, &network->tensors[tensor], count);
}

lottery_status lottery_trainer_read_tensor_gradient(lottery_trainer *trainer, int64_t tensor, float *values,
                                                    int64_t count) {
  RETURN_IF_ERROR(check_tensor_gradient(trainer, tensor, values, count));
  layout_read(trainer->arrays.layout, trainer->arrays.gradient, tensor, values);
  return LOTTERY_OK;
}

lottery_status lottery_trainer_write_tensor_gradient(lottery_trainer *trainer, int64_t tensor, const float *values,
                                                     int64_t count) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_tensor_gradient(trainer, tensor, values, count));
  layout_write(trainer->arrays.layout, trainer->arrays.gradient, tensor, values);
  return LOTTERY_OK;
}

lottery_status lottery_trainer_forward(lottery_trainer *trainer, int64_t count, const float *inputs, float *outputs) {
  RETURN_IF_ERROR(check_idle(trainer));
  RETURN_IF_ERROR(check_count(trainer, count));
  RETURN_IF_NULL(trainer->object.context, inputs);
  RETURN_IF_NULL(trainer->object.context, outputs);
  RETURN_IF_ERROR(prepare_to_read(trainer));
  RETURN_IF_ERROR(finite_check(trainer->object.context, "inputs", inputs, count * network_inputs(trainer->network)));
  return trainer_forward(trainer, count, inputs, outputs);
}

static lottery_status check_backward(lottery_trainer *trainer, int64_t count, const float *output_gradient) {
  RETURN_IF_ERROR(check_idle(trainer));
  struct lottery_context *context = trainer->object.context;
  RETURN_IF_NULL(context, output_gradient);
  if (trainer->phase != PHASE_FORWARD)
    return context_fail(context, LOTTERY_ERROR_STATE, "backward: lottery_trainer_forward must come first");
  if (trainer->version != trainer->network->version)
    return context_fail(context, LOTTERY_ERROR_STATE,
                        "backward: the weights or the mask changed since lottery_trainer_forward");
  if (count != trainer->pass.count)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "count: %lld, but the forward pass had %lld", (long long)count,
                        (long long)trainer->pass.count);
  return finite_check(context, "output_gradient", output_gradient, count * network_outputs(trainer->network));
}

lottery_status lottery_trainer_backward(lottery_trainer *trainer, int64_t count, const float *output_gradient) {
  RETURN_IF_ERROR(check_backward(trainer, count, output_gradient));
  return trainer_backward(trainer, output_gradient, NULL);
}

lottery_status lottery_trainer_backward_inputs(lottery_trainer *trainer, int64_t count, const float *output_gradient,
                                               float *input_gradient) {
  RETURN_IF_ERROR(check_backward(trainer, count, output_gradient));
  RETURN_IF_NULL(trainer->object.context, input_gradient);
  return trainer_backward(trainer, output_gradient, input_gradient);
}

lottery_status lottery_trainer_evaluate(lottery_trainer *trainer, lottery_dataset *dataset, double *loss,
                                        int64_t *correct) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_UNLESS_OTHER_HANDLE(trainer->object.context, dataset, OBJECT_DATASET);
  return evaluate(trainer->network, dataset, loss_kind(trainer), loss, correct);
}

lottery_status lottery_trainer_iteration(lottery_trainer *trainer, int64_t *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  *out = trainer->position.iteration;
  return LOTTERY_OK;
}

lottery_status lottery_trainer_rate(lottery_trainer *trainer, double *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  const uint64_t mode = float_mode_enter();
  *out = schedule_rate(trainer, trainer->position.iteration);
  float_mode_leave(mode);
  return LOTTERY_OK;
}

lottery_status lottery_trainer_loss(lottery_trainer *trainer, double *out) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  RETURN_IF_NULL(trainer->object.context, out);
  if (!trainer->has_loss)
    return context_fail(trainer->object.context, LOTTERY_ERROR_STATE, "loss: no batch has had one yet");
  *out = trainer->loss;
  return LOTTERY_OK;
}
