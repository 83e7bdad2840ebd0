/* The order of data: which examples each batch of each epoch holds, a function of seed, batch number and batch size. */
#ifndef DATA_ORDER_H
#define DATA_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/public.h"

struct lottery_context;

/* Holds the permutation of one epoch, so that consecutive batches cost nothing. */
struct order {
  struct lottery_context *context;
  int64_t count;
  int32_t *permutation;
  bool filled; /* the permutation is that of seed and epoch */
  uint64_t seed;
  int64_t epoch;
};

/* Makes room for a dataset of `count` examples, 1 to 2^31 - 1. False when memory is out (message set); the order then
 * holds nothing. */
bool order_create(struct order *order, struct lottery_context *context, int64_t count);

/* An order of all zeros holds nothing. */
void order_destroy(struct order *order);

/* Batches of an epoch; the last is short where the sizes do not divide. */
int64_t order_batches(const struct order *order, int64_t batch_size);

/* The examples of batch number `batch` (0, 1, 2 …), valid until the next call; *count receives how many. Allocates
 * nothing. */
const int32_t *order_batch(struct order *order, uint64_t seed, int64_t batch, int64_t batch_size, int64_t *count);

/* The examples that come after `count` of order_batch's: of the next batch, as far as the epoch has them. */
const int32_t *order_after(const struct order *order, const int32_t *examples, int64_t count, int64_t batch_size,
                           int64_t *next_count);

#endif
