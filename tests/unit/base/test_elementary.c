/* Our elementary functions against the C library's in extended precision, over the ranges that they promise. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "support.h"

#define LIMIT 1e-15L
#define PI 3.14159265358979323846264338327950288L

static double random_unit(uint64_t *state) {
  const uint64_t high = support_random(state), low = support_random(state);
  return (double)((high << 32 | low) >> 11) * 0x1p-53;
}

static void assert_near(long double got, long double expected, long double limit, double argument) {
  if (fabsl(got - expected) <= limit) return;
  fail_msg("at %.17g: %.17Lg, expected %.17Lg, error %.2Lg", argument, got, expected, fabsl(got - expected));
}

static void check_log(double x) {
  const long double expected = logl((long double)x);
  assert_near((long double)elementary_log(x), expected, LIMIT * fabsl(expected), x);
}

static void test_log(void **unused) {
  (void)unused;
  uint64_t state = 1;
  assert_true(elementary_log(1.0) == 0.0);
  check_log(DBL_MIN);
  check_log(DBL_MAX);
  for (int i = 1; i < 60; i++) { /* where the result is small */
    check_log(1.0 + ldexp(1.0, -i));
    if (i > 1) check_log(1.0 - ldexp(1.0, -i));
  }
  for (int exponent = -1021; exponent <= 1023; exponent++) {
    check_log(ldexp(1.0, exponent));
    check_log(nextafter(ldexp(1.0, exponent), 0.0));
    check_log(ldexp(1.4142135623730951, exponent)); /* where the reduction changes its mind */
    check_log(ldexp(1.4142135623730954, exponent));
  }
  for (int i = 0; i < 200000; i++) check_log(1.0 - random_unit(&state)); /* as for normal deviates */
  for (int i = 0; i < 100000; i++)
    check_log(ldexp(1.0 + random_unit(&state), (int)(support_random(&state) % 2040) - 1020));
}

static void check_exp(double x) {
  const long double expected = expl((long double)x);
  assert_near((long double)elementary_exp(x), expected, LIMIT * expected, x);
}

static void test_exp(void **unused) {
  (void)unused;
  uint64_t state = 2;
  assert_true(elementary_exp(0.0) == 1.0);
  assert_true(elementary_exp(-0.0) == 1.0);
  for (int i = 0; i < 200000; i++) check_exp(-708.0 + 1417.0 * random_unit(&state));
  for (int i = 0; i < 100000; i++) check_exp(2.0 * random_unit(&state) - 1.0);
  for (int n = -1020; n <= 1020; n++) { /* both sides of the places where n changes */
    const double x = (n + 0.5) * 0.69314718055994530942;
    if (x < -708.0 || x > 709.0) continue;
    check_exp(x);
    check_exp(nextafter(x, 1000.0));
    check_exp(nextafter(x, -1000.0));
  }
  check_exp(-708.0);
  check_exp(709.0);
  assert_true(elementary_exp(-708.5) == 0.0);
  assert_true(elementary_exp(-INFINITY) == 0.0);
  assert_true(isinf(elementary_exp(709.5)));
  assert_true(isinf(elementary_exp(INFINITY)));
}

/* beta^t of Adam and (1 - r)^n of the pruner: powers between 0 and 1, whose absolute error counts. */
static void test_power(void **unused) {
  (void)unused;
  static const double bases[] = {0.9, 0.999, 0.8, 0.5, 0.1, 0.99999, 0x1.fffffffffffffp-1, 1e-300, 0.2137};
  uint64_t state = 3;
  for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
    for (int t = 0; t < 20000; t++)
      assert_near((long double)elementary_power(bases[i], t), powl((long double)bases[i], (long double)t), LIMIT, t);
    for (int j = 0; j < 20000; j++) {
      const double exponent = 60 * random_unit(&state);
      assert_near((long double)elementary_power(bases[i], exponent), powl((long double)bases[i], (long double)exponent),
                  LIMIT, exponent);
    }
  }
  assert_true(elementary_power(0.3, 0.0) == 1.0);
  assert_true(elementary_power(1.0, 1e9) == 1.0);
}

static void check_turn(double x) {
  double sine, cosine;
  elementary_turn(x, &sine, &cosine);
  assert_near((long double)sine, sinl(2 * PI * (long double)x), LIMIT, x);
  assert_near((long double)cosine, cosl(2 * PI * (long double)x), LIMIT, x);
}

static void test_turn(void **unused) {
  (void)unused;
  static const double corners[] = {
      0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0x1p-53, 0x1p-30, 0x1.fffffffffffffp-1};
  uint64_t state = 4;
  for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
    check_turn(corners[i]);
    check_turn(nextafter(corners[i], 0.5));
    if (corners[i] > 0) check_turn(nextafter(corners[i], 0.0));
  }
  for (int i = 0; i < 200000; i++) check_turn(random_unit(&state));
  double sine, cosine;
  elementary_turn(0.25, &sine, &cosine);
  assert_true(sine == 1.0 && cosine == 0.0);
  elementary_turn(0.5, &sine, &cosine);
  assert_true(sine == 0.0 && cosine == -1.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log),
      cmocka_unit_test(test_exp),
      cmocka_unit_test(test_power),
      cmocka_unit_test(test_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
