/* A trainer: options, position, optimiser state and the memory of one batch; and what one iteration does. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "base/option.h"
#include "data/dataset.h"
#include "data/order.h"
#include "kernels/ahead.h"
#include "model/network.h"
#include "model/snapshot.h"
#include "run/executor.h"

/* How far an iteration in its split form has come. */
enum trainer_phase { PHASE_IDLE, PHASE_FORWARD, PHASE_GRADIENT };

/* What goes with the parameters, in a layout that follows the network's. */
struct trainer_arrays {
  struct layout *layout;
  float *gradient;
  float *state[SNAPSHOT_SLOTS]; /* LOTTERY_SLOT_FIRST and _SECOND, or NULL where the optimiser has none */
};

struct lottery_trainer {
  struct object object;
  struct lottery_network *network;
  struct lottery_dataset *dataset; /* or NULL */
  struct option_values options;
  double *milestones;
  int64_t milestone_count;
  struct position position;
  int64_t optimiser_steps;
  struct trainer_arrays arrays;
  struct executor *executor; /* for the batch size; made by the first call that needs it */
  int32_t *labels;           /* [tile][lane] */
  struct order order;        /* holds nothing without a dataset */
  enum trainer_phase phase;
  struct pass pass;   /* what the last forward pass ran on */
  uint64_t version;   /* the network's then */
  struct ahead ahead; /* the next batch, which the passes prefetch */
  bool phase_drawn;   /* the batch came from the dataset */
  double loss;        /* of the last batch that had one */
  bool has_loss;
  bool running; /* between trainer_enter and trainer_leave */
};

/* A batch of the host's, or (inputs NULL) the next of the trainer's dataset. */
struct batch {
  int64_t count;
  const float *inputs;
  const int32_t *labels;
  const float *targets;
};

/* Creates a trainer for checked arguments; NULL when memory is out (message set). */
struct lottery_trainer *trainer_create(struct lottery_network *network, struct lottery_dataset *dataset, uint64_t seed);

/* A run begins and ends. While it lasts, calls of its progress callback that would change the trainer, another one of
 * its network, or the network are refused, and the trainer outlives its handle. */
void trainer_enter(struct lottery_trainer *trainer);
void trainer_leave(struct lottery_trainer *trainer);

/* LOTTERY_ERROR_STATE with a message in `context` while a run lasts, of this trainer or of another one of its network.
 */
lottery_status trainer_require_idle(struct lottery_context *context, const struct lottery_trainer *trainer);

/* Brings the arrays into the network's layout, with the slots that the options need. */
lottery_status trainer_match_layout(struct lottery_trainer *trainer);

/* That, and the memory of a batch. */
lottery_status trainer_prepare(struct lottery_trainer *trainer);

/* The slots of optimiser state (1 << LOTTERY_SLOT_…) that exist; more than the options need, if these have changed.
 */
int32_t trainer_slots(const struct lottery_trainer *trainer);

/* Arrays of a layout: zeros in these slots; or with those that the optimiser has now, the present state and gradient
 * converted. On MEMORY nothing is left of them. Taking them into use cannot fail. */
lottery_status trainer_arrays_allocate(struct layout *layout, int32_t slots, struct trainer_arrays *arrays);
lottery_status trainer_arrays_create(struct lottery_trainer *trainer, struct layout *layout,
                                     struct trainer_arrays *arrays);
void trainer_arrays_commit(struct lottery_trainer *trainer, struct trainer_arrays *arrays);
void trainer_arrays_release(struct lottery_context *context, struct trainer_arrays *arrays);

/* A whole iteration, and its parts. loss and input_gradient may be NULL. Arguments are checked. */
lottery_status trainer_step(struct lottery_trainer *trainer, const struct batch *batch, double *loss);
lottery_status trainer_forward(struct lottery_trainer *trainer, int64_t count, const float *inputs, float *outputs);
lottery_status trainer_backward(struct lottery_trainer *trainer, const float *output_gradient, float *input_gradient);
lottery_status trainer_gradient(struct lottery_trainer *trainer, const struct batch *batch, double *loss);
lottery_status trainer_apply(struct lottery_trainer *trainer);
lottery_status trainer_run(struct lottery_trainer *trainer, int64_t iterations, lottery_progress progress, void *user,
                           int64_t *done);

#endif
