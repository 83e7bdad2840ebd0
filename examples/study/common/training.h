/* One network of the study: which one it is, how it is trained, and its results. */
#ifndef STUDY_TRAINING_H
#define STUDY_TRAINING_H

#include <stdbool.h>
#include <stdint.h>

#include "lottery.h"
#include "options.h"

enum method { METHOD_TICKET = 0, METHOD_REINITIALISED = 1, METHOD_RANDOM_MASK = 2 };

struct network_id {
  int64_t trial, level;
  enum method method;
  int64_t control; /* counts the controls of one method and level; 0 for a ticket */
};

struct evaluation {
  int64_t iteration;
  double validation_loss;
  double test_accuracy; /* below 0 where it was not measured */
};

struct outcome {
  struct network_id id;
  double density;
  int64_t early_stop_iteration;
  double early_stop_accuracy, final_accuracy; /* on the test set */
  double seconds;                             /* of all runs together */
  bool restored;                              /* finished by an earlier run */
  bool loading;                               /* after an error: the network's checkpoint caused it */
  struct evaluation *history;                 /* the receiver frees it */
  int64_t history_count;
};

struct datasets {
  lottery_dataset *training, *validation, *test;
  int64_t test_count;
};

/* What a trial has found so far. Its tickets, one after another, change it; its controls only read it. */
struct trial {
  lottery_snapshot *initial; /* tickets and random masks are rewound to it */
  lottery_snapshot *trained; /* the end of the last training, kept with --continue */
  lottery_mask **masks;      /* [levels], NULL where not known yet */
};

/* Called after each evaluation with the number of iterations trained so far. */
typedef void (*training_progress)(int64_t iterations, void *user);

/* A seed for one purpose, a function of all arguments. */
enum purpose { PURPOSE_SPLIT, PURPOSE_WEIGHTS, PURPOSE_ORDER, PURPOSE_MASK, PURPOSE_PRUNER };
uint64_t training_seed(const struct options *options, enum purpose purpose, const struct network_id *id);

/* Trains the network `id` in `context`, which no other thread may use meanwhile; with --resume from its checkpoint. A
 * ticket leaves the next level's mask in the trial (with --one-shot, level 0 leaves the masks of all levels). Saves
 * checkpoints on the way, at the end, and when it is cancelled. Returns the library's status; with any status except
 * LOTTERY_OK the outcome has no history. LOTTERY_ERROR_MEMORY is also returned when an allocation of this program
 * fails. */
lottery_status training_run(lottery_context *context, const struct options *options, const struct datasets *datasets,
                            struct trial *trial, const struct network_id *id, training_progress progress, void *user,
                            struct outcome *outcome);

/* Seconds on a clock that only goes forward. */
double training_clock(void);

#endif
