/* What tests of trainers in archives share: a network, its trainer and their dataset, saved and restored. */
#ifndef STUDY_H
#define STUDY_H

#include "archive.h"

enum { STUDY_EXAMPLES = 45, STUDY_BATCH = 10, STUDY_FEATURES = 5, STUDY_CLASSES = 3 };
#define STUDY_GRAPH "mlp-5-19-3"

struct study {
  lottery_network *network;
  lottery_trainer *trainer;
  lottery_dataset *dataset;
};

/* As a host makes them: with other weights and another seed each time, and the default options. */
struct study study_make(lottery_context *context, uint64_t seed);
void study_destroy(const struct study *study);

/* Prunes half of what is left. */
void study_prune(lottery_context *context, const struct study *study);

void study_run(lottery_context *context, const struct study *study, int64_t iterations);

/* The file of an archive that has the trainer as "run"; and the trainer goes on from there. */
struct bytes study_save(lottery_context *context, lottery_trainer *trainer);
lottery_status study_restore(lottery_context *context, const struct bytes *file, lottery_trainer *trainer,
                             int32_t consent);

/* Iteration, rate, every option, weights and optimiser state. */
void assert_same_study(lottery_context *context, const struct study *a, const struct study *b);

#endif
