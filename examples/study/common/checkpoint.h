/* What a study needs to go on after it was stopped or killed: a file a network, in OUT/checkpoint. A network in
 * training has its trainer there, a finished one its results and what it found for its trial: later levels' masks. Each
 * file is replaced whole or not at all, and none depends on another, so whenever the study ends, they can be gone on
 * from. */
#ifndef STUDY_CHECKPOINT_H
#define STUDY_CHECKPOINT_H

#include <stdbool.h>

#include "lottery.h"
#include "options.h"
#include "training.h"

enum { CHECKPOINT_PATH = 4352 };

/* The folder; the file of a network. */
void checkpoint_folder(const struct options *options, char path[CHECKPOINT_PATH]);
void checkpoint_path(const struct options *options, const struct network_id *id, char path[CHECKPOINT_PATH]);

/* Removes what a killed study left half-written, and (all) the files of an earlier study. */
void checkpoint_clear(const struct options *options, bool all);

/* Saves a network: in training, with the trainer and the weights of the early stop (or NULL); finished, trainer NULL.
 */
lottery_status checkpoint_save(lottery_context *context, const struct options *options, const struct trial *trial,
                               const struct outcome *outcome, lottery_trainer *trainer, lottery_snapshot *best);

enum checkpoint { CHECKPOINT_NONE, CHECKPOINT_TRAINING, CHECKPOINT_FINISHED };

/* Reads the network outcome->id if it has a file: the outcome so far, whose history has room for `capacity`
 * evaluations; its finds into the trial; and for one in training the state into trainer and *best. */
lottery_status checkpoint_load(lottery_context *context, const struct options *options, struct trial *trial,
                               struct outcome *outcome, int64_t capacity, lottery_trainer *trainer,
                               lottery_snapshot **best, enum checkpoint *found);

#endif
