/* What tests of training share: instruction sets, all values of a network or trainer at once, the order of data. */
#ifndef TRAINING_H
#define TRAINING_H

#include "support.h"

enum { INSTRUCTION_SET_LIMIT = 4 };

/* The instruction sets that machine and build have; prints which are skipped. Returns how many. */
int instruction_sets(int32_t sets[INSTRUCTION_SET_LIMIT]);

/* A context on an instruction set. */
lottery_context *context_on(int32_t instruction_set);

/* The preset `name`, initialised (Glorot normal). */
lottery_network *initialised_network(lottery_context *context, const char *name, uint64_t seed);

/* Elements of a tensor. */
int64_t tensor_elements(lottery_network *network, int64_t tensor);

/* An array of floats; release_values frees it. */
struct values {
  float *values;
  int64_t count;
};

void release_values(struct values *values);

/* The values of all tensors, one behind the other; and back. */
struct values network_values(lottery_network *network);
void set_network_values(lottery_network *network, const float *values);

/* All that the snapshot holds of all tensors in `slot`; none if it does not hold the slot. */
struct values snapshot_values(lottery_snapshot *snapshot, int32_t slot);

/* Weights and all of the optimiser's slots, one behind the other. */
struct values trainer_values(lottery_trainer *trainer);

/* The gradient of all tensors. */
struct values gradient_values(lottery_trainer *trainer, lottery_network *network);

/* Bit for bit. assert_values_differ: at least one bit. Both release what they compare. */
#define assert_values_equal(a, b) values_compare((a), (b), true, __FILE__, __LINE__)
#define assert_values_differ(a, b) values_compare((a), (b), false, __FILE__, __LINE__)
void values_compare(struct values a, struct values b, bool equal, const char *file, int line);

/* One of the optimisers with its options. */
struct optimiser_case {
  const char *name;
  int64_t optimiser;
  double rate, momentum;
  int64_t nesterov;
  double decay;
  int64_t decay_biases;
};

extern const struct optimiser_case optimiser_cases[];
extern const int optimiser_case_count;

void set_optimiser(lottery_trainer *trainer, const struct optimiser_case *options);

/* A dataset whose example i is the i-th unit vector of `count` dimensions, its target 1. Together with a network of one
 * unit without bias and with weights 0, the gradient shows which examples a batch holds. */
lottery_dataset *unit_vectors(lottery_context *context, int64_t count);
lottery_trainer *order_trainer(lottery_context *context, int64_t count, int64_t batch_size, uint64_t seed);
/* Takes the next batch; adds to visits[example] how often each is in it, and returns how many there are. */
int64_t order_next(lottery_trainer *trainer, int64_t count, int64_t *visits);

/* The examples in the order that a trainer of a dataset of `count` visits them: [epochs][count]; free() it. */
int32_t *order_of_data(lottery_context *context, int64_t count, uint64_t seed, int64_t epochs);

#endif
