/* The checks that several functions of the trainer begin with. */
#ifndef API_CHECK_TRAINER_H
#define API_CHECK_TRAINER_H

#include "api/check.h"
#include "train/trainer.h"

/* Functions that change the trainer are refused inside its own progress callback, and so are those of other trainers of
 * its network. */
static inline lottery_status check_idle(lottery_trainer *trainer) {
  RETURN_UNLESS_HANDLE(trainer, OBJECT_TRAINER);
  return trainer_require_idle(trainer->object.context, trainer);
}

/* LOTTERY_ERROR_STATE unless the trainer, a valid handle, has a dataset of its own. */
static inline lottery_status check_has_dataset(const lottery_trainer *trainer) {
  if (trainer->dataset != NULL) return LOTTERY_OK;
  return context_fail(trainer->object.context, LOTTERY_ERROR_STATE, "trainer: was created without a dataset");
}

#endif
