/* The learning rate as a function of the iteration. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stdint.h>

struct lottery_trainer;

/* LEARNING_RATE times MILESTONE_FACTOR for each milestone <= iteration, and (iteration + 1) / WARMUP before WARMUP. */
double schedule_rate(const struct lottery_trainer *trainer, int64_t iteration);

#endif
