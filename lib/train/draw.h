/* Draws a batch for a trainer: fills the feed, finds the answers, and begins to prefetch the next batch. */
#ifndef TRAIN_DRAW_H
#define TRAIN_DRAW_H

#include "train/loss.h"
#include "train/trainer.h"

/* Draws the next batch of the trainer's dataset, or takes the host's; trainer->pass is then what the passes run on. */
struct answers draw_batch(struct lottery_trainer *trainer, const struct batch *batch);

#endif
