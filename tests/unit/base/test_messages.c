/* Messages that are put together from two rooms or two contexts, and values that are not finite. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/finite.h"
#include "support.h"

static int setup(void **state) { return lottery_context_create((lottery_context **)state); }
static int teardown(void **state) {
  lottery_context_destroy(*state);
  return 0;
}

static void test_prefix(void **state) {
  context_fail(*state, LOTTERY_ERROR_ARGUMENT, "units: %d is outside %d to %d", 0, 1, 9);
  assert_int_equal(context_prefix(*state, LOTTERY_ERROR_FORMAT, "%s, node %d: ", "graph", 3), LOTTERY_ERROR_FORMAT);
  char message[CONTEXT_MESSAGE_CAPACITY];
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_string_equal(message, "graph, node 3: units: 0 is outside 1 to 9");
}

/* What does not fit is cut, and what is cut in a character is printable all the same. */
static void test_long_prefix(void **state) {
  char long_text[2 * CONTEXT_MESSAGE_CAPACITY], message[CONTEXT_MESSAGE_CAPACITY];
  memset(long_text, 'x', sizeof long_text);
  long_text[sizeof long_text - 1] = '\0';
  context_fail(*state, LOTTERY_ERROR_FILE, "%s", "\xe2\x80\xa6");
  context_prefix(*state, LOTTERY_ERROR_FILE, "%.*s", CONTEXT_MESSAGE_CAPACITY - 3, long_text);
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_int_equal(strlen(message), CONTEXT_MESSAGE_CAPACITY - 1);
  assert_string_equal(message + CONTEXT_MESSAGE_CAPACITY - 4, "x??");
  context_prefix(*state, LOTTERY_ERROR_FILE, "%s", long_text);
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_int_equal(strspn(message, "x"), CONTEXT_MESSAGE_CAPACITY - 1);
}

static void test_relay(void **state) {
  lottery_context *other;
  char message[64];
  assert_ok(*state, lottery_context_create(&other));
  context_fail(other, LOTTERY_ERROR_SHAPE, "here: 50 %%");
  assert_int_equal(context_relay(*state, other, LOTTERY_ERROR_SHAPE), LOTTERY_ERROR_SHAPE);
  lottery_context_destroy(other);
  assert_ok(*state, lottery_context_message(*state, message, sizeof message, NULL));
  assert_string_equal(message, "here: 50 %");
}

static void test_finite(void **state) {
  float values[] = {0.0F, -0.0F, 1e-45F, 3.4e38F, -3.4e38F, 1.0F};
  assert_int_equal(finite_end(values, 6), 6);
  assert_int_equal(finite_end(NULL, 0), 0);
  assert_ok(*state, finite_check(*state, "values", values, 6));
  const float bad[] = {INFINITY, -INFINITY, NAN, -NAN};
  for (int i = 0; i < 4; i++) {
    values[4] = bad[i];
    assert_int_equal(finite_end(values, 6), 4);
    assert_int_equal(finite_end(values, 4), 4);
    assert_fails(*state, finite_check(*state, "weights", values, 6), LOTTERY_ERROR_NOT_FINITE,
                 "weights: element 4 is ");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_prefix), cmocka_unit_test(test_long_prefix),
                                     cmocka_unit_test(test_relay), cmocka_unit_test(test_finite)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
