/* SGD and Adam. */
#include "train/optimiser.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/finite.h"
#include "kernels/kernels.h"
#include "kernels/update.h"
#include "model/snapshot.h"
#include "train/trainer.h"

static double real(const struct lottery_trainer *trainer, int32_t key) { return option_real(&trainer->options, key); }

static bool is_adam(const struct option_values *options) {
  return option_integer(options, LOTTERY_TRAINER_OPTIMISER) == LOTTERY_OPTIMISER_ADAM;
}

int32_t optimiser_slots(const struct option_values *options) {
  if (is_adam(options)) return 1 << LOTTERY_SLOT_FIRST | 1 << LOTTERY_SLOT_SECOND;
  return !option_is_within(option_real(options, LOTTERY_TRAINER_MOMENTUM), 0.0, 0.0) ? 1 << LOTTERY_SLOT_FIRST : 0;
}

void optimiser_reset(struct lottery_trainer *trainer) {
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    if (trainer->arrays.state[slot] != NULL)
      memset(trainer->arrays.state[slot], 0, (size_t)trainer->arrays.layout->parameter_count * sizeof(float));
  trainer->optimiser_steps = 0;
}

struct gradient_sink optimiser_store(const struct lottery_trainer *trainer) {
  return (struct gradient_sink){.update = {.kind = UPDATE_STORE, .gradient = trainer->arrays.gradient}};
}

/* 1 - beta^steps by doubling, so that nothing cancels: c(2 n) = c(n) (2 - c(n)), c(n + 1) = c(n) + (1 - beta)
 * (1 - c(n)). */
static double bias_correction(double beta, int64_t steps) {
  double correction = 0.0;
  for (int bit = 62; bit >= 0; bit--) {
    correction *= 2.0 - correction;
    if ((steps >> bit & 1) != 0) correction += (1.0 - beta) * (1.0 - correction);
  }
  return correction;
}

/* Kingma & Ba: the bias corrections 1 - beta^t folded into rate and epsilon. */
static void set_adam(const struct lottery_trainer *trainer, double rate, struct update *update) {
  const double beta1 = real(trainer, LOTTERY_TRAINER_BETA1), beta2 = real(trainer, LOTTERY_TRAINER_BETA2);
  const double correction1 = bias_correction(beta1, trainer->optimiser_steps),
               correction2 = sqrt(bias_correction(beta2, trainer->optimiser_steps));
  const double epsilon = real(trainer, LOTTERY_TRAINER_EPSILON) * correction2;
  update->kind = UPDATE_ADAM;
  update->rate = (float)(rate * correction2 / correction1);
  /* Never below the least normal number: a pruned weight's step is 0 / (0 + epsilon) and must be 0. */
  update->epsilon = epsilon > FLT_MIN ? (float)epsilon : FLT_MIN;
  update->first_average = average_of(beta1);
  update->second_average = average_of(beta2);
}

struct gradient_sink optimiser_step(struct lottery_trainer *trainer, double rate) {
  struct gradient_sink sink = optimiser_store(trainer);
  struct update *update = &sink.update;
  trainer->optimiser_steps++;
  update->kind = UPDATE_SGD;
  update->rate = (float)rate;
  update->first = trainer->arrays.state[LOTTERY_SLOT_FIRST];
  update->second = trainer->arrays.state[LOTTERY_SLOT_SECOND];
  update->momentum = (float)real(trainer, LOTTERY_TRAINER_MOMENTUM);
  update->nesterov = option_integer(&trainer->options, LOTTERY_TRAINER_NESTEROV) != 0;
  update->decay = (float)real(trainer, LOTTERY_TRAINER_WEIGHT_DECAY);
  sink.other_decay = option_integer(&trainer->options, LOTTERY_TRAINER_DECAY_BIASES) != 0 ? update->decay : 0.0F;
  if (is_adam(&trainer->options)) set_adam(trainer, rate, update);
  return sink;
}

void optimiser_apply(struct lottery_trainer *trainer, const struct gradient_sink *sink) {
  struct lottery_network *network = trainer->network;
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const struct tensor_layout *tensor = &network->parameters.layout->tensors[i];
    if (!role_is_trained(tensor->role)) continue;
    const struct update update = layer_update(&network->parameters, i, sink);
    network->kernels->update->apply(&update, (struct range){0, tensor->floats});
  }
}

struct overflow optimiser_find_overflow(const struct lottery_trainer *trainer) {
  const struct layout *layout = trainer->network->parameters.layout;
  const float *const arrays[] = {trainer->network->parameters.values, trainer->arrays.state[LOTTERY_SLOT_FIRST],
                                 trainer->arrays.state[LOTTERY_SLOT_SECOND]};
  for (int part = 0; part < 3; part++)
    for (int64_t i = 0; arrays[part] != NULL && i < layout->tensor_count; i++) {
      const float *values = arrays[part] + layout->tensors[i].offset;
      const int64_t end = finite_end(values, layout->tensors[i].floats);
      if (end < layout->tensors[i].floats)
        return (struct overflow){trainer->network->tensors[i].name, part == 0 ? "weights" : "optimiser state",
                                 values[end]};
    }
  return (struct overflow){0};
}
