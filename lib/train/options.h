/* A trainer's options, and what else changes with them. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "train/trainer.h"

/* See lottery_trainer_set_integer: another optimiser starts without state. */
lottery_status trainer_set_integer(struct lottery_trainer *trainer, int32_t key, int64_t value);

/* See lottery_trainer_set_reals and _get_reals, with their checks of pointers: a wrong key comes before these. */
lottery_status trainer_set_reals(struct lottery_trainer *trainer, int32_t key, const double *values, int64_t count);
lottery_status trainer_get_reals(const struct lottery_trainer *trainer, int32_t key, int64_t capacity, double *values,
                                 int64_t *count);

#endif
