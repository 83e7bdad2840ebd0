/* How many weights go: a tensor, or a group of tensors ranked together, is one unit. The arithmetic is in double
 * precision and the same on every machine; lottery.h, section 8, has the rules. */
#ifndef PRUNE_AMOUNT_H
#define PRUNE_AMOUNT_H

#include "base/public.h"

struct lottery_context;

struct amount {
  int32_t key; /* LOTTERY_PRUNER_RATE, _COUNT or _DENSITY: which of them decides */
  double rate; /* the pruner's RATE */
  int64_t count;
  double density;
};

struct amount_unit {
  double rate;      /* the rate of its tensors; 0 leaves the unit out */
  int64_t kept;     /* surviving weights */
  int64_t total;    /* all weights */
  int64_t lost;     /* the result: how many surviving weights go */
  double remainder; /* scratch: the remainder of its share of a COUNT */
};

/* Sets `lost` of every unit. LOTTERY_ERROR_ARGUMENT with a message when COUNT is more than can go, or when DENSITY is
 * below 1 and RATE is 0, which never reaches it. */
lottery_status amount_decide(struct lottery_context *context, const struct amount *amount, struct amount_unit *units,
                             int64_t unit_count);

#endif
