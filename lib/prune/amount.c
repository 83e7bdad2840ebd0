/* From rates, counts and densities to the number of weights that each unit loses. */
#include "prune/amount.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/context.h"
#include "base/elementary.h"
#include "base/real_text.h"

static int64_t round_half_up(double value) { return (int64_t)floor(value + 0.5); }

/* Whether a unit can lose more. */
static bool is_open(const struct amount_unit *unit) { return unit->rate > 0.0 && unit->lost < unit->kept; }

/* Gives every open unit the whole part of its share of `count` in proportion to rate * kept, and keeps the remainder,
 * as a fraction. Returns false when a share was all that a unit has or more: then that unit loses all, and the others
 * must share the rest again. */
static bool share_out(int64_t count, struct amount_unit *units, int64_t unit_count) {
  double sum = 0.0;
  for (int64_t i = 0; i < unit_count; i++)
    if (is_open(&units[i])) sum += units[i].rate * (double)units[i].kept;
  bool fits = true;
  for (int64_t i = 0; i < unit_count; i++) {
    struct amount_unit *unit = &units[i];
    if (!is_open(unit)) continue;
    const double share = (double)count * (unit->rate * (double)unit->kept) / sum;
    if (share >= (double)unit->kept) {
      unit->lost = unit->kept;
      fits = false;
    } else {
      unit->lost = (int64_t)floor(share);
      unit->remainder = share - floor(share);
    }
  }
  return fits;
}

/* Largest remainders (Hamilton's method of apportionment). Remainders that differ by no more than the arithmetic's
 * error count as equal: a double cannot hold a rate of 0.2 exactly, and its last bit should not decide. */
static lottery_status decide_count(struct lottery_context *context, int64_t count, struct amount_unit *units,
                                   int64_t unit_count) {
  int64_t possible = 0;
  for (int64_t i = 0; i < unit_count; i++)
    if (is_open(&units[i])) possible += units[i].kept;
  if (count > possible)
    return context_fail(context, LOTTERY_ERROR_ARGUMENT,
                        "count: %lld is more than the %lld surviving weights of tensors whose rate is above 0",
                        (long long)count, (long long)possible);
  int64_t full = 0; /* the weights of the units that lose everything */
  while (!share_out(count - full, units, unit_count)) {
    full = 0;
    for (int64_t i = 0; i < unit_count; i++)
      if (units[i].lost == units[i].kept) full += units[i].lost;
  }
  int64_t left = count;
  for (int64_t i = 0; i < unit_count; i++) left -= units[i].lost;
  const double error = (double)count * 0x1p-50;
  for (; left > 0; left--) {
    struct amount_unit *next = NULL; /* there is one: count <= possible */
    for (int64_t i = 0; i < unit_count; i++)
      if (is_open(&units[i]) && (next == NULL || units[i].remainder > next->remainder + error)) next = &units[i];
    next->lost++; // NOLINT(clang-analyzer-core.NullDereference)
    next->remainder = -1.0;
  }
  return LOTTERY_OK;
}

/* d' = (1 - r)^rounds with rounds = ln d / ln(1 - RATE), the number of rounds in which RATE reaches the density d. At
 * the ends: d = 1 takes 0 rounds; d = 0 takes infinitely many, also with RATE 1, by which any other d takes a vanishing
 * part of one. */
static double density_after_rounds(double density, double pruner_rate, double rate) {
  if (rate == pruner_rate) return density;
  if (density == 1.0) return 1.0;
  if (density == 0.0) return 0.0;
  if (pruner_rate == 1.0) return 1.0;
  if (rate == 1.0) return 0.0;
  const double rounds = elementary_log(fmax(density, DBL_MIN)) / elementary_log(1.0 - pruner_rate);
  return elementary_power(1.0 - rate, rounds);
}

static lottery_status decide_density(struct lottery_context *context, const struct amount *amount,
                                     struct amount_unit *units, int64_t unit_count) {
  if (amount->density < 1.0 && 1.0 - amount->rate == 1.0 && (amount->density > 0.0 || amount->rate == 0.0))
    return context_fail(context, LOTTERY_ERROR_ARGUMENT, "density: %s is out of reach with a rate of %s",
                        real_text(amount->density).text, real_text(amount->rate).text);
  for (int64_t i = 0; i < unit_count; i++) {
    if (units[i].rate == 0.0) continue;
    const double density = density_after_rounds(amount->density, amount->rate, units[i].rate);
    const int64_t kept = round_half_up(density * (double)units[i].total);
    if (kept < units[i].kept) units[i].lost = units[i].kept - kept;
  }
  return LOTTERY_OK;
}

lottery_status amount_decide(struct lottery_context *context, const struct amount *amount, struct amount_unit *units,
                             int64_t unit_count) {
  for (int64_t i = 0; i < unit_count; i++) units[i].lost = 0;
  if (amount->key == LOTTERY_PRUNER_COUNT) return decide_count(context, amount->count, units, unit_count);
  if (amount->key == LOTTERY_PRUNER_DENSITY) return decide_density(context, amount, units, unit_count);
  for (int64_t i = 0; i < unit_count; i++) units[i].lost = round_half_up(units[i].rate * (double)units[i].kept);
  return LOTTERY_OK;
}
