/* A snapshot: saved tensors, optimiser state and position. Immutable once made. */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include "base/object.h"
#include "model/tensor.h"

/* Where a trainer stands. The order of data follows from seed and batch, the schedule from iteration. */
struct position {
  int64_t iteration; /* completed ones */
  int64_t batch;     /* batches drawn from the dataset */
  uint64_t seed;     /* of the order of data */
};

enum { SNAPSHOT_SLOTS = 3 };

struct lottery_snapshot {
  struct object object;
  int32_t contents;  /* a sum of LOTTERY_STATE_… */
  int32_t optimiser; /* LOTTERY_OPTIMISER_…: whose state it is */
  int64_t optimiser_steps;
  struct position position;
  int64_t tensor_count;
  struct tensor *tensors;
  int64_t element_count;        /* of all tensors */
  int64_t *offsets;             /* of each tensor in a slot */
  float *slots[SNAPSHOT_SLOTS]; /* LOTTERY_SLOT_…: element_count values, or NULL */
};

/* A snapshot of the given tensors with room for the slots whose bit (1 << slot) is set in `slots`; values zero. NULL
 * when memory is out (message set). */
struct lottery_snapshot *snapshot_create(struct lottery_context *context, const struct tensor *tensors,
                                         int64_t tensor_count, int32_t contents, int32_t slots);

#endif
