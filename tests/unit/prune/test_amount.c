/* How many weights go, against a reference in whole numbers and values worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/random.h"
#include "prune/amount.h"

enum { UNIT_LIMIT = 5, RATE_STEPS = 16 };

static struct lottery_context *context;

static void *allocate(int64_t size, int64_t alignment, void *user) {
  (void)user;
  return aligned_alloc((size_t)alignment,
                       ((size_t)size + (size_t)alignment - 1) / (size_t)alignment * (size_t)alignment);
}

static void release(void *memory, int64_t size, int64_t alignment, void *user) {
  (void)size, (void)alignment, (void)user;
  free(memory);
}

static int set_up(void **state) {
  (void)state;
  context = context_create(allocate, release, NULL);
  return context == NULL;
}

static int tear_down(void **state) {
  (void)state;
  object_release(context);
  return 0;
}

static void decide(const struct amount *amount, struct amount_unit *units, int64_t count) {
  assert_int_equal(amount_decide(context, amount, units, count), LOTTERY_OK);
}

static uint64_t draw(uint64_t seed, uint64_t *drawn, uint64_t limit) {
  uint64_t bits[2];
  random_block(seed, RANDOM_SPLIT, 1, (*drawn)++, bits);
  return random_below(bits[0], limit);
}

/* Units with rates of whole sixteenths, so that the reference can count in whole numbers. */
static int64_t draw_units(uint64_t seed, struct amount_unit *units, int64_t *sixteenths) {
  uint64_t drawn = 0;
  const int64_t count = 1 + (int64_t)draw(seed, &drawn, UNIT_LIMIT);
  for (int64_t i = 0; i < count; i++) {
    sixteenths[i] = (int64_t)draw(seed, &drawn, RATE_STEPS + 1);
    const int64_t total = 1 + (int64_t)draw(seed, &drawn, 60);
    units[i] = (struct amount_unit){.rate = (double)sixteenths[i] / RATE_STEPS,
                                    .kept = (int64_t)draw(seed, &drawn, (uint64_t)total + 1),
                                    .total = total};
  }
  return count;
}

/* floor(r n + 1/2) = floor((2 s n + 16) / 32) for r = s / 16. */
static void rate_rounds_half_up(void **state) {
  (void)state;
  for (int64_t sixteenth = 0; sixteenth <= RATE_STEPS; sixteenth++) {
    for (int64_t kept = 0; kept <= 100; kept++) {
      struct amount_unit unit = {.rate = (double)sixteenth / RATE_STEPS, .kept = kept, .total = 100};
      decide(&(struct amount){.key = LOTTERY_PRUNER_RATE, .rate = 0.2}, &unit, 1);
      assert_int_equal(unit.lost, (2 * sixteenth * kept + RATE_STEPS) / (2 * RATE_STEPS));
    }
  }
}

static void rate_by_hand(void **state) {
  (void)state;
  struct amount_unit units[] = {{.rate = 0.2, .kept = 235200, .total = 235200},
                                {.rate = 0.2, .kept = 30000, .total = 30000},
                                {.rate = 0.1, .kept = 1000, .total = 1000},
                                {.rate = 0.2, .kept = 2, .total = 9},
                                {.rate = 0.2, .kept = 3, .total = 9},
                                {.rate = 1.0, .kept = 7, .total = 9},
                                {.rate = 0.0, .kept = 7, .total = 9}};
  const int64_t expected[] = {47040, 6000, 100, 0, 1, 7, 0};
  decide(&(struct amount){.key = LOTTERY_PRUNER_RATE, .rate = 0.2}, units, 7);
  for (int i = 0; i < 7; i++) assert_int_equal(units[i].lost, expected[i]);
}

/* The same rule in whole numbers: shares count * w / W with w = sixteenths * kept; who would lose all or more does, and
 * the rest is shared anew; then whole parts, and one more for the largest remainders. */
static void share_naively(int64_t count, const struct amount_unit *units, const int64_t *sixteenths, int64_t unit_count,
                          int64_t *lost) {
  bool full[UNIT_LIMIT] = {false};
  int64_t left = count, sum;
  for (bool again = true; again;) {
    again = false;
    sum = 0;
    for (int64_t i = 0; i < unit_count; i++)
      if (!full[i]) sum += sixteenths[i] * units[i].kept;
    const int64_t shared = left;
    for (int64_t i = 0; i < unit_count; i++) {
      const int64_t weight = sixteenths[i] * units[i].kept;
      if (full[i] || weight == 0 || shared * weight < units[i].kept * sum) continue;
      full[i] = again = true;
      left -= units[i].kept;
    }
  }
  const int64_t shared = left;
  for (int64_t i = 0; i < unit_count; i++) {
    lost[i] = full[i] ? units[i].kept : sum == 0 ? 0 : shared * sixteenths[i] * units[i].kept / sum;
    if (!full[i]) left -= lost[i];
  }
  bool given[UNIT_LIMIT] = {false};
  for (; left > 0; left--) {
    int64_t best = -1, best_remainder = -1;
    for (int64_t i = 0; i < unit_count; i++) {
      if (full[i] || given[i]) continue;
      const int64_t remainder = shared * sixteenths[i] * units[i].kept % sum;
      if (remainder > best_remainder) best = i, best_remainder = remainder;
    }
    given[best] = true;
    lost[best]++;
  }
}

static void every_count(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 400; seed++) {
    struct amount_unit units[UNIT_LIMIT];
    int64_t sixteenths[UNIT_LIMIT], expected[UNIT_LIMIT], possible = 0;
    const int64_t unit_count = draw_units(seed, units, sixteenths);
    for (int64_t i = 0; i < unit_count; i++) possible += sixteenths[i] > 0 ? units[i].kept : 0;
    for (int64_t count = 0; count <= possible; count++) {
      decide(&(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = count}, units, unit_count);
      share_naively(count, units, sixteenths, unit_count, expected);
      int64_t sum = 0;
      for (int64_t i = 0; i < unit_count; i++) {
        assert_int_equal(units[i].lost, expected[i]);
        assert_in_range((uintmax_t)units[i].lost, 0, (uintmax_t)units[i].kept);
        if (sixteenths[i] == 0) assert_int_equal(units[i].lost, 0);
        sum += units[i].lost;
      }
      assert_int_equal(sum, count);
    }
    assert_int_equal(
        amount_decide(context, &(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = possible + 1}, units, unit_count),
        LOTTERY_ERROR_ARGUMENT);
    assert_non_null(strstr(context->message, "count: "));
  }
}

/* Remainders that are equal stay equal at rates that are no binary fractions: the lower unit gets the odd one. */
static void equal_remainders_go_to_the_lower_unit(void **state) {
  (void)state;
  static const double rates[][2] = {{0.2, 0.1}, {0.3, 0.15}, {0.7, 0.35}, {0.6, 0.3}};
  for (int k = 0; k < 4; k++) {
    for (int64_t count = 1; count < 60; count++) {
      struct amount_unit units[] = {
          {.rate = rates[k][0], .kept = 10}, {.rate = rates[k][0], .kept = 40}, {.rate = rates[k][1], .kept = 20}};
      decide(&(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = count}, units, 3);
      /* Shares of 1, 4 and 1 sixths: by count modulo 6, the sixths that remain and the units that get one more. */
      static const int64_t more[6][3] = {{0, 0, 0}, {0, 1, 0}, {1, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 0, 1}};
      for (int i = 0; i < 3; i++) assert_int_equal(units[i].lost, count * (i == 1 ? 4 : 1) / 6 + more[count % 6][i]);
    }
  }
  for (int64_t count = 1; count < 30; count++) {
    struct amount_unit units[] = {{.rate = 0.1, .kept = 30}, {.rate = 0.3, .kept = 10}, {.rate = 0.3, .kept = 10}};
    decide(&(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = count}, units, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(units[i].lost, count / 3 + (count % 3 > i));
  }
}

static void count_with_extreme_rates(void **state) {
  (void)state;
  struct amount_unit units[] = {{.rate = 5e-324, .kept = 10}, {.rate = 1.0, .kept = 20}, {.rate = 1e-300, .kept = 5}};
  decide(&(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = 20}, units, 3);
  assert_int_equal(units[1].lost, 20);
  decide(&(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = 27}, units, 3);
  assert_int_equal(units[2].lost, 5);
  assert_int_equal(units[0].lost, 2);
  struct amount_unit tiny[] = {{.rate = 5e-324, .kept = 10}, {.rate = 5e-324, .kept = 20}};
  decide(&(struct amount){.key = LOTTERY_PRUNER_COUNT, .count = 15}, tiny, 2);
  assert_int_equal(tiny[0].lost, 5);
  assert_int_equal(tiny[1].lost, 10);
}

static void density_keeps_its_share_of_all(void **state) {
  (void)state;
  for (int64_t sixteenth = 0; sixteenth <= RATE_STEPS; sixteenth++) {
    for (int64_t kept = 0; kept <= 50; kept++) {
      struct amount_unit unit = {.rate = 0.3, .kept = kept, .total = 50};
      decide(&(struct amount){.key = LOTTERY_PRUNER_DENSITY, .rate = 0.3, .density = (double)sixteenth / RATE_STEPS},
             &unit, 1);
      const int64_t wanted = (2 * sixteenth * 50 + RATE_STEPS) / (2 * RATE_STEPS);
      assert_int_equal(kept - unit.lost, kept < wanted ? kept : wanted);
    }
  }
}

/* The density 0.8^n asks as much of another rate as n rounds would. */
static void density_of_another_rate(void **state) {
  (void)state;
  for (int rounds = 0; rounds <= 30; rounds++) {
    struct amount_unit units[] = {{.rate = 0.2, .kept = 100000, .total = 100000},
                                  {.rate = 0.1, .kept = 100000, .total = 100000},
                                  {.rate = 1.0, .kept = 100, .total = 100},
                                  {.rate = 0.0, .kept = 100, .total = 100}};
    decide(&(struct amount){.key = LOTTERY_PRUNER_DENSITY, .rate = 0.2, .density = pow(0.8, rounds)}, units, 4);
    assert_int_equal(units[0].kept - units[0].lost, (int64_t)floor(pow(0.8, rounds) * 100000 + 0.5));
    assert_int_equal(units[1].kept - units[1].lost, (int64_t)floor(pow(0.9, rounds) * 100000 + 0.5));
    assert_int_equal(units[2].lost, rounds == 0 ? 0 : 100);
    assert_int_equal(units[3].lost, 0);
  }
}

/* How many of a million a unit of `rate` keeps. */
static int64_t kept_at(double pruner_rate, double density, double rate) {
  struct amount_unit unit = {.rate = rate, .kept = 1000000, .total = 1000000};
  decide(&(struct amount){.key = LOTTERY_PRUNER_DENSITY, .rate = pruner_rate, .density = density}, &unit, 1);
  return unit.kept - unit.lost;
}

static void density_at_the_ends(void **state) {
  (void)state;
  assert_int_equal(kept_at(0.2, 0.0, 0.2), 0);
  assert_int_equal(kept_at(0.2, 0.0, 0.1), 0);
  assert_int_equal(kept_at(0.2, 0.0, 0.0), 1000000);
  assert_int_equal(kept_at(0.2, 5e-324, 0.1), 0);
  assert_int_equal(kept_at(0.2, 5e-324, 1e-4), kept_at(0.2, 0x1p-1022, 1e-4));
  assert_int_equal(kept_at(0.2, 0.5, 1e-20), 1000000);
  assert_int_equal(kept_at(0.2, 1.0, 1.0), 1000000);
  assert_int_equal(kept_at(1.0, 0.3, 1.0), 300000);
  assert_int_equal(kept_at(1.0, 0.3, 0.5), 1000000);
  assert_int_equal(kept_at(1.0, 0.0, 0.5), 0);
  assert_int_equal(kept_at(1.0, 0.0, 0.0), 1000000);
  assert_int_equal(kept_at(1.0, 0.0, 1.0), 0);
  assert_int_equal(kept_at(0.0, 1.0, 0.5), 1000000);
  assert_int_equal(kept_at(0.0, 1.0, 0.0), 1000000);
  static const double unreachable[] = {0.0, 1e-17};
  for (int i = 0; i < 2; i++) {
    struct amount_unit unit = {.rate = 0.5, .kept = 10, .total = 10};
    const struct amount amount = {.key = LOTTERY_PRUNER_DENSITY, .rate = unreachable[i], .density = 0.5};
    assert_int_equal(amount_decide(context, &amount, &unit, 1), LOTTERY_ERROR_ARGUMENT);
    assert_non_null(strstr(context->message, "density: 0.5"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rate_rounds_half_up),
      cmocka_unit_test(rate_by_hand),
      cmocka_unit_test(every_count),
      cmocka_unit_test(equal_remainders_go_to_the_lower_unit),
      cmocka_unit_test(count_with_extreme_rates),
      cmocka_unit_test(density_keeps_its_share_of_all),
      cmocka_unit_test(density_of_another_rate),
      cmocka_unit_test(density_at_the_ends),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
