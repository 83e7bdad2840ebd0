/* Places of buffers: those that are needed at the same time never overlap, and those that are not share memory. */
#include <stdlib.h>

#include "run/buffers.h"
#include "support.h"

static struct counting_allocator memory_of_test;
static uint64_t random_state;

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

static int32_t below(int32_t limit) { return (int32_t)(support_random(&random_state) % (uint64_t)limit); }

static void check_places(const struct buffer *buffers, int32_t count, int64_t floats) {
  for (int32_t i = 0; i < count; i++) {
    assert_true(buffers[i].place >= 0 && buffers[i].place % 16 == 0 && buffers[i].place + buffers[i].floats <= floats);
    if (buffers[i].floats >= 16384) assert_int_equal(buffers[i].place % 1024, 0);
    for (int32_t j = 0; j < i; j++) {
      const bool together = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
      const bool overlap = buffers[i].place < buffers[j].place + buffers[j].floats &&
                           buffers[j].place < buffers[i].place + buffers[i].floats;
      assert_false(together && overlap);
    }
  }
}

static void test_never_overlap(void **state) {
  enum { BUFFERS = 60, END = 40 };
  random_state = 1;
  for (int round = 0; round < 300; round++) {
    struct buffer buffers[BUFFERS];
    const int32_t count = 1 + below(BUFFERS), size = below(2) == 0 ? 20 : 2000;
    for (int32_t i = 0, first = 0; i < count; i++) {
      first += below(3) == 0 && first < END - 1;
      buffers[i] = (struct buffer){.floats = 64 * (int64_t)(1 + below(size)), .first = first};
      buffers[i].last = first + below(END - first);
    }
    int64_t floats = -1;
    assert_ok(*state, buffers_place(*state, buffers, count, END, &floats));
    check_places(buffers, count, floats);
  }
}

/* A chain of buffers of which two are needed at a time takes the memory of two. */
static void test_share(void **state) {
  enum { LENGTH = 100 };
  struct buffer buffers[LENGTH];
  for (int32_t i = 0; i < LENGTH; i++) buffers[i] = (struct buffer){.floats = 640, .first = i, .last = i + 1};
  int64_t floats;
  assert_ok(*state, buffers_place(*state, buffers, LENGTH, LENGTH + 1, &floats));
  check_places(buffers, LENGTH, floats);
  assert_int_equal(floats, 2 * 640);
}

static void test_too_large(void **state) {
  struct buffer buffers[] = {
      {.floats = INT64_MAX / 2, .last = 1}, {.floats = INT64_MAX / 2, .last = 1}, {.floats = INT64_MAX / 2, .last = 1}};
  int64_t floats;
  assert_fails(*state, buffers_place(*state, buffers, 3, 2, &floats), LOTTERY_ERROR_MEMORY, "do not fit");
}

static lottery_status place_once(lottery_context *context, void *user) {
  struct buffer buffers[2] = {{.floats = 64, .last = 1}, {.floats = 64, .first = 1, .last = 2}};
  return buffers_place(context, buffers, 2, 3, user);
}

static void test_memory_runs_out(void **state) {
  (void)state;
  int64_t floats;
  assert_true(run_out_of_memory(place_once, &floats) >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_never_overlap), cmocka_unit_test(test_share),
                                     cmocka_unit_test(test_too_large), cmocka_unit_test(test_memory_runs_out)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
