/* What a study needs to resume after it was stopped or killed: one file a network, in OUT/checkpoint. The file of a
 * network in training holds its trainer. That of a finished network holds its results and what it found for its trial:
 * the masks of later levels. Each file is replaced whole or not at all, and none depends on another, so a study can
 * resume from any moment. */
#ifndef STUDY_CHECKPOINT_H
#define STUDY_CHECKPOINT_H

#include <stdbool.h>

#include "lottery.h"
#include "options.h"
#include "training.h"

enum { CHECKPOINT_PATH = 4352 };

/* The folder's path; the path of a network's file. */
void checkpoint_folder(const struct options *options, char path[CHECKPOINT_PATH]);
void checkpoint_path(const struct options *options, const struct network_id *id, char path[CHECKPOINT_PATH]);

/* Removes files that a killed study left half-written, and if `all` the files of an earlier study. */
void checkpoint_clear(const struct options *options, bool all);

/* Saves a network: in training, with its trainer and the weights of the early stop (or NULL); or finished, with NULL
 * for both. */
lottery_status checkpoint_save(lottery_context *context, const struct options *options, const struct trial *trial,
                               const struct outcome *outcome, lottery_trainer *trainer, lottery_snapshot *best);

enum checkpoint { CHECKPOINT_NONE, CHECKPOINT_TRAINING, CHECKPOINT_FINISHED };

/* Reads the file of network outcome->id, if there is one: the outcome so far, whose history has room for `capacity`
 * evaluations; what the network found, into the trial; for a network in training its state, into trainer and *best. */
lottery_status checkpoint_load(lottery_context *context, const struct options *options, struct trial *trial,
                               struct outcome *outcome, int64_t capacity, lottery_trainer *trainer,
                               lottery_snapshot **best, enum checkpoint *found);

#endif
