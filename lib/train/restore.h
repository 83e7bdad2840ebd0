/* A trainer's whole state, as it was saved, put into a trainer of the same graph and dataset. */
#ifndef TRAIN_RESTORE_H
#define TRAIN_RESTORE_H

#include "train/trainer.h"

/* How the gradient that waits for lottery_trainer_apply came about. */
enum saved_gradient { SAVED_GRADIENT_NONE, SAVED_GRADIENT_GIVEN, SAVED_GRADIENT_DRAWN };

struct trainer_saved {
  struct option_values options, network_options;
  double *milestones;
  int64_t milestone_count;
  struct lottery_mask *mask;       /* or NULL: the network had none */
  struct lottery_snapshot *values; /* weights, optimiser state with its steps, position */
  bool has_loss;                   /* what lottery_trainer_loss says */
  double loss;
  enum saved_gradient gradient;
  float *gradient_values; /* as a slot of `values`, or NULL */
};

/* Shapes are known to fit. MEMORY, its message in the trainer's context, leaves trainer and network as they were. */
lottery_status trainer_restore(struct lottery_trainer *trainer, const struct trainer_saved *saved);

#endif
