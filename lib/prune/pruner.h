/* The pruner: makes the next mask from scores of a network's weights, or previews it. */
#ifndef PRUNE_PRUNER_H
#define PRUNE_PRUNER_H

#include "base/object.h"
#include "base/option.h"
#include "model/network.h"

/* A tensor's own rate. */
struct pruner_rate {
  char name[TENSOR_NAME_CAPACITY];
  double rate;
};

struct lottery_pruner {
  struct object object;
  struct option_values options;
  int32_t decides; /* LOTTERY_PRUNER_RATE, _COUNT or _DENSITY: the last one set */
  bool count_is_set, density_is_set;
  int64_t rate_count, rate_capacity;
  struct pruner_rate *rates;
};

/* A pruner with the default options; NULL when memory is out (message set). */
struct lottery_pruner *pruner_create(struct lottery_context *context);

/* See the functions of the same names in lottery.h; pointers that must not be NULL there are not NULL here. */
lottery_status pruner_set_integer(struct lottery_pruner *pruner, int32_t key, int64_t value);
lottery_status pruner_get_integer(struct lottery_pruner *pruner, int32_t key, int64_t *out);
lottery_status pruner_set_real(struct lottery_pruner *pruner, int32_t key, double value);
lottery_status pruner_get_real(struct lottery_pruner *pruner, int32_t key, double *out);
lottery_status pruner_set_tensor_rate(struct lottery_pruner *pruner, const char *name, double rate);
lottery_status pruner_apply(struct lottery_pruner *pruner, const struct lottery_network *network,
                            const struct lottery_mask *mask, struct lottery_mask **out);
lottery_status pruner_apply_scores(struct lottery_pruner *pruner, const struct lottery_network *network,
                                   const struct lottery_mask *mask, const float *scores, int64_t count,
                                   struct lottery_mask **out);
lottery_status pruner_preview(struct lottery_pruner *pruner, const struct lottery_network *network,
                              const struct lottery_mask *mask, int64_t count, int64_t *kept, int64_t *dead_units,
                              int32_t *vanishing);

#endif
