/* The order of data: batches against a permutation made directly, at sizes that divide and that do not. */
#include "support.h"

#include "base/context.h"
#include "base/random.h"
#include "data/order.h"

enum { LARGEST = 130 };

static struct counting_allocator memory_of_test;

static int setup(void **state) {
  allocator_start(&memory_of_test);
  *state = allocator_context(&memory_of_test);
  return 0;
}

static int teardown(void **state) {
  lottery_context_destroy(*state);
  allocator_finish(&memory_of_test);
  return 0;
}

static void check_batch(struct order *order, uint64_t seed, int64_t batch, int64_t batch_size) {
  const int64_t batches = (order->count + batch_size - 1) / batch_size;
  assert_int_equal(order_batches(order, batch_size), batches);
  int32_t permutation[LARGEST];
  random_permutation(seed, RANDOM_ORDER, (uint32_t)(batch / batches), order->count, permutation);
  const int64_t first = batch % batches * batch_size;
  const int64_t expected = first + batch_size <= order->count ? batch_size : order->count - first;
  int64_t count;
  const int32_t *examples = order_batch(order, seed, batch, batch_size, &count);
  assert_int_equal(count, expected);
  assert_memory_equal(examples, permutation + first, (size_t)count * sizeof *examples);
}

static void test_batches(void **state) {
  const int64_t counts[] = {1, 2, 60, 64, 127, LARGEST}, batch_sizes[] = {1, 2, 7, 60, 64, 1000, 65536};
  for (int i = 0; i < 6; i++) {
    struct order order;
    assert_true(order_create(&order, *state, counts[i]));
    const int64_t calls = memory_of_test.calls;
    for (int j = 0; j < 7; j++) {
      const int64_t batches = order_batches(&order, batch_sizes[j]);
      for (int64_t batch = 0; batch < 3 * batches; batch++) check_batch(&order, 9, batch, batch_sizes[j]);
      check_batch(&order, 9, 1, batch_sizes[j]);
      check_batch(&order, 10, 1, batch_sizes[j]);          /* another seed, the same epoch */
      check_batch(&order, 9, 2 * batches, batch_sizes[j]); /* back and forth */
      check_batch(&order, 9, 0, batch_sizes[j]);
      check_batch(&order, 9, INT64_C(1) << 53, batch_sizes[j]);
    }
    assert_int_equal(memory_of_test.calls, calls); /* allocates nothing */
    order_destroy(&order);
  }
}

/* One epoch visits every example once; epochs and seeds differ. */
static void test_epochs(void **state) {
  struct order order;
  assert_true(order_create(&order, *state, LARGEST));
  int32_t previous[LARGEST] = {0};
  for (int64_t epoch = 0; epoch < 4; epoch++) {
    int seen[LARGEST] = {0}, same = 0;
    int64_t visited = 0;
    for (int64_t batch = 0; batch < 3; batch++) {
      int64_t count;
      const int32_t *examples = order_batch(&order, 1, epoch * 3 + batch, 60, &count);
      for (int64_t i = 0; i < count; i++, visited++) {
        seen[examples[i]]++;
        same += examples[i] == previous[visited];
        previous[visited] = examples[i];
      }
    }
    assert_int_equal(visited, LARGEST);
    for (int i = 0; i < LARGEST; i++) assert_int_equal(seen[i], 1);
    assert_in_range(same, 0, 10); /* 1 is expected */
  }
  order_destroy(&order);
}

static void test_out_of_memory(void **state) {
  struct order order, nothing = {0};
  allocator_fail(&memory_of_test, 1, false);
  assert_false(order_create(&order, *state, 5));
  assert_message(*state, "memory: cannot allocate 5 elements");
  order_destroy(&order);
  order_destroy(&nothing);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(test_batches), TEST(test_epochs), TEST(test_out_of_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
