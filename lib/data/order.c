/* Epochs' permutations, cut into batches. */
#include "data/order.h"

#include <stddef.h>

#include "base/arithmetic.h"
#include "base/memory.h"
#include "base/random.h"

bool order_create(struct order *order, struct lottery_context *context, int64_t count) {
  *order = (struct order){.context = context, .count = count};
  order->permutation = memory_allocate(context, count, sizeof *order->permutation);
  return order->permutation != NULL;
}

void order_destroy(struct order *order) {
  memory_release(order->context, order->permutation);
  *order = (struct order){0};
}

int64_t order_batches(const struct order *order, int64_t batch_size) { return (order->count - 1) / batch_size + 1; }

const int32_t *order_batch(struct order *order, uint64_t seed, int64_t batch, int64_t batch_size, int64_t *count) {
  const int64_t batches = order_batches(order, batch_size);
  const int64_t epoch = batch / batches;
  if (!order->filled || order->seed != seed || order->epoch != epoch) {
    random_permutation(seed, RANDOM_ORDER, (uint32_t)epoch, order->count, order->permutation);
    order->filled = true;
    order->seed = seed;
    order->epoch = epoch;
  }
  const int64_t first = batch % batches * batch_size;
  *count = arithmetic_minimum(batch_size, order->count - first);
  return order->permutation + first;
}

const int32_t *order_after(const struct order *order, const int32_t *examples, int64_t count, int64_t batch_size,
                           int64_t *next_count) {
  const int64_t next = examples - order->permutation + count;
  *next_count = arithmetic_minimum(batch_size, order->count - next);
  return order->permutation + next;
}
