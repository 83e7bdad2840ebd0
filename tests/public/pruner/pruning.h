/* What the tests of the pruner share: before each test a context, a network, a mask of ones and a pruner are made. */
#ifndef PRUNING_H
#define PRUNING_H

#include "support.h"

/* The network's prunable tensors: [13][5], [8][13] and, next to the output, [6][8]; and all of their weights. */
enum { TENSORS = 3, ALL = 65 + 104 + 48 };
extern const int64_t tensor_counts[TENSORS];

extern struct counting_allocator allocator;
extern lottery_context *context;
extern lottery_network *network;
extern lottery_pruner *pruner;
extern lottery_mask *ones;

int pruning_set_up(void **state);
int pruning_tear_down(void **state);
#define PRUNING_TEST(function) cmocka_unit_test_setup_teardown(function, pruning_set_up, pruning_tear_down)

/* An option of the pruner. */
void set_real(int32_t key, double value);
void set_integer(int32_t key, int64_t value);

/* That a pruning which made `next` of `mask` (NULL: ones) returned OK, or UNCHANGED if and only if no weight went. */
void assert_pruned(lottery_status status, lottery_mask *mask, lottery_mask *next);

/* How many weights a mask keeps of a tensor, or (-1) of all. */
int64_t kept_of(lottery_mask *mask, int64_t tensor);

#endif
