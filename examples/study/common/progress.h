/* Shows how far the study is: a bar on a terminal, elsewhere a line for each network. */
#ifndef STUDY_PROGRESS_H
#define STUDY_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "training.h"

struct progress {
  bool terminal;
  double start;    /* seconds on training_clock() */
  double restored; /* fraction of the whole that an earlier run had done */
  int64_t finished, networks;
};

struct progress progress_begin(int64_t networks);

/* Redraws the bar. done: fraction of the whole, 0 to 1. */
void progress_show(const struct progress *progress, double done);

/* Counts a trained network. */
void progress_note(struct progress *progress, const struct outcome *outcome, double done);

/* Removes the bar. */
void progress_end(const struct progress *progress);

/* Prints a time as "1 h 5 min", "2 min 10 s" or "12 s" into a text of 32 bytes and returns it. */
const char *progress_time(double seconds, char text[32]);

#endif
