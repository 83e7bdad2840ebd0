/* Step decay at milestones (He et al., CVPR 2016) and linear warm-up (Goyal et al. 2017). */
#include "train/schedule.h"

#include "train/trainer.h"

double schedule_rate(const struct lottery_trainer *trainer, int64_t iteration) {
  double rate = option_real(&trainer->options, LOTTERY_TRAINER_LEARNING_RATE);
  const double factor = option_real(&trainer->options, LOTTERY_TRAINER_MILESTONE_FACTOR);
  for (int64_t i = 0; i < trainer->milestone_count && trainer->milestones[i] <= (double)iteration; i++) rate *= factor;
  const int64_t warmup = option_integer(&trainer->options, LOTTERY_TRAINER_WARMUP);
  if (iteration < warmup) rate *= (double)(iteration + 1) / (double)warmup;
  return rate;
}
