/* Trains the study's networks in parallel: a queue of those that can be trained now, and a thread a processor. */
#ifndef STUDY_WORK_H
#define STUDY_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "training.h"

struct work;

enum work_event {
  WORK_TICK,   /* time has passed */
  WORK_RESULT, /* a network is trained */
  WORK_END     /* no work is left, or it was stopped */
};

/* Starts training; options and datasets must stay. Returns NULL after reporting an error. */
struct work *work_start(const struct options *options, const struct datasets *datasets);

/* Waits up to a quarter of a second for the next event. outcome: set by WORK_RESULT, and then owned by the caller. */
enum work_event work_wait(struct work *work, struct outcome *outcome);

/* How much of the whole is done, 0 to 1, by estimated time: a pruned network costs less. */
double work_progress(struct work *work);

/* Makes every thread stop after its current iteration. Legal in a signal handler. */
void work_stop(struct work *work);

/* Stops the threads, waits for them and frees everything. If a network failed, reports it and returns false. */
bool work_end(struct work *work);

/* How many networks the study has. */
int64_t work_networks(const struct options *options);

#endif
