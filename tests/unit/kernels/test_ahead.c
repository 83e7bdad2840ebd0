/* Memory asked for ahead: every line of every row once, in whatever steps, and rows that a map names. */
#include <stdlib.h>

#include "kernels/ahead.h"
#include "support.h"

enum { ROWS = 10, LINE = 64 };

static struct ahead make(const char *values, int64_t bytes, const int32_t *map) {
  static const int32_t indices[] = {3, 0, 9, 9, 1};
  return (struct ahead){.values = values, .bytes = bytes, .indices = indices, .map = map, .count = 5};
}

/* All of it in `steps` steps: so many lines as have been reached, and the row and byte where it stands. */
static void check(int64_t bytes, int64_t row_lines, const int32_t *map, int64_t steps) {
  char *values = calloc(ROWS, (size_t)bytes);
  assert_non_null(values);
  struct ahead ahead = make(values, bytes, map);
  ahead_begin(&ahead);
  assert_int_equal(ahead.asked, 0);
  for (int64_t step = 0; step <= steps; step++) {
    ahead_reach(&ahead, step, steps);
    assert_int_equal(ahead.asked, 5 * row_lines * step / steps);
    assert_int_equal(ahead.rows, ahead.asked / row_lines);
    assert_int_equal(ahead.at, ahead.asked % row_lines * LINE);
    const int64_t row = ahead.at == 0 ? ahead.rows - 1 : ahead.rows; /* the one asked for last */
    if (row < 0) continue;
    const int32_t index = ahead.indices[row];
    assert_ptr_equal(ahead.row, values + (map != NULL ? map[index] : index) * bytes);
  }
  ahead_reach(&ahead, 1, 2);         /* never back */
  ahead_reach(&ahead, 2 * steps, 1); /* nor beyond */
  assert_int_equal(ahead.asked, 5 * row_lines);
  free(values);
}

static void test_steps(void **state) {
  (void)state;
  static const int32_t map[ROWS] = {5, 4, 3, 2, 1, 0, 9, 8, 7, 6};
  for (int64_t steps = 1; steps <= 70; steps++) {
    check(784, 13, NULL, steps);
    check(784, 13, map, steps);
    check(1, 1, NULL, steps);
    check(64, 1, map, steps);
    check(65, 2, NULL, steps);
  }
  check(4096, 64, NULL, 9);
  check(100000, 64, map, 9); /* the first 4,096 bytes */
}

/* Shares one after another reach what all of it would. */
static void test_shares(void **state) {
  (void)state;
  char *values = calloc(ROWS, 784);
  assert_non_null(values);
  struct ahead ahead = make(values, 784, NULL);
  const struct ahead_share first = {&ahead, 0, 1, 4}, second = {&ahead, 1, 2, 4}, rest = {&ahead, 1, 2, 2};
  ahead_share_reach(&first, 0, 7);
  assert_int_equal(ahead.asked, 0);
  ahead_share_reach(&first, 3, 7);
  assert_int_equal(ahead.asked, 65 * 3 / 28);
  ahead_share_reach(&first, 7, 7);
  assert_int_equal(ahead.asked, 65 / 4);
  ahead_share_reach(&second, 1, 2);
  assert_int_equal(ahead.asked, 65 * 3 / 8);
  ahead_share_reach(&second, 2, 2);
  assert_int_equal(ahead.asked, 65 / 2);
  ahead_share_reach(&rest, 1, 2);
  assert_int_equal(ahead.asked, 65 * 3 / 4);
  ahead_share_reach(&rest, 2, 2);
  assert_int_equal(ahead.asked, 65);
  free(values);
}

static void test_nothing(void **state) {
  (void)state;
  struct ahead ahead = make(NULL, 784, NULL);
  ahead.count = 0;
  ahead_begin(&ahead);
  ahead_reach(&ahead, 1, 1);
  ahead_reach(&ahead, 3, 0);
  assert_int_equal(ahead.asked, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps), cmocka_unit_test(test_shares),
                                     cmocka_unit_test(test_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
