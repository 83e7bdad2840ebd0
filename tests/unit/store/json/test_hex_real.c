/* Real numbers as text: exact there and back, as C and Python write them, and nothing else is read. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/json/hex_real.h"
#include "support.h"

static void check(double value) {
  char text[HEX_REAL_CAPACITY];
  double read = -7.0;
  hex_real_write(value, text);
  assert_true(hex_real_read(text, &read));
  assert_memory_equal(&read, &value, sizeof value);
  assert_true(strtod(text, NULL) == value);
}

static void test_round_trip(void **state) {
  (void)state;
  uint64_t random_state = 1;
  const double values[] = {0.0, -0.0, 1.0, -1.0, 0.1, 1e-5, 3.0, 1e300, DBL_MAX, DBL_MIN, 5e-324, -DBL_MIN / 3};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) check(values[i]);
  for (int i = 0; i < 100000; i++) {
    const uint64_t bits = (uint64_t)support_random(&random_state) << 32 | support_random(&random_state);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) check(value);
  }
}

static void test_form(void **state) {
  (void)state;
  char text[HEX_REAL_CAPACITY];
  hex_real_write(0.1, text);
  assert_string_equal(text, "0x1.999999999999ap-4");
  hex_real_write(-0.75, text);
  assert_string_equal(text, "-0x1.8p-1");
  hex_real_write(0.0, text);
  assert_string_equal(text, "0x0p+0");
  hex_real_write(1024.0, text);
  assert_string_equal(text, "0x1p+10");
}

static void test_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",           "0",         "0x",       "0x1",      "0x1p",
                                      "0x1p+",      "0x1p1",     "0x2p+0",   "0x1p+0 ",  " 0x1p+0",
                                      "+0x1p+0",    "0x1.p+0",   "inf",      "nan",      "0x1p+1025",
                                      "0x1p+99999", "0x1p-1075", "--0x1p+0", "0x1.gp+0", "0x1.00000000000000p+0"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    double value;
    if (hex_real_read(texts[i], &value)) fail_msg("read: '%s'", texts[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_form),
                                     cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
