/* SGD and Adam over the network's parameters. */
#include "train/optimiser.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/arithmetic.h"
#include "base/elementary.h"
#include "base/memory.h"
#include "kernels/kernels.h"
#include "model/snapshot.h"
#include "train/trainer.h"

static bool is_adam(const struct lottery_trainer *trainer) {
  return option_integer(&trainer->options, LOTTERY_TRAINER_OPTIMISER) == LOTTERY_OPTIMISER_ADAM;
}

int32_t optimiser_slots(const struct lottery_trainer *trainer) {
  if (is_adam(trainer)) return 1 << LOTTERY_SLOT_FIRST | 1 << LOTTERY_SLOT_SECOND;
  const bool momentum = option_real(&trainer->options, LOTTERY_TRAINER_MOMENTUM) > 0.0;
  return momentum ? 1 << LOTTERY_SLOT_FIRST : 0;
}

lottery_status optimiser_prepare(struct lottery_trainer *trainer) {
  const int32_t slots = optimiser_slots(trainer);
  for (int slot = LOTTERY_SLOT_FIRST; slot < SNAPSHOT_SLOTS; slot++) {
    if ((slots & 1 << slot) == 0 || trainer->state[slot] != NULL) continue;
    trainer->state[slot] = memory_allocate(trainer->object.context, trainer->network->parameter_count, sizeof(float));
    if (trainer->state[slot] == NULL) return LOTTERY_ERROR_MEMORY;
  }
  return LOTTERY_OK;
}

void optimiser_reset(struct lottery_trainer *trainer) {
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    if (trainer->state[slot] != NULL)
      memset(trainer->state[slot], 0, (size_t)trainer->network->parameter_count * sizeof(float));
  trainer->optimiser_steps = 0;
}

void optimiser_release(struct lottery_trainer *trainer) {
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++) {
    memory_release(trainer->object.context, trainer->state[slot]);
    trainer->state[slot] = NULL;
  }
  trainer->optimiser_steps = 0;
}

void optimiser_apply_mask(struct lottery_trainer *trainer) {
  for (int slot = 0; slot < SNAPSHOT_SLOTS; slot++)
    if (trainer->state[slot] != NULL) network_apply_mask(trainer->network, trainer->state[slot]);
}

/* Kingma & Ba: the bias corrections 1 - beta^t folded into rate and epsilon. */
static struct adam_step adam_options(const struct lottery_trainer *trainer, double rate) {
  const double beta1 = option_real(&trainer->options, LOTTERY_TRAINER_BETA1),
               beta2 = option_real(&trainer->options, LOTTERY_TRAINER_BETA2),
               epsilon = option_real(&trainer->options, LOTTERY_TRAINER_EPSILON),
               steps = (double)trainer->optimiser_steps;
  const double correction1 = beta1 > 0.0 ? 1.0 - elementary_power(beta1, steps) : 1.0,
               correction2 = sqrt(beta2 > 0.0 ? 1.0 - elementary_power(beta2, steps) : 1.0);
  const double corrected = epsilon * correction2;
  /* Never below the least normal number: a pruned weight's step is 0 / (0 + epsilon) and must be 0. */
  return (struct adam_step){.rate = (float)(rate * correction2 / correction1),
                            .epsilon = corrected > FLT_MIN ? (float)corrected : FLT_MIN,
                            .beta1 = (float)beta1,
                            .beta2 = (float)beta2};
}

void optimiser_step(struct lottery_trainer *trainer, double rate) {
  struct lottery_network *network = trainer->network;
  trainer->optimiser_steps++;
  const float decay = (float)option_real(&trainer->options, LOTTERY_TRAINER_WEIGHT_DECAY);
  const bool decay_biases = option_integer(&trainer->options, LOTTERY_TRAINER_DECAY_BIASES) != 0;
  const bool adam = is_adam(trainer);
  struct adam_step adam_step = {0};
  if (adam) adam_step = adam_options(trainer, rate);
  struct sgd_step sgd_step = {.rate = (float)rate,
                              .momentum = (float)option_real(&trainer->options, LOTTERY_TRAINER_MOMENTUM),
                              .nesterov = option_integer(&trainer->options, LOTTERY_TRAINER_NESTEROV) != 0};
  for (int64_t i = 0; i < network->tensor_count; i++) {
    const struct parameter *parameter = &network->parameter[i];
    const int64_t offset = parameter->offset, count = arithmetic_round_up(network->tensors[i].count, 16);
    float *weights = network->parameters + offset;
    const float *gradient = trainer->gradient + offset;
    float *first = trainer->state[LOTTERY_SLOT_FIRST], *second = trainer->state[LOTTERY_SLOT_SECOND];
    const float tensor_decay = parameter->mask_tensor >= 0 || decay_biases ? decay : 0.0F;
    if (adam) {
      adam_step.decay = tensor_decay;
      network->kernels->adam(&adam_step, count, weights, gradient, first + offset, second + offset);
    } else {
      sgd_step.decay = tensor_decay;
      network->kernels->sgd(&sgd_step, count, weights, gradient, first == NULL ? NULL : first + offset);
    }
  }
}
