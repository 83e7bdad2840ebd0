/* One scenario that makes everything the library allocates for: datasets of every kind, a graph, trainers with every
 * optimiser, pruning, masks, snapshots, rewinding, evaluation. It uses no heap of its own. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "support.h"

enum { SCENARIO_RESULTS = 128 };

struct scenario {
  const char *images, *labels; /* IDX files that scenario_files wrote */
  bool retry;                  /* calls again, once, what failed for want of memory */
  int64_t retries;
  uint64_t results[SCENARIO_RESULTS]; /* hashes of what came out, in order */
  int result_count;
};

/* Writes the two files, the labels gzipped. */
void scenario_files(const char *directory, char images[PATH_CAPACITY], char labels[PATH_CAPACITY]);

/* A support_scenario; user: a struct scenario. Destroys all that it makes, in every case. */
lottery_status scenario_run(lottery_context *context, void *user);

#endif
