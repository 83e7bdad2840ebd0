/* Losses over a batch, and what a loss needs of a dataset. */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include <stdbool.h>

#include "data/dataset.h"
#include "kernels/kernels.h"

/* What is right for a batch, in the form that kernels read; the one that the loss does not use may be NULL. */
struct answers {
  int64_t count;         /* examples */
  const int32_t *labels; /* [tile][lane], -1 in lanes past the batch */
  const float *targets;  /* [tile][output][lane] */
};

/* A loss of the table in loss.c. */
struct loss {
  const char *name;
  bool needs_labels; /* it uses only labels; others use targets, or one-hot vectors made from labels */
  bool over_outputs; /* an example's is a mean over outputs */
  double slope;      /* what its gradient is multiplied by */
  /* The losses of the examples of a tile, [lane], and their gradient (or NULL) times `scale`; answers begin with the
   * tile. */
  void (*tile)(const struct kernels *kernels, const float *values, int64_t outputs, const struct answers *answers,
               float scale, float *losses, float *gradient);
};

/* The loss LOTTERY_LOSS_…; NULL where `kind` is none. */
const struct loss *loss_find(int64_t kind);

/* The sum over the batch of each example's loss: of -log softmax, or of the mean of (output - target)^2 over outputs.
 * gradient (or NULL): receives the gradient of the mean over the batch, [tile][output][lane]. */
double loss_sum(const struct kernels *kernels, int32_t kind, int64_t outputs, const float *values,
                const struct answers *answers, float *gradient);

/* LOTTERY_ERROR_SHAPE with a message in `context` unless a network with these sizes can be trained on, or evaluated
 * with the loss `kind`, over the dataset. targets: those that the dataset has, if any, must fit the outputs. */
lottery_status loss_check_features(struct lottery_context *context, const struct lottery_dataset *dataset,
                                   int64_t inputs, int64_t outputs);
lottery_status loss_check_targets(struct lottery_context *context, const struct lottery_dataset *dataset,
                                  int64_t outputs);
lottery_status loss_check_answers(struct lottery_context *context, const struct lottery_dataset *dataset, int32_t kind,
                                  int64_t outputs);

/* Where the answers of `count` examples come from: a dataset that passed the checks, or (dataset NULL) a host. */
struct answer_source {
  int64_t count;
  const struct lottery_dataset *dataset;
  const int32_t *examples; /* of the dataset: [count] */
  const int32_t *labels;   /* the host's: [count], or NULL */
  const float *targets;    /* the host's: [count][output], or NULL */
};

/* Fetches the answers that the loss `kind` reads. labels and targets have room for the tiles of the examples. */
struct answers loss_gather(const struct answer_source *source, int32_t kind, int64_t outputs, int32_t *labels,
                           float *targets);

#endif
