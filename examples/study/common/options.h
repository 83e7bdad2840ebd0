/* The study's settings. Each study reads them from its command line in its own options.c. */
#ifndef STUDY_OPTIONS_H
#define STUDY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The networks whose test accuracy is measured at every evaluation; for the others at the early stop and the end. */
enum { HISTORY_FULL = 0, HISTORY_TICKETS = 1, HISTORY_EARLY_STOP = 2 };

struct options {
  const char *data, *out;
  int64_t iterations; /* of each network's training */
  int64_t levels;     /* level 0, the dense training, counts */
  int64_t trials;
  int64_t reinitialised;       /* networks a level with the ticket's mask and new weights */
  int64_t random_masks;        /* networks a level with the ticket's weights and a shuffled mask */
  int64_t evaluation_interval; /* iterations between evaluations */
  int64_t threads;
  int64_t seed;
  int64_t optimiser; /* LOTTERY_OPTIMISER_… */
  double learning_rate;
  int64_t batch_size;
  double rate;       /* the fraction of the remaining weights that a level prunes */
  int64_t criterion; /* LOTTERY_CRITERION_… */
  int64_t rewind_to; /* the iteration of level 0 that tickets start from */
  bool one_shot, continued;
  int64_t history; /* HISTORY_… */
  bool resume;
  double checkpoint_interval; /* seconds */
  int64_t instruction_set;    /* LOTTERY_INSTRUCTION_SET_… */
  bool any_instruction_set;   /* a resumed study may have begun on another */
};

/* A study's own options.c defines these: the program's name, which begins its messages, and its network, a preset. */
extern const char study_program[], study_network[];

/* Reads a command line into `options`. Returns -1 to continue, else the program's exit code: 0 after printing help, 2
 * after reporting a mistake. */
int options_read(struct options *options, int argument_count, char **arguments);

/* Writes settings as lines "name value": those that the results depend on, or all except the folders. */
void options_write(const struct options *options, bool all, FILE *file);

#endif
